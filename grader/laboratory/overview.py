"""Several heads on one sentence: all their patterns from one pass through the transformer."""

from collections.abc import Collection
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.measuring.attention.streaming import one_thread, stream
from grader.measuring.questions import question
from grader.measuring.sentence import ReadText, read, rounded
from grader.schema import HeadIndex, Kind, Picture, head_name

MOST_WEIGHTS = 2_000_000
"""The most weights of attention that are kept of several heads."""


class Overview(NamedTuple):
    """A text as the transformer reads it, and where heads look in it."""

    read: ReadText
    patterns: dict[HeadIndex, Float[Tensor, "query key"]]


def overview(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, heads: Collection[HeadIndex]
) -> Overview:
    """Return the patterns of these heads.

    Raises:
        InvalidInput: The text cannot be read, as in `read`, or it is too much text for this many heads.
    """
    text_read = read(model, tokenizer, text)
    _refuse_too_much(len(text_read.token_ids), len(heads))
    patterns: dict[HeadIndex, Tensor] = {}

    def receive(layer: int, pattern: Tensor) -> None:
        patterns.update({place: pattern[0, place[1]].to("cpu", copy=True) for place in heads if place[0] == layer})

    with one_thread():
        stream(model, [text_read.token_ids], receive, max(layer for layer, _head in heads))
    return Overview(text_read, {place: patterns[place] for place in heads})


def pictures(seen: Overview, kind: Kind | None) -> dict[HeadIndex, Picture]:
    """Return each head's picture, with the kind's targets if they follow from the tokens."""
    targets: tuple[tuple[int, int], ...] = ()
    if kind is not None and kind.head_type.from_tokens:
        asking = question(kind, seen.read.sequence()).visible(causal=False)
        targets = tuple((query, key) for query, key in asking.targets.nonzero().tolist()) if asking.asked.any() else ()
    return {
        place: Picture(caption=head_name(*place), tokens=seen.read.tokens, pattern=rounded(pattern), targets=targets)
        for place, pattern in seen.patterns.items()
    }


def _refuse_too_much(tokens: int, heads: int) -> None:
    if heads > 1 and heads * tokens**2 > MOST_WEIGHTS:
        most = int((MOST_WEIGHTS / heads) ** 0.5)
        message = _(
            "it has {number} tokens, but of {heads} heads at once at most {most} tokens are shown; shorten it, or name "
            "fewer heads",
            number=tokens,
            heads=heads,
            most=most,
        )
        raise InvalidInput(_("the sentence"), [Problem("too-long", message)])
