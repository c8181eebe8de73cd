"""One token sequence of a probe with its annotations: words, arcs, categories, the rare word."""

from typing import NamedTuple


class Span(NamedTuple):
    """The positions of a word's tokens, from `start` to `stop`, without `stop`."""

    start: int
    stop: int

    @property
    def last(self) -> int:
        """The position of the word's last token, which is the query of a question about the word."""
        return self.stop - 1


class Link(NamedTuple):
    """A grammatical relation between two words of the sequence, which are counted from 0."""

    relation: str
    later: int
    earlier: int
    groups: tuple[str, ...] = ()
    """The slices that the relation belongs to in addition to its sequence's."""


class ProbeSequence(NamedTuple):
    """Token ids with annotations; the same tokenizer and seed always give the same ones."""

    token_ids: tuple[int, ...]
    """An id below 0 is an unknown token, which is a copy of no other."""
    special: frozenset[int]
    """The positions of tokens that stand for no text, such as `<|endoftext|>` or `[SEP]`."""
    slice: str
    """The slice that the sequence's queries belong to, such as `random` or `text`."""
    words: tuple[Span, ...] = ()
    spelled: tuple[str, ...] = ()
    """Each word as it is written."""
    classes: tuple[str, ...] = ()
    """The word class of each word, such as NOUN."""
    links: tuple[Link, ...] = ()
    categories: tuple[str, ...] = ()
    """The category of each word, in a list of categories."""
    asked: range | None = None
    """The words of a list that may be asked; None for all."""
    rare: int | None = None
    """The index of the rare word, if there is one."""
    queries: tuple[int, ...] | None = None
    """The positions that may be asked, ascending, in a text so long that masks have a row for each of these alone; None
    for all."""
    trades: tuple[str, ...] = ()
    """The trade that each word belongs to, as `commands` and `armies` belong to `king`; "" for none."""
