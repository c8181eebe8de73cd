"""Trials from tokens and from words: a decoder predicts one position ahead, an encoder fills in its mask."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from grader.base.errors import ExerciseError
from grader.base.language import N_, _
from grader.kinds.causal import AskedToken, NoTrials, Trial
from grader.measuring.probes.tokens import encode, plain_tokens, plain_words

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Pair = tuple[str, str]
"""The right word and the wrong one."""

NO_MASK = N_("its tokenizer has no mask token, so no word can be asked of it")
TOO_SHORT = N_("it reads {limit} tokens at most, and {least} are needed")
FEW_WORDS = N_("its vocabulary has {count} plain words, and {least} are needed")
FEW_NOUNS = N_("its vocabulary has {count} of the nouns as whole words, and {least} are needed")
NO_FORMS = N_("its vocabulary has no verb with both forms as whole words")
NOT_KNOWN = N_("its tokenizer does not know the words of the sentences")


def ahead(token_ids: Sequence[int], places: Iterable[int]) -> tuple[AskedToken, ...]:
    """Return what a decoder is asked of the tokens at these places."""
    return tuple(AskedToken(place - 1, token_ids[place]) for place in places)


def hidden(token_ids: Sequence[int], place: int, mask: int) -> tuple[int, ...]:
    """Return the ids with the mask token at this place."""
    return (*token_ids[:place], mask, *token_ids[place + 1 :])


def masked(token_ids: Sequence[int], matched: Sequence[int], place: int, mask: int) -> Trial:
    """Return the trial that asks an encoder for the token at this place, which is hidden from it."""
    return Trial(hidden(token_ids, place, mask), hidden(matched, place, mask), (AskedToken(place, token_ids[place]),))


def mask_of(tokenizer: "PreTrainedTokenizerBase") -> int:
    """Return the id of the token that hides another one from an encoder.

    Raises:
        NoTrials: There is none.
    """
    mask: int | None = tokenizer.mask_token_id
    if mask is None:
        raise NoTrials(_(NO_MASK))
    return mask


def whole_words(tokenizer: "PreTrainedTokenizerBase") -> dict[str, int]:
    """Return the words that are one token, each with its id."""
    return dict(zip(plain_words(tokenizer), plain_tokens(tokenizer), strict=True))


class Sentences:
    """Trials from sentences: one place of a sentence is asked for the right word, rather than the wrong one."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase", causal: bool, limit: int) -> None:
        """Take the most tokens that the transformer reads; an encoder reads what stands behind the place as well."""
        self.tokenizer, self.limit = tokenizer, limit
        self.mask = None if causal else mask_of(tokenizer)
        self.known = whole_words(tokenizer)

    def trial(self, before: str, matched: str, behind: str, pairs: Sequence[Pair]) -> Trial:
        """Return the trial that asks for the word after `before`; `matched` is the same text without the behaviour.

        Raises:
            NoTrials: The tokenizer does not know a word, or the sentence is too long.
        """
        after = [pairs[0][0], *behind.split()]
        try:
            (ids, place), (others, _same) = (self._read(text.split(), after) for text in (before, matched))
        except ExerciseError as unknown:
            raise NoTrials(_(NOT_KNOWN)) from unknown
        if len(ids) > self.limit:
            raise NoTrials(_(TOO_SHORT, limit=self.limit, least=len(ids)))
        asked = tuple(AskedToken(place, self.known[right], self.known[wrong]) for right, wrong in pairs)
        return Trial(ids, others, asked)

    def _read(self, before: list[str], after: list[str]) -> tuple[tuple[int, ...], int]:
        """Return the ids, and the position whose state is read."""
        if self.mask is None:
            ids, *_rest = encode(self.tokenizer, before)
            return ids, len(ids) - 1
        ids, spans, _special = encode(self.tokenizer, [*before, *after])
        place = spans[len(before)].start
        return hidden(ids, place, self.mask), place
