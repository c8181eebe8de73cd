"""A detector on a recorded attention pattern: no transformer, only what somebody stored.

The file is a numpy `.npz` with `token_ids` [token] and `attn` [layer, head, query, key], where `layers` or
`heads` ([n] or [n, 2]) may say which were recorded.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from grader.bootstrap import Resamples
from grader.detectors import DETECTORS
from grader.errors import InvalidInput, Problem
from grader.patterns import Question, asked_rows, hits, share
from grader.probes.sequence import Sequence
from grader.schema import AskedKind, Kind
from grader.sentence import FROM_TOKENS
from grader.thresholds import thresholds_of

DECIMALS = 4
SEED = 0
"""Of the bootstrap over queries: there is only one sequence."""


def scan_file(path: Path, kind: Kind) -> dict[str, Any]:
    """Rows as in `grade scan`, best score first; intervals are over the queries of the one sequence.

    Raises:
        InvalidInput: the file is no recorded pattern, or the kind needs annotations that it does not have.
    """
    if kind.type not in FROM_TOKENS:
        said = f"{kind.type} needs annotated text; a recorded pattern can show {', '.join(FROM_TOKENS)}"
        raise InvalidInput(str(path), [Problem("needs-annotations", said)])
    ids, patterns, places = _read(path)
    question = DETECTORS[kind.type].ask(Sequence(ids, frozenset(), "recorded"), kind)
    if not question.asked.any():
        raise InvalidInput(str(path), [Problem("nothing-asked", f"no query in it has a target for {kind.name}")])
    rows = [_row(kind, place, *measured) for place, measured in zip(places, _measure(question, patterns), strict=True)]
    rows.sort(key=lambda row: (-row["score"], row["layer"], row["head"]))
    for rank, row in enumerate(rows, 1):
        row["rank"] = rank
    return {"exercise": None, "transformer": path.name, "heads": rows}


def _read(path: Path) -> tuple[tuple[int, ...], torch.Tensor, list[tuple[int, int]]]:
    """Token ids, patterns [1, head, query, key], and which head is which."""
    try:
        with np.load(path, allow_pickle=False) as file:
            ids, attention = file["token_ids"], file["attn"]
            layers = file.get("layers")
            heads = file.get("heads")
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(
            str(path), [Problem("no-pattern", f"cannot be read as a recorded pattern: {error}")]
        ) from None
    if ids.ndim != 1 or attention.shape[-2:] != (len(ids), len(ids)) or attention.ndim not in (3, 4):
        said = f"token_ids {ids.shape} and attn {attention.shape} do not fit: [token] and [layer, head, query, key]"
        raise InvalidInput(str(path), [Problem("no-pattern", said)])
    if attention.ndim == 4:
        numbers = range(len(attention)) if layers is None else layers.tolist()
        places = [(int(layer), head) for layer in numbers for head in range(attention.shape[1])]
    else:
        places = [(0, n) for n in range(len(attention))] if heads is None else [(int(a), int(b)) for a, b in heads]
    flat = attention.reshape(1, -1, len(ids), len(ids)).astype(np.float64)
    return tuple(int(token) for token in ids), torch.from_numpy(flat), places


def _measure(question: Question, patterns: torch.Tensor) -> list[tuple[float, float, tuple[float, float], float, int]]:
    """For each head: share, hit rate, interval of the share, baseline, queries."""
    asked = question.asked
    rows = asked_rows(patterns, asked[None])
    targets, eligible = question.targets[asked], question.visible(causal=True).eligible[asked]
    by_query = share(rows, targets).numpy()
    queries = len(by_query)
    value, low, high = Resamples(queries, SEED).ratio(by_query, np.ones_like(by_query))
    hit = hits(rows, targets, eligible).numpy().mean(0)
    blind = float((targets.sum(-1) / eligible.sum(-1).clamp(min=1)).mean())
    return [(value[n], hit[n], (low[n], high[n]), blind, queries) for n in range(len(value))]


def _row(
    kind: Kind, place: tuple[int, int], value: float, hit: float, interval: tuple[float, float], *rest: float
) -> dict[str, Any]:
    blind, queries = rest
    measured = {"share": value, "hit_rate": hit, "lead": hit - blind}
    thresholds = thresholds_of(AskedKind(**kind.model_dump(), heads=1, points=1, passing=1))
    return {
        "layer": place[0],
        "head": place[1],
        "type": kind.type,
        "offset": kind.offset,
        "relation": None,
        "direction": None,
        "share": round(float(value), DECIMALS),
        "hit_rate": round(float(hit), DECIMALS),
        "baseline": round(blind, DECIMALS),
        "score": round(float(value), DECIMALS),
        "interval": [round(float(end), DECIMALS) for end in interval],
        "queries": int(queries),
        "confirmed": all(measured[t.statistic] >= t.at_least for t in thresholds if t.statistic in measured),
    }
