"""A text to try: a sentence on which the heads of a kind show what they are, and which word should look at which."""

import re
from typing import Annotated, Self

from pydantic import Field, model_validator

from grader.schema.kinds import Record

Look = tuple[int, int, int, int]
"""The place of a word that looks, from and up to a character, and the place of a word that it should look at."""
MINDED = frozenset('"$`!\\')
"""The characters that a shell changes between quotes."""


class TriedText(Record):
    """A text that shows a kind of head in a transformer."""

    text: str = Field(min_length=1, max_length=2000, description="The text, without characters that a shell changes.")
    see: str = Field(min_length=1, description="The question to ask about it.")
    looks: dict[str, Annotated[tuple[str, ...], Field(min_length=1, strict=False)]] = Field(
        default_factory=dict,
        description="The words that should be looked at, by the word that looks: each word where it last stands, and "
        "the others before it, or else behind it. For kinds whose targets do not follow from the tokens.",
    )

    @property
    def spans(self) -> tuple[Look, ...]:
        """Each word that looks and a word that it should look at, as places in the text."""
        askers = ((self._places(word)[-1], keys) for word, keys in self.looks.items())
        return tuple((*asker, *self._seen_from(asker, key)) for asker, keys in askers for key in keys)

    def _seen_from(self, asker: tuple[int, int], word: str) -> tuple[int, int]:
        """Return the last place of a word before the one that looks; the first behind it if there is none before.

        Raises:
            ValueError: There is neither.
        """
        others = [place for place in self._places(word) if place != asker]
        if not others:
            raise ValueError(f"`looks`: `{word}` cannot look at itself")
        return ([place for place in others if place < asker] or others[:1])[-1]

    def _places(self, word: str) -> list[tuple[int, int]]:
        """Return all places of a word.

        Raises:
            ValueError: It is not in the text.
        """
        found = [match.span() for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", self.text)]
        if not found:
            raise ValueError(f"`looks`: `{word}` is not a word of the text")
        return found

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if minded := sorted(MINDED.intersection(self.text)):
            raise ValueError(f"`text` has {' '.join(minded)}, which a shell changes; leave such characters out")
        _ = self.spans
        return self
