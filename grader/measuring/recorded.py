"""Scores of recorded attention: stored patterns, without a transformer.

The file is a numpy `.npz` of plain numbers, in one of three layouts:

- `token_ids` [token], `attn` [layer, head, query, key]: whole layers on one text; `layers` [layer] says which
  they are, where they are not the first ones.
- `token_ids` [token], `attn` [head, query, key], `heads` [head, 2]: some heads on one text; each row of `heads`
  is layer and head.
- `token_ids` [draw, token], `attn` [draw, query, key], `heads` [draw, 2]: one head each time, on a text of its
  own; the draws of the same head are pooled.

Layers and heads are counted from 0. A negative token id means that the token is not known: it is a copy of no
other. Texts that were filled up to one length come with `attention_mask`, of the shape of `token_ids`: 1 is text,
0 is padding, at either end. Intervals are over the draws, and over the queries where there is only one text.

A recording is a measurement on what somebody happened to record. So a head is confirmed only if its intervals leave
the thresholds out and there are LEAST_QUERIES; otherwise it is not confirmed yet, as in a report.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.exercises.thresholds import thresholds_of
from grader.kinds import TYPES
from grader.kinds.sequence import ProbeSequence
from grader.measuring.npz_file import NoArrays, arrays
from grader.measuring.questions import question
from grader.measuring.statistics.bootstrap import Resamples
from grader.measuring.statistics.patterns import asked_rows, hits, most_in_a_row, share
from grader.measuring.tables.row import row
from grader.schema import AskedKind, HeadIndex, Kind, Measurement, Side

Arrays = dict[str, NDArray[Any]]

DECIMALS = 4
SEED = 0
"""The seed of the bootstrap."""
LEAST_QUERIES = 8
"""The fewest queries on which a head can be confirmed: one that is right in 6 of 10 has 8 of 8 in 2 of 100 cases."""
STRAY = 1e-3
"""The most attention on padding that is taken for rounding, and the least that a row of text has."""
FILLED = 2
"""The times that a token comes in a row, at either end of a text, from which it is taken for padding."""
NEEDED, OTHERS = ("token_ids", "attn"), ("layers", "heads", "attention_mask")
LAYOUTS = "[layer, head, query, key], or [head, query, key] with `heads` [head, 2]"
MASK = N_("give `attention_mask` [token], 1 for text and 0 for padding; if all of it is text, all 1")


class RecordedText(NamedTuple):
    """One text, and the heads that were recorded on it."""

    token_ids: NDArray[np.int64]
    """[token]"""
    patterns: NDArray[np.float64]
    """[head, query, key]"""


@dataclass(frozen=True)
class Recording:
    """Heads that were recorded on the same texts."""

    texts: tuple[RecordedText, ...]
    places: tuple[HeadIndex, ...]
    """The layer and head of each, in the order of the patterns."""

    @property
    def causal(self) -> bool:
        """True if no query pays attention to a later key."""
        return not any(np.triu(text.patterns, 1).any() for text in self.texts)


def scan_file(path: Path, kind: Kind) -> dict[str, Any]:
    """Return rows as `grade scan` lists them, the best score first.

    Raises:
        InvalidInput: The file is not a recorded pattern, or the kind needs annotations that it does not have.
    """
    if not kind.head_type.from_tokens:
        types = ", ".join(each.name for each in TYPES.values() if each.from_tokens)
        message = _("{type} needs annotated text; a recorded pattern can show {types}", type=kind.type, types=types)
        raise InvalidInput(str(path), [Problem("needs-annotations", message)])
    rows = [each for recording in read(path) for each in _rows(recording, kind)]
    if not rows:
        message = _("no query in it has a target for {kind}", kind=kind.name)
        raise InvalidInput(str(path), [Problem("nothing-asked", message)])
    rows.sort(key=lambda each: (-each["score"], each["layer"], each["head"]))
    for rank, each in enumerate(rows, 1):
        each["rank"] = rank
    return {"exercise": None, "transformer": path.name, "least_queries": LEAST_QUERIES, "heads": rows}


def read(path: Path) -> list[Recording]:
    """Return the recordings in the file.

    Raises:
        InvalidInput: The file is not a recorded pattern, or its numbers are not attention.
    """
    try:
        found = arrays(path, NEEDED, OTHERS)
        _check(found)
        return _recordings(found)
    except NoArrays as error:
        raise InvalidInput(str(path), [Problem("no-pattern", str(error))]) from None


def _check(found: Arrays) -> None:
    """Refuse arrays that are not attention: wrong types and shapes, gaps, rows that sum to more than 1."""
    for name, array in found.items():
        whole = np.issubdtype(array.dtype, np.integer) or (name == "attention_mask" and array.dtype == np.bool_)
        if name != "attn" and not whole:
            raise NoArrays(N_("{name} must be whole numbers, not {type}"), name=name, type=array.dtype)
    ids, attention = found["token_ids"], found["attn"]
    if not np.issubdtype(attention.dtype, np.floating):
        raise NoArrays(N_("attn must be floating point numbers, not {type}"), type=attention.dtype)
    sizes = (ids.ndim, attention.ndim)
    fits = sizes in {(1, 4), (1, 3), (2, 3)} and attention.shape[-2:] == (ids.shape[-1],) * 2 and attention.size > 0
    if not fits or (ids.ndim == 2 and len(ids) != len(attention)):
        message = N_(
            "token_ids {ids} and attn {attention} do not fit; token_ids is [token] and attn {layouts}, "
            "or token_ids is [draw, token] and attn [draw, query, key] with `heads` [draw, 2]"
        )
        raise NoArrays(message, ids=ids.shape, attention=attention.shape, layouts=LAYOUTS)
    if (mask := found.get("attention_mask", ids)).shape != ids.shape:
        raise NoArrays(N_("attention_mask is {mask}, but token_ids is {ids}"), mask=mask.shape, ids=ids.shape)
    if not np.isfinite(attention).all() or (attention < 0).any():
        message = N_("attn has negative or missing values (NaN, infinity); attention is what comes after softmax")
        raise NoArrays(message)
    if (most := most_in_a_row(torch.from_numpy(attention.astype(np.float64)))) is not None:
        raise NoArrays(N_("a row of attn sums to {most:.3g}; the attention of a query sums to 1 at most"), most=most)


def _recordings(found: Arrays) -> list[Recording]:
    ids, attention = found["token_ids"].astype(np.int64), found["attn"].astype(np.float64)
    if ids.ndim == 1:
        places = _places(found)
        patterns = attention.reshape(len(places), *attention.shape[-2:])
        return [Recording((_text(ids, patterns, found.get("attention_mask")),), places)]
    places = _heads(found)
    masks = found.get("attention_mask", [None] * len(ids))
    texts = [_text(*each) for each in zip(ids, attention[:, None], masks, strict=True)]
    return [
        Recording(tuple(text for text, other in zip(texts, places, strict=True) if other == place), (place,))
        for place in sorted(set(places))
    ]


def _text(ids: NDArray[np.int64], patterns: NDArray[np.float64], mask: NDArray[Any] | None) -> RecordedText:
    """Return a text without its padding; refuse one that looks padded and comes without a mask."""
    if mask is None:
        if sign := _sign_of_padding(ids, patterns):
            raise NoArrays(N_("{sign}, which looks like padding; {advice}"), sign=sign, advice=_(MASK))
        return RecordedText(ids, patterns)
    text = np.flatnonzero(mask)
    if not np.isin(mask, (0, 1)).all() or len(text) == 0 or len(text) != text[-1] - text[0] + 1:
        raise NoArrays(N_("attention_mask must have one run of 1, the text, and 0 before and after it"))
    inside = slice(text[0], text[-1] + 1)
    kept = patterns[:, inside, inside]
    if (patterns[:, inside].sum(-1) - kept.sum(-1)).max() > STRAY:
        raise NoArrays(N_("queries of the text attend to padding; attn was recorded without this attention_mask"))
    if kept.sum(-1).min() < STRAY:
        raise NoArrays(N_("a query of the text attends to nothing; attention_mask does not fit attn"))
    return RecordedText(ids[inside], kept)


def _sign_of_padding(ids: NDArray[np.int64], patterns: NDArray[np.float64]) -> str:
    """Return the words for what looks like padding, empty if nothing does."""
    ends = {
        N_("a text begins with token {token} more than once"): ids[:FILLED],
        N_("a text ends with token {token} more than once"): ids[-FILLED:],
    }
    for message, run in ends.items():
        if len(ids) > FILLED and run[0] >= 0 and (run == run[0]).all():
            return _(message, token=int(run[0]))
    if patterns.sum(-1).min() < STRAY:
        return _("a row of attn is zero")
    even = np.asarray(np.isclose(patterns, 1 / len(ids), atol=STRAY / len(ids)).all((0, 2)))
    looks_ahead = np.triu(np.where(even[:, None], 0, patterns), 1).any()
    if even[0] and not even.all() and not looks_ahead:
        return _("its first queries attend to everything alike, also to what comes later")
    return ""


def _places(found: Arrays) -> tuple[HeadIndex, ...]:
    """Return layer and head of each pattern on one text."""
    if found["attn"].ndim == 4:
        return tuple((layer, head) for layer in _layers(found) for head in range(found["attn"].shape[1]))
    places = _heads(found)
    _no_twice("heads", places)
    return places


def _layers(found: Arrays) -> list[int]:
    layers = found.get("layers", np.arange(count := len(found["attn"])))
    if layers.shape != (count,) or (layers < 0).any():
        message = N_("layers is {shape}; it must give the number, from 0, of each in attn: [{number}]")
        raise NoArrays(message, shape=list(layers.shape), number=count)
    _no_twice("layers", numbers := [int(layer) for layer in layers])
    return numbers


def _heads(found: Arrays) -> tuple[HeadIndex, ...]:
    count = len(found["attn"])
    heads = found.get("heads")
    if heads is None or heads.shape != (count, 2) or (heads < 0).any():
        message = N_("heads is {shape}; it must give layer and head, from 0, of each pattern in attn: [{number}, 2]")
        raise NoArrays(message, shape=_("not there") if heads is None else list(heads.shape), number=count)
    return tuple((int(layer), int(head)) for layer, head in heads)


def _no_twice(name: str, items: Collection[int | HeadIndex]) -> None:
    if len(set(items)) < len(items):
        raise NoArrays(N_("{name} has the same one twice"), name=name)


class _Interval(NamedTuple):
    """A statistic of one head, and the ends of its interval."""

    value: float
    low: float
    high: float

    def side(self, at_least: float, queries: int) -> Side:
        """Return its side of a threshold; too few queries decide for no head."""
        if self.low < at_least < self.high:
            return "borderline"
        if self.value < at_least:
            return "under"
        return "over" if queries >= LEAST_QUERIES else "borderline"


def _rows(recording: Recording, kind: Kind) -> Iterator[dict[str, Any]]:
    """Yield one row for each head; none if no query of these texts has a target."""
    shares, right, blind = [], [], []
    for ids, patterns in recording.texts:
        sequence = ProbeSequence(tuple(ids.tolist()), frozenset(), "recorded")
        asking = question(kind, sequence).visible(causal=recording.causal)
        asked = asking.asked
        rows = asked_rows(torch.from_numpy(patterns)[None], asked[None])
        targets, eligible = asking.targets[asked], asking.eligible[asked]
        shares.append(share(rows, targets).numpy())
        right.append(hits(rows, targets, eligible).numpy())
        blind.append((targets.sum(-1) / eligible.sum(-1).clamp(min=1)).numpy())
    queries = sum(map(len, shares))
    if not queries:
        return
    measured = {"share": _intervals(shares), "hit_rate": _intervals(right)}
    baseline = float(np.concatenate(blind).mean())
    for n, place in enumerate(recording.places):
        yield _row(kind, place, {name: heads[n] for name, heads in measured.items()}, baseline, queries)


def _intervals(answers: list[NDArray[np.float64]]) -> list[_Interval]:
    """Return a statistic of each head from the answers [query, head] on each text."""
    above, below = _units(answers)
    whole = Resamples(len(below), SEED).ratio(above, np.broadcast_to(below[:, None], above.shape))
    return [_Interval(*map(float, each)) for each in zip(*whole, strict=True)]


def _units(answers: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sums of answers [unit, head] and queries [unit]; a unit is a text, or a query of the only text."""
    if len(answers) == 1:
        return answers[0], np.ones(len(answers[0]))
    return np.stack([by_query.sum(0) for by_query in answers]), np.array([float(len(by_query)) for by_query in answers])


def _row(kind: Kind, place: HeadIndex, measured: dict[str, _Interval], baseline: float, queries: int) -> dict[str, Any]:
    """Return a head's row."""
    share = _Interval(*(round(number, DECIMALS) for number in measured["share"]))
    thresholds = thresholds_of(AskedKind(**kind.model_dump(), heads=1, points=1, passing=1))
    sides = {measured[each.statistic].side(each.at_least, queries) for each in thresholds}
    rounded = Measurement.model_construct(  # not validated: a row of attention may sum to a little more than 1
        share=share.value,
        hit_rate=round(measured["hit_rate"].value, DECIMALS),
        baseline=round(baseline, DECIMALS),
        score=share.value,
        interval=(share.low, share.high),
        queries=queries,
        readings=(),
    )
    too_close = "borderline" in sides and "under" not in sides
    return row(kind, place, rounded, confirmed=sides == {"over"}, too_close=too_close)
