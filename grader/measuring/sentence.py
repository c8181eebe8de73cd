"""One head on a person's own sentence: its pattern, and its share if the targets follow from the tokens."""

from typing import NamedTuple

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.kinds.sequence import ProbeSequence
from grader.measuring.attention import one_thread, pattern_of
from grader.measuring.patterns import asked_rows, hits, share
from grader.measuring.probes.tokens import surround
from grader.measuring.questions import question
from grader.schema import Evidence, HeadIndex, Kind, Picture, head_name

DECIMALS = 3


class ReadText(NamedTuple):
    """A text as the transformer reads it."""

    token_ids: tuple[int, ...]
    special: frozenset[int]
    """The positions of what the tokenizer puts around a text."""
    tokens: tuple[str, ...]


def read(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str) -> ReadText:
    """Return the text's tokens, with what the tokenizer puts around a text.

    Raises:
        InvalidInput: the text is longer than the transformer can read.
    """
    ids, _front, special = surround(tokenizer, tokenizer(text, add_special_tokens=False)["input_ids"])
    longest = getattr(model.config, "max_position_embeddings", len(ids))
    if len(ids) > longest:
        message = N_("it has {number} tokens, but the transformer reads {most} at most; shorten it")
        raise InvalidInput(_("the sentence"), [Problem("too-long", _(message, number=len(ids), most=longest))])
    return ReadText(ids, special, tuple(str(tokenizer.decode([token])) for token in ids))


def recompute(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, kind: Kind, place: HeadIndex, text: str
) -> tuple[Evidence, Picture]:
    """Return the measurement and the picture of one head on the text; share and hit rate are None if no query is asked.

    Raises:
        InvalidInput: the text is longer than the transformer can read.
    """
    layer, head = place
    ids, special, tokens = read(model, tokenizer, text)
    with one_thread():
        pattern = pattern_of(model, ids, layer, head)
    asking = question(kind, ProbeSequence(ids, special, "evidence"))
    asked = asking.asked
    measured: dict[str, float] = {}
    if kind.head_type.from_tokens and asked.any():
        rows = asked_rows(pattern[None, None], asked[None])
        targets, eligible = asking.targets[asked], asking.eligible[asked]
        measured["share"] = round(float(share(rows, targets).mean()), DECIMALS)
        measured["hit_rate"] = round(float(hits(rows, targets, eligible).mean()), DECIMALS)
    evidence = Evidence(text=text, tokens=tokens, queries=int(asked.sum()) if measured else 0, **measured)
    picture = Picture(
        caption=f"{head_name(layer, head)} on “{text}”",
        tokens=tokens,
        pattern=tuple(tuple(round(float(value), DECIMALS) for value in row) for row in pattern),
        targets=tuple((query, key) for query, key in asking.targets.nonzero().tolist()) if measured else (),
    )
    return evidence, picture
