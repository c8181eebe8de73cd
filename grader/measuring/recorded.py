"""Scores of recorded attention: stored patterns, without a transformer.

The file is a numpy `.npz` of plain numbers, in one of three layouts:

- `token_ids` [token], `attn` [layer, head, query, key]: whole layers on one text; `layers` [layer] says which
  they are, where they are not the first ones.
- `token_ids` [token], `attn` [head, query, key], `heads` [head, 2]: some heads on one text; each row of `heads`
  is layer and head.
- `token_ids` [draw, token], `attn` [draw, query, key], `heads` [draw, 2]: one head each time, on a text of its
  own; the draws of the same head are pooled.

Layers and heads are counted from 0. A negative token id means that the token is not known: it is a copy of no
other. Intervals are over the draws, and over the queries where there is only one text.
"""

import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.exercises.thresholds import thresholds_of
from grader.kinds import TYPES
from grader.kinds.sequence import ProbeSequence
from grader.measuring.bootstrap import Resamples
from grader.measuring.patterns import asked_rows, hits, share
from grader.measuring.questions import question
from grader.measuring.row import row
from grader.schema import AskedKind, HeadIndex, Kind, Measurement

Arrays = dict[str, NDArray[Any]]

DECIMALS = 4
SEED = 0
"""The seed of the bootstrap."""
ROUNDING = 1e-3
"""The most by which the sum of a row may differ from 1: the error of half precision."""
LAYOUTS = "[layer, head, query, key], or [head, query, key] with `heads` [head, 2]"
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""The errors that `numpy.load` and the zip file under it raise."""


@dataclass(frozen=True)
class Recording:
    """Heads that were recorded on the same texts."""

    token_ids: NDArray[np.int64]
    """[sequence, token]"""
    patterns: NDArray[np.float64]
    """[sequence, head, query, key]"""
    places: tuple[HeadIndex, ...]
    """The layer and head of each, in the order of the patterns."""

    @property
    def causal(self) -> bool:
        """True if no query pays attention to a later key."""
        return not np.triu(self.patterns, 1).any()


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
    return {"exercise": None, "transformer": path.name, "heads": rows}


def read(path: Path) -> list[Recording]:
    """Return the recordings in the file.

    Raises:
        InvalidInput: The file is not a recorded pattern, or its numbers are not attention.
    """
    try:
        arrays = _load(path)
        _check(arrays)
        return _recordings(arrays)
    except _NoPattern as error:
        raise InvalidInput(str(path), [Problem("no-pattern", str(error))]) from None


class _NoPattern(Exception):
    """The reason why the file is not a recorded pattern."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(_(message, **values))


def _load(path: Path) -> Arrays:
    """Return the arrays that are used here; others are never opened, nor is a pickle."""
    try:
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise _NoPattern(N_("it is no .npz file; write it with numpy.savez(file, token_ids=..., attn=...)"))
            file.seek(0)
            with np.load(file, allow_pickle=False) as archive:
                return _known(archive)
    except UNREADABLE as error:
        if "allow_pickle" in (why := str(error)):
            why = _("an array in it is a pickle, and that is never read: store plain numbers")
        raise _NoPattern(N_("it cannot be read: {why}"), why=why) from None


def _known(archive: NpzFile) -> Arrays:
    lacking = [name for name in ("token_ids", "attn") if name not in archive.files]
    if lacking:
        there = ", ".join(archive.files) or _("no array")
        raise _NoPattern(N_("it lacks {lacking}; it has {there}"), lacking=", ".join(lacking), there=there)
    return {name: archive[name] for name in ("token_ids", "attn", "layers", "heads") if name in archive.files}


def _check(arrays: Arrays) -> None:
    """Refuse arrays that are not attention: wrong types and shapes, gaps, rows that do not sum to 1."""
    for name, array in arrays.items():
        if name != "attn" and not np.issubdtype(array.dtype, np.integer):
            raise _NoPattern(N_("{name} must be whole numbers, not {type}"), name=name, type=array.dtype)
    ids, attention = arrays["token_ids"], arrays["attn"]
    if not np.issubdtype(attention.dtype, np.floating):
        raise _NoPattern(N_("attn must be floating point numbers, not {type}"), type=attention.dtype)
    sizes = (ids.ndim, attention.ndim)
    fits = sizes in {(1, 4), (1, 3), (2, 3)} and attention.shape[-2:] == (ids.shape[-1],) * 2 and attention.size > 0
    if not fits or (ids.ndim == 2 and len(ids) != len(attention)):
        message = N_(
            "token_ids {ids} and attn {attention} do not fit; token_ids is [token] and attn {layouts}, "
            "or token_ids is [draw, token] and attn [draw, query, key] with `heads` [draw, 2]"
        )
        raise _NoPattern(message, ids=ids.shape, attention=attention.shape, layouts=LAYOUTS)
    if not np.isfinite(attention).all() or (attention < 0).any():
        message = N_("attn has negative or missing values (NaN, infinity); attention is what comes after softmax")
        raise _NoPattern(message)
    off = float(np.abs(attention.sum(-1, dtype=np.float64) - 1).max())
    if off > ROUNDING:
        message = N_("a row of attn sums to 1 give or take {off:.3g}; each query's attention must sum to 1")
        raise _NoPattern(message, off=off)


