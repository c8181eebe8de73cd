"""One token sequence of a probe, with what is known about it: words, arcs, categories, the rare word."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A word's tokens: positions `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def last(self) -> int:
        """The word's last token: where a query about the word is asked."""
        return self.stop - 1


@dataclass(frozen=True)
class Link:
    """A grammatical relation between two words of the sequence; words are counted from 0."""

    relation: str
    later: int
    earlier: int
    group: str


@dataclass(frozen=True)
class ProbeSequence:
    """Token ids with their annotations; pure in (tokenizer, seed)."""

    token_ids: tuple[int, ...]
    special: frozenset[int]
    """Positions of tokens that the tokenizer put around the text, such as `<|endoftext|>` or `[SEP]`."""
    slice: str
    """The name under which the sequence's queries are pooled, such as `random` or `text`."""
    words: tuple[Span, ...] = ()
    classes: tuple[str, ...] = ()
    """A word class for each word, such as NOUN."""
    links: tuple[Link, ...] = ()
    categories: tuple[str, ...] = ()
    """A category for each word, in lists of categories."""
    rare: int | None = None
    """The rare word's number, where there is one."""
