"""Calibration: where each kind's threshold stands among the measured heads, and what moving it would do.

Pure: an exercise, a score table and labels in, one record out; no transformer is loaded.
"""

from collections.abc import Sequence

from grader import __version__
from grader.exercises.known_heads import KnownHead
from grader.exercises.thresholds import thresholds_of
from grader.grading.calibration.axis import factor, noise, on_axis
from grader.grading.calibration.cautions import cautions
from grader.grading.calibration.gaps import gaps, holding
from grader.grading.calibration.records import (
    Ask,
    Calibration,
    Chance,
    HeadScore,
    KindCalibration,
    SharedHead,
    SharedKind,
)
from grader.grading.calibration.sweep import labels, step, sweep
from grader.grading.grade import Standings
from grader.grading.standings import Standing
from grader.measuring.score_table import KindScores, ScoreTable
from grader.schema import AskedKind, Exercise, HeadIndex, Threshold, head_name

__all__ = ["calibrate"]

MOST_GAPS = 3
"""How many gaps are told of each kind."""


def calibrate(
    exercise: Exercise, table: ScoreTable, known: Sequence[KnownHead] = (), untrained: ScoreTable | None = None
) -> Calibration:
    """Every kind of the exercise on the table's transformer; `known` are labels, each head once for each kind.

    `untrained` is the table of the same architecture with random weights, where that was measured.

    Raises:
        ExerciseError: a threshold asks for a statistic or a slice that the probe does not have.
    """
    standings = Standings(exercise, table)
    twin = Standings(exercise, untrained) if untrained else None
    kinds = tuple(
        _kind(asked, exercise, standings, known).model_copy(update={"chance": _chance(asked, twin)})
        for asked in exercise.kinds
        if asked.name in standings.by_kind
    )
    return Calibration(
        grader_version=__version__,
        exercise=exercise.id,
        exercise_version=exercise.version,
        title=exercise.title,
        transformer=table.transformer,
        transformer_digest=table.digest,
        seed=table.seed,
        table=table.key,
        layers=table.layers,
        heads=table.heads,
        budget=exercise.budget,
        borderline=exercise.borderline,
        cautions=tuple(cautions(exercise, standings, kinds)),
        kinds=kinds,
        shared=_shared(standings),
        unused_labels=tuple(f"{head.place} {head.name}" for head in known if head.name not in standings.by_kind),
    )


def _kind(asked: AskedKind, exercise: Exercise, standings: Standings, known: Sequence[KnownHead]) -> KindCalibration:
    scores = standings.table.scores(asked.kind)
    if scores is None:
        raise LookupError(asked.name)
    heads = _heads(asked, standings, scores, known)
    thresholds = thresholds_of(asked)
    (deciding,) = (each for each in thresholds if each.statistic == scores.decides)
    found, steps = gaps(heads), sweep(heads, exercise.borderline)
    present = step(heads, deciding.at_least, exercise.borderline)
    return KindCalibration(
        name=asked.name,
        kind=asked.kind,
        statistic=scores.decides,
        at_least=deciding.at_least,
        slices=deciding.slices or scores.measured_on(scores.decides),
        named_slices=deciding.slices,
        source=deciding.source,
        also_asked=tuple(_ask(each, asked, standings, scores) for each in thresholds if each is not deciding),
        baseline=scores.baseline,
        wanted=asked.heads,
        passing=asked.passing,
        confirmed=present.confirmed,
        in_noise=present.in_noise,
        noise=noise(heads, deciding.at_least),
        heads=heads,
        gaps=tuple(found[:MOST_GAPS]),
        stands_in=holding(found, deciding.at_least),
        labels=labels(heads, steps, present),
        chance=None,
        sweep=steps,
    )


def _heads(
    asked: AskedKind, standings: Standings, scores: KindScores, known: Sequence[KnownHead]
) -> tuple[HeadScore, ...]:
    labelled = {(head.layer, head.head): head.expect for head in known if head.name == asked.name}
    ranks, found = standings.ranks[asked.name], standings.by_kind[asked.name]
    return tuple(
        on_axis(place, ranks[place], found[place], scores.decides, labelled.get(place))
        for place in sorted(ranks, key=ranks.__getitem__)
    )


def _chance(asked: AskedKind, twin: Standings | None) -> Chance | None:
    if twin is None or asked.name not in twin.by_kind:
        return None
    layer, head = min(twin.ranks[asked.name], key=twin.ranks[asked.name].__getitem__)
    score = twin.by_kind[asked.name][layer, head].measured.score
    return Chance(head=head_name(layer, head), score=score, confirmed=twin.passing(asked.name))


def _ask(threshold: Threshold, asked: AskedKind, standings: Standings, scores: KindScores) -> Ask:
    held = {
        place: [check for check in standing.checks if check.statistic == threshold.statistic]
        for place, standing in standings.by_kind[asked.name].items()
    }
    noisy = [
        head_name(layer, head)
        for (layer, head), checks in held.items()
        if any(check.result == "borderline" for check in checks)
        and not any(check.result == "under" for check in standings.by_kind[asked.name][layer, head].checks)
    ]
    return Ask(
        statistic=threshold.statistic,
        at_least=threshold.at_least,
        slices=threshold.slices or scores.measured_on(threshold.statistic),
        source=threshold.source,
        on_axis=_on_axis(threshold, scores, next(iter(standings.by_kind[asked.name].values()))),
        under=sum(any(check.result == "under" for check in checks) for checks in held.values()),
        in_noise=tuple(noisy),
    )


def _on_axis(threshold: Threshold, scores: KindScores, any_head: Standing) -> float | None:
    """The hit rate that a lead comes to: a lead is the hit rate less the same baseline for all heads."""
    if (threshold.statistic, scores.decides) != ("lead", "hit_rate"):
        return None
    read = {(reading.statistic, reading.on): reading.value for reading in any_head.measured.readings}
    slices = threshold.slices or scores.measured_on("lead")
    return round(threshold.at_least + max(read["hit_rate", on] - read["lead", on] for on in slices), 4)


def _shared(standings: Standings) -> tuple[SharedHead, ...]:
    """The heads that are confirmed for two kinds or more."""
    claims: dict[HeadIndex, list[SharedKind]] = {}
    for name, found in standings.by_kind.items():
        for place, standing in found.items():
            if standing.confirmed:
                claim = SharedKind(name=name, score=standing.measured.score, factor=factor(standing))
                claims.setdefault(place, []).append(claim)
    return tuple(
        SharedHead(layer=layer, head=head, kinds=tuple(sorted(kinds, key=lambda kind: -kind.factor)))
        for (layer, head), kinds in sorted(claims.items())
        if len(kinds) > 1
    )
