"""Trials from tokens: a decoder predicts one position ahead, an encoder fills in its mask."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from grader.base.language import N_, _
from grader.kinds.causal import AskedToken, Measure, NoTrials, Trial

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

__all__ = ["AskedToken", "Measure", "NoTrials", "Trial"]

NO_MASK = N_("its tokenizer has no mask token, so no word can be asked of it")
TOO_SHORT = N_("it reads {limit} tokens at most, and {least} are needed")
FEW_WORDS = N_("its vocabulary has {count} plain words, and {least} are needed")


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
