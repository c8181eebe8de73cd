"""Score tables with planted scores: some heads have a given score, all others score 0."""

from collections.abc import Mapping
from typing import Any

from grader.measuring.tables.score_table import KindScores, ScoreTable, Slice, Statistics
from grader.schema import AskedKind, Claim, Exercise, HeadIndex, Statistic, Submission

LAYERS = HEADS = 5
BASELINE = 0.2
LIFT = 5.0
"""The lift of a planted head, divided by its share."""
QUERIES = 100
SLICES = {
    "positional": ("random", "text"),
    "induction": ("repeats",),
    "duplicate_token": ("text", "repeats"),
    "syntactic": ("all", "same_number", "other_number"),
    "semantic": ("lists",),
    "rare_token": ("lists",),
}
PREVIOUS = {"type": "positional", "heads": 2, "points": 20, "passing": 3}
INDUCTION = {"type": "induction", "heads": 2, "points": 10, "passing": 2}
SUBJECT = {"type": "syntactic", "relation": "verb_subject", "heads": 1, "points": 10, "passing": 1}


def exercise(*kinds: dict[str, Any], **more: Any) -> Exercise:  # noqa: ANN401 - whatever a field may be
    """Return an exercise on 25 heads; by default it asks for previous token, induction and verb to subject."""
    asked = kinds or (PREVIOUS, INDUCTION, SUBJECT)
    source = {"name": "planted", "family": "decoder", "layers": LAYERS, "heads": HEADS, "bundled": "planted"}
    values = {
        "id": "planted-heads",
        "version": 3,
        "title": "Planted heads",
        "transformer": source,
        "probes": {"seed": 7},
        "kinds": tuple(asked),
        "budget": 6,
        "wrong_costs": 6.0,
    }
    return Exercise.model_validate({**values, **more})


def table(asked: Exercise, planted: Mapping[str, Mapping[HeadIndex, float]], half_width: float = 0.0) -> ScoreTable:
    """Return a table with these scores, given by the kind's name; intervals extend by `half_width` to both sides."""
    return ScoreTable(
        key="0" * 64,
        transformer=asked.transformer.name,
        digest="d" * 64,
        seed=asked.probes.seed,
        layers=asked.transformer.layers,
        heads=asked.transformer.heads,
        kinds=tuple(_scores(kind, asked, planted.get(kind.name, {}), half_width) for kind in asked.kinds),
    )


def _scores(kind: AskedKind, asked: Exercise, planted: Mapping[HeadIndex, float], half_width: float) -> KindScores:
    def column(statistic: Statistic, times: float, less: float = 0.0) -> Statistics:
        def grid(shift: float) -> tuple[tuple[float, ...], ...]:
            return tuple(
                tuple(
                    round(times * (planted.get((layer, head), 0.0) + shift) - less, 4)
                    for head in range(asked.transformer.heads)
                )
                for layer in range(asked.transformer.layers)
            )

        return Statistics(statistic=statistic, value=grid(0), low=grid(-half_width), high=grid(half_width))

    statistics = (column("share", 1), column("hit_rate", 1), column("lead", 1, BASELINE), column("lift", LIFT))
    return KindScores(
        kind=kind.kind,
        decides=kind.head_type.decides,
        baseline=BASELINE,
        blind_head="offset -1",
        slices=tuple(Slice(name=name, queries=QUERIES, statistics=statistics) for name in SLICES[kind.type]),
    )


def with_reading(
    whole: ScoreTable, name: str, place: HeadIndex, reading: tuple[Statistic, str], value: tuple[float, float, float]
) -> ScoreTable:
    """Return the table with one head's reading, a (statistic, slice), changed to (low, value, high)."""
    layer, head = place

    def put(column: Statistics, on: str) -> Statistics:
        if (column.statistic, on) != reading:
            return column
        grids = column.model_dump()
        for key, number in zip(("low", "value", "high"), value, strict=True):
            rows = [list(row) for row in grids[key]]
            rows[layer][head] = number
            grids[key] = tuple(map(tuple, rows))
        return Statistics.model_validate(grids)

    def mended(scores: KindScores) -> KindScores:
        if scores.kind.name != name:
            return scores
        slices = tuple(
            part.model_copy(update={"statistics": tuple(put(column, part.name) for column in part.statistics)})
            for part in scores.slices
        )
        return scores.model_copy(update={"slices": slices})

    return whole.model_copy(update={"kinds": tuple(map(mended, whole.kinds))})


def submission(*claims: tuple[int, int, str], **more: object) -> Submission:
    """Return a submission; claims are (layer, head, kind), and the kind `syntactic` is verb to subject."""
    return Submission(exercise="planted-heads", student="ada", claims=tuple(claim(*each, **more) for each in claims))


def claim(layer: int, head: int, kind: str, **more: object) -> Claim:
    """Return one claim."""
    relation = {"relation": "verb_subject"} if kind == "syntactic" else {}
    return Claim.model_validate({"layer": layer, "head": head, "type": kind, **relation, **more})
