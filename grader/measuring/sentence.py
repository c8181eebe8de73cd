"""One head on a person's own sentence: its pattern, and its share if the targets follow from the tokens."""

from typing import Any, NamedTuple

from jaxtyping import Float
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.kinds.sequence import ProbeSequence
from grader.measuring.attention.streaming import one_thread, pattern_of
from grader.measuring.probes.spelling import spelled
from grader.measuring.probes.tokens import special_ids, surround, unknown_id
from grader.measuring.questions import question
from grader.measuring.statistics.patterns import asked_rows, hits, share
from grader.measuring.transformer.reach import longest_text, words_of
from grader.schema import Evidence, HeadIndex, Kind, Picture, head_name

DECIMALS = 3


class ReadText(NamedTuple):
    """A text as the transformer reads it."""

    token_ids: tuple[int, ...]
    special: frozenset[int]
    """The positions of tokens that stand for no text: put around it by the tokenizer, or typed in it."""
    unknown: frozenset[int]
    """The positions of words that the tokenizer does not know."""
    tokens: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    """The characters that each token stands for, by their first and the one behind them; none for what is put around
    the text."""

    def sequence(self) -> ProbeSequence:
        """Return the text as a sequence to ask about; an unknown word has no id, so that it is a copy of nothing."""
        ids = (-1 if place in self.unknown else token for place, token in enumerate(self.token_ids))
        return ProbeSequence(tuple(ids), self.special, "evidence")


def read(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str) -> ReadText:
    """Return the text's tokens, with what the tokenizer puts around a text.

    Raises:
        InvalidInput: The text is longer than the transformer can read, or has a token that the transformer lacks.
    """
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, front, around = surround(tokenizer, encoded["input_ids"])
    longest = longest_text(model)
    if longest is not None and len(ids) > longest:
        message = N_("it has {number} tokens, but the transformer reads {most} at most; shorten it")
        raise _refused("too-long", _(message, number=len(ids), most=longest))
    tokens = spelled(tokenizer, ids)
    for token, shown in zip(ids, tokens, strict=True):
        if token >= words_of(model):
            message = N_("the transformer has no token {number} ({shown}); leave it out")
            raise _refused("no-such-token", _(message, number=token, shown=shown))
    unknown = unknown_id(tokenizer)
    strange = frozenset(place for place, token in enumerate(ids) if token == unknown)
    special = {place for place, token in enumerate(ids) if token in special_ids(tokenizer)} - strange
    inside = [(int(start), int(end)) for start, end in encoded["offset_mapping"]]
    behind = [(len(text), len(text))] * (len(ids) - front - len(inside))
    return ReadText(ids, around | special, strange, tokens, ((0, 0),) * front + (*inside, *behind))


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput(_("the sentence"), [Problem(code, message)])


def recompute(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, kind: Kind, place: HeadIndex, text: str
) -> tuple[Evidence, Picture]:
    """Return the measurement and the picture of one head on the text; share and hit rate are None if no query is asked.

    Raises:
        InvalidInput: As `read` does.
    """
    layer, head = place
    text_read = read(model, tokenizer, text)
    tokens = text_read.tokens
    with one_thread():
        pattern = pattern_of(model, text_read.token_ids, layer, head)
    asking = question(kind, text_read.sequence()).visible(causal=False)
    asked = asking.asked
    measured: dict[str, Any] = {}
    if kind.head_type.from_tokens and asked.any():
        rows = asked_rows(pattern[None, None], asked[None])
        targets, eligible = asking.targets[asked], asking.eligible[asked]
        measured["share"] = round(float(share(rows, targets).mean()), DECIMALS)
        measured["hit_rate"] = round(float(hits(rows, targets, eligible).mean()), DECIMALS)
    evidence = Evidence(text=text, tokens=tokens, queries=int(asked.sum()) if measured else 0, **measured)
    picture = Picture(
        caption=f"{head_name(layer, head)} on “{text}”",
        tokens=tokens,
        pattern=rounded(pattern),
        targets=tuple((query, key) for query, key in asking.targets.nonzero().tolist()) if measured else (),
    )
    return evidence, picture


def rounded(pattern: Float[Tensor, "query key"]) -> tuple[tuple[float, ...], ...]:
    """Return a pattern as a picture has it."""
    return tuple(tuple(round(value, DECIMALS) for value in row) for row in pattern.tolist())
