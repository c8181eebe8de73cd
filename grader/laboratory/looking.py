"""Looking at any text: its tokens, the patterns of all heads, and what comes next, also with heads switched off.

One pass computes all layers; those of the last few texts are kept, because a page asks for one layer after another.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.base.memory import enough_memory
from grader.measuring import sentence
from grader.measuring.attention.streaming import Call, one_thread, visiting
from grader.measuring.interventions.workbench import Edit, Workbench
from grader.measuring.transformer.reach import longest_text
from grader.schema import HeadIndex

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from grader.measuring.sentence import ReadText
    from grader.measuring.transformer import Loaded

MOST_TOKENS = 256
"""The most tokens of a text that is looked at: a pattern is a square, and there are hundreds of heads."""
KEPT_BYTES = 2**28
"""The most memory for patterns; those of the last text are kept whatever they take."""
KEPT_PASSES = 100
"""The most passes that are kept, of however short texts."""
BEST = 10
"""The number of predicted tokens."""
DOING = N_("computing the attention")
EVERYWHERE = slice(None)


class LookedToken(NamedTuple):
    """One token of a text that is looked at."""

    text: str
    id: int
    """-1 for a word that the tokenizer does not know."""
    special: bool
    """True if it stands for no text."""
    start: int
    """The place in the text where it begins, in UTF-16 code units."""
    end: int


class Guess(NamedTuple):
    """One token that may come next."""

    token: str
    probability: float


@dataclass(frozen=True)
class About:
    """The transformer that is looked at."""

    id: str
    layers: int
    heads: int
    """Of each layer."""
    causal: bool
    """True if a query sees only itself and the keys before it."""
    longest: int
    """The most tokens of a text."""
    predicts: bool
    """True if it has a head for predictions."""
    switches: bool = True
    """True if heads can be switched off."""


class _Pass(NamedTuple):
    patterns: "list[NDArray[np.float32]]"
    """Of each layer, [head, query, key]."""
    final: Tensor
    """The states behind the last layer, [position, width]."""

    @property
    def size(self) -> int:
        return self.final.nbytes + sum(pattern.nbytes for pattern in self.patterns)


class Looking:
    """One transformer under any text; any thread may ask, and one computes at a time."""

    def __init__(self, loaded: "Loaded") -> None:
        self.model, self.tokenizer = loaded.model, loaded.tokenizer
        self.bench = Workbench(loaded.model, loaded.whole)
        self._passes: OrderedDict[tuple[tuple[int, ...], tuple[HeadIndex, ...]], _Pass] = OrderedDict()
        self._computing = Lock()
        source, longest = loaded.source, longest_text(loaded.model)
        decoder, mask = source.family == "decoder", self.tokenizer.mask_token_id
        self.about = About(
            id=source.name,
            layers=source.layers,
            heads=source.heads,
            causal=decoder,
            longest=min(longest or MOST_TOKENS, MOST_TOKENS),
            predicts=loaded.whole is not None and (decoder or mask is not None),
        )

    def read(self, text: str) -> tuple[LookedToken, ...]:
        """Return the text's tokens.

        Raises:
            InvalidInput: The text has no words, is too long, or has a token that the transformer lacks.
        """
        with self._computing:  # a tokenizer is not made for several threads
            ids = self._read(text)
        units = list(accumulate((1 + (ord(character) > 0xFFFF) for character in text), initial=0))
        numbers = ids.sequence().token_ids
        return tuple(
            LookedToken(shown, numbers[place], place in ids.special, units[start], units[end])
            for place, (shown, (start, end)) in enumerate(zip(ids.tokens, ids.spans, strict=True))
        )

    def layer(self, text: str, layer: int, off: Iterable[HeadIndex] = ()) -> "NDArray[np.float32]":
        """Return the patterns of one layer, [head, query, key], while the heads in `off` write nothing.

        Raises:
            InvalidInput: As `read`; or the transformer has no such layer or head.
        """
        self._refuse_missing((layer, 0), *(off := tuple(off)))
        below = [head for head in off if head[0] < layer]  # those above it change nothing in it
        with self._computing:
            return self._pass(self._read(text).token_ids, below).patterns[layer]

    def predict(self, text: str, off: Iterable[HeadIndex] = ()) -> tuple[Guess, ...] | None:
        """Return the tokens that may come behind the text, the most probable first; None without a head for that.

        An encoder predicts a mask behind the text.

        Raises:
            InvalidInput: As `layer`.
        """
        if not self.about.predicts:
            return None
        with self._computing:
            ids, place = self._asked(self._read(text))
            final = self._pass(ids, off).final
            with one_thread(), enough_memory(_(DOING)):
                (logits,) = self.bench.predictions(final[place][None])
            best = torch.softmax(logits[0].cpu().double(), -1).topk(min(BEST, logits.shape[-1]))
            return tuple(
                Guess(str(self.tokenizer.decode([token])), float(probability))
                for token, probability in zip(best.indices.tolist(), best.values.tolist(), strict=True)
            )

    def _read(self, text: str) -> "ReadText":
        if not text.strip():
            raise InvalidInput(_("the sentence"), [Problem("no-words", _("the text is empty; give some words"))])
        read = sentence.read(self.model, self.tokenizer, text)
        if len(read.token_ids) > self.about.longest:
            message = N_("it has {number} tokens, but {most} can be looked at; shorten it")
            message = _(message, number=len(read.token_ids), most=self.about.longest)
            raise InvalidInput(_("the sentence"), [Problem("too-long", message)])
        return read

    def _asked(self, read: "ReadText") -> tuple[tuple[int, ...], int]:
        """Return the tokens to predict from, and the position at which that is."""
        ids, mask = read.token_ids, self.tokenizer.mask_token_id
        if self.about.causal:
            return ids, len(ids) - 1
        assert isinstance(mask, int)  # noqa: S101 - else it predicts nothing
        behind = len(ids) - 1  # before the last token, which ends the text
        return (*ids[:behind], mask, *ids[behind:]), behind

    def _refuse_missing(self, *heads: HeadIndex) -> None:
        for layer, head in heads:
            if 0 <= layer < self.about.layers and 0 <= head < self.about.heads:
                continue
            message = _(
                "there is no layer {layer} with a head {head}: {transformer} has {layers} layers of {heads} heads",
                layer=layer,
                head=head,
                transformer=self.about.id,
                layers=self.about.layers,
                heads=self.about.heads,
            )
            raise InvalidInput(_("the head"), [Problem("no-such-head", message)])

    def _pass(self, ids: Sequence[int], off: Iterable[HeadIndex]) -> _Pass:
        """Return one pass of these tokens, kept from before or computed now."""
        heads = tuple(sorted(set(off)))
        self._refuse_missing(*heads)
        key = (tuple(ids), heads)
        if key not in self._passes:
            with one_thread(), enough_memory(_(DOING)):
                self._passes[key] = self._computed(ids, heads)
        self._passes.move_to_end(key)
        while len(self._passes) > 1 and self._is_full():
            self._passes.popitem(last=False)
        return self._passes[key]

    def _is_full(self) -> bool:
        return len(self._passes) > KEPT_PASSES or sum(each.size for each in self._passes.values()) > KEPT_BYTES

    def _computed(self, ids: Sequence[int], off: Sequence[HeadIndex]) -> _Pass:
        patterns: list[NDArray[np.float32]] = []

        def visit(call: Call) -> Tensor:
            output, pattern = call.attend()
            if heads := tuple(head for layer, head in off if layer == len(patterns)):
                Edit(EVERYWHERE, heads, torch.zeros_like(output[:1, :1])).apply(output)
            patterns.append(pattern[0].float().cpu().numpy())
            return output

        with visiting(self.model, visit):
            final = self.model(input_ids=torch.tensor([ids], device=self.model.device), use_cache=False)[0][0]
        return _Pass(patterns, final)