def _recordings(arrays: Arrays) -> list[Recording]:
    ids, attention = _told_apart(arrays["token_ids"]), arrays["attn"].astype(np.float64)
    if attention.ndim == 4:
        places = tuple((layer, head) for layer in _layers(arrays) for head in range(attention.shape[1]))
        return [Recording(ids[None], attention.reshape(1, len(places), *attention.shape[2:]), places)]
    places = _heads(arrays)
    if ids.ndim == 1:
        _no_twice("heads", places)
        return [Recording(ids[None], attention[None], places)]
    draws = {place: [n for n, other in enumerate(places) if other == place] for place in sorted(set(places))}
    return [Recording(ids[numbers], attention[numbers][:, None], (place,)) for place, numbers in draws.items()]


def _told_apart(ids: NDArray[Any]) -> NDArray[np.int64]:
    """Return the ids; each unknown token gets an id that no other token of its text has."""
    ids = ids.astype(np.int64)
    return np.where(ids < 0, -1 - np.arange(ids.shape[-1]), ids)


def _layers(arrays: Arrays) -> list[int]:
    layers = arrays.get("layers", np.arange(count := len(arrays["attn"])))
    if layers.shape != (count,) or (layers < 0).any():
        message = N_("layers is {shape}; it must give the number, from 0, of each in attn: [{number}]")
        raise _NoPattern(message, shape=list(layers.shape), number=count)
    _no_twice("layers", numbers := [int(layer) for layer in layers])
    return numbers


def _heads(arrays: Arrays) -> tuple[HeadIndex, ...]:
    count = len(arrays["attn"])
    heads = arrays.get("heads")
    if heads is None or heads.shape != (count, 2) or (heads < 0).any():
        message = N_("heads is {shape}; it must give layer and head, from 0, of each pattern in attn: [{number}, 2]")
        raise _NoPattern(message, shape=_("not there") if heads is None else list(heads.shape), number=count)
    return tuple((int(layer), int(head)) for layer, head in heads)


def _no_twice(name: str, items: Collection[int | HeadIndex]) -> None:
    if len(set(items)) < len(items):
        raise _NoPattern(N_("{name} has the same one twice"), name=name)


def _rows(recording: Recording, kind: Kind) -> Iterator[dict[str, Any]]:
    """Yield one row for each head; none if no query of these texts has a target."""
    shares, right, blind = [], [], []
    for ids, patterns in zip(recording.token_ids, recording.patterns, strict=True):
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
    above, below = _units(shares)
    value, low, high = Resamples(len(below), SEED).ratio(above, np.broadcast_to(below[:, None], above.shape))
    hit = np.concatenate(right).mean(0)
    baseline = float(np.concatenate(blind).mean())
    for n, place in enumerate(recording.places):
        yield _row(kind, place, (value[n], low[n], high[n]), hit[n], (baseline, queries))


def _units(shares: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return sums of shares [unit, head] and queries [unit]; a unit is a text, or a query of the only text."""
    if len(shares) == 1:
        return shares[0], np.ones(len(shares[0]))
    return np.stack([by_query.sum(0) for by_query in shares]), np.array([float(len(by_query)) for by_query in shares])


def _row(
    kind: Kind, place: HeadIndex, share: tuple[float, float, float], hit_rate: float, rest: tuple[float, int]
) -> dict[str, Any]:
    """Return a head's row; `share` comes with the ends of its interval, `rest` is the baseline and the queries."""
    value, low, high = (round(float(number), DECIMALS) for number in share)
    baseline, queries = rest
    measured = {"share": share[0], "hit_rate": hit_rate}
    thresholds = thresholds_of(AskedKind(**kind.model_dump(), heads=1, points=1, passing=1))
    rounded = Measurement.model_construct(  # not validated: a row of attention may sum to a little more than 1
        share=value,
        hit_rate=round(float(hit_rate), DECIMALS),
        baseline=round(baseline, DECIMALS),
        score=value,
        interval=(low, high),
        queries=queries,
        readings=(),
    )
    return row(kind, place, rounded, confirmed=all(measured[t.statistic] >= t.at_least for t in thresholds))
