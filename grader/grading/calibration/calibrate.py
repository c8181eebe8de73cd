"""Calibration: every kind's threshold among the measured heads, and the effect of moving it.

Pure: exercise, score table and labels in, one record out; no transformer is loaded.

The axis of a kind is its deciding statistic on each head's worst slice. Only this statistic's threshold is moved;
everything else that the exercise asks stays as it is.
"""

from collections.abc import Sequence
from itertools import pairwise

from grader import __version__
from grader.exercises.known_heads import KnownHead, measured
from grader.exercises.thresholds import thresholds_of
from grader.grading.calibration.cautions import cautions
from grader.grading.calibration.operating import operating_curve
from grader.grading.calibration.records import (
    Ask,
    Calibration,
    Chance,
    Gap,
    HeadScore,
    KindCalibration,
    Labels,
    SharedHead,
    SharedKind,
    Step,
)
from grader.grading.rationale import sentence
from grader.grading.standings import Standing, Standings, times_needed
from grader.measuring.tables.score_table import KindScores, ScoreTable
from grader.schema import AskedKind, Borderline, Exercise, HeadIndex, Side, Statistic, Threshold, head_name

MOST_GAPS = 3
"""The number of gaps that are listed for each kind."""
STEPS = 100
"""Thresholds from 0 to 1: a step of 0.01 is far finer than the intervals, and still easy to read."""
_DECIMALS = 4
_SEVERITY: dict[Side, int] = {"under": 0, "borderline": 1, "over": 2}


def calibrate(
    exercise: Exercise, table: ScoreTable, known: Sequence[KnownHead] = (), untrained: ScoreTable | None = None
) -> Calibration:
    """Return every kind of the exercise on the table's transformer.

    `known` are labels, at most one for each head and kind. `untrained` is the table of the same architecture with
    random weights, if that was measured.

    Raises:
        ExerciseError: A threshold asks for a statistic or a slice that the probe does not have.
    """
    labels = measured(known)
    standings = Standings(exercise, table)
    twin = Standings(exercise, untrained) if untrained else None
    kinds = tuple(
        _kind(asked, exercise, standings, labels).model_copy(update={"chance": _chance(asked, twin)})
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
        unused_labels=tuple(f"{head.place} {head.name}" for head in labels if head.name not in standings.by_kind),
    )


def _kind(asked: AskedKind, exercise: Exercise, standings: Standings, known: Sequence[KnownHead]) -> KindCalibration:
    scores = standings.by_kind[asked.name].scores
    heads = _heads(asked, standings, scores, known)
    thresholds = thresholds_of(asked)
    (deciding,) = (each for each in thresholds if each.statistic == scores.decides)
    gaps = _gaps(heads)
    sweep = tuple(_step(heads, number / STEPS, exercise.borderline) for number in range(STEPS + 1))
    present = _step(heads, deciding.at_least, exercise.borderline)
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
        too_close=standings.by_kind[asked.name].too_close,
        in_noise=present.in_noise,
        noise=_noise(heads, deciding.at_least),
        heads=heads,
        gaps=tuple(gaps[:MOST_GAPS]),
        stands_in=next((gap for gap in gaps if gap.below_score < deciding.at_least <= gap.above_score), None),
        labels=_labels(heads, sweep, present),
        chance=None,
        sweep=sweep,
        curve=operating_curve(asked, scores, exercise.borderline),
    )


def _heads(
    asked: AskedKind, standings: Standings, scores: KindScores, known: Sequence[KnownHead]
) -> tuple[HeadScore, ...]:
    """Return all heads, best score first."""
    labelled = {(head.layer, head.head): head.expect for head in known if head.name == asked.name}
    ranks, of_kind = standings.ranks[asked.name], standings.by_kind[asked.name]
    return tuple(
        _head(place, ranks[place], of_kind[place], scores.decides, labelled.get(place))
        for place in sorted(ranks, key=ranks.__getitem__)
    )


def _head(place: HeadIndex, rank: int, standing: Standing, decides: Statistic, label: str | None) -> HeadScore:
    """Return one head: its score and interval on the axis, and its results at the kind's other thresholds."""
    deciding = [result for result in standing.results if result.statistic == decides]
    others = [result for result in standing.results if result.statistic != decides]
    worst = min(deciding, key=lambda result: result.measured)
    low, high = (min(result.interval[end] for result in deciding) for end in (0, 1))
    fails = [result for result in others if result.result == "under"]
    sure_factors = [times_needed(result.interval[0], result.at_least) for result in standing.results]
    values = {
        "layer": place[0],
        "head": place[1],
        "rank": rank,
        "score": worst.measured,
        "interval": (low, high),
        "on": worst.on,
        "elsewhere": min((result.result for result in others), key=_SEVERITY.__getitem__, default="over"),
        "met_elsewhere": all(result.measured >= result.at_least for result in others),
        "fails": sentence(min(fails, key=lambda each: times_needed(each.measured, each.at_least))) if fails else "",
        "state": "over",
        "confirmed": standing.confirmed,
        "too_close": standing.outcome == "not_graded",
        "factor": round(standing.factor, _DECIMALS),
        "sure_factor": round(min(sure_factors), _DECIMALS),
        "expect": label,
    }
    head = HeadScore.model_validate(values)
    return head.model_copy(update={"state": head.state_at(worst.at_least)})


def _noise(heads: Sequence[HeadScore], at_least: float) -> tuple[float, float] | None:
    """Return the range that the intervals around a threshold cover, of the heads that noise would decide about."""
    intervals = [head.interval for head in heads if head.in_noise(at_least)]
    return (min(low for low, _ in intervals), max(high for _, high in intervals)) if intervals else None


def _gaps(heads: Sequence[HeadScore]) -> list[Gap]:
    """Return every gap between neighbouring scores, the widest first; `heads` are best first."""
    gaps = []
    lowest = 1.0  # of the lower ends of all heads above the gap
    uppers = _highest_upper_ends(heads)
    for place, (above, below) in enumerate(pairwise(heads)):
        lowest = min(lowest, above.interval[0])
        highest = uppers[place + 1]
        gap = {
            "rank": 1,
            "above": above.place,
            "above_score": above.score,
            "below": below.place,
            "below_score": below.score,
            "width": round(above.score - below.score, _DECIMALS),
            "middle": round((above.score + below.score) / 2, _DECIMALS),
            "clear": (highest, lowest) if highest < lowest else None,
        }
        gaps.append(Gap.model_validate(gap))
    gaps.sort(key=lambda gap: -gap.width)
    return [gap.model_copy(update={"rank": rank}) for rank, gap in enumerate(gaps, 1)]


def _highest_upper_ends(heads: Sequence[HeadScore]) -> list[float]:
    """Return, for each place in the order, the highest upper end of an interval from there on."""
    ends: list[float] = []
    for head in reversed(heads):
        ends.append(max(head.interval[1], ends[-1] if ends else 0.0))
    return ends[::-1]


def _step(heads: Sequence[HeadScore], at_least: float, rule: Borderline) -> Step:
    """Return the effect of one threshold."""
    confirmed = [head for head in heads if head.confirmed_at(at_least, rule)]
    right, wrong = (sum(head.expect == label for head in confirmed) for label in ("confirmed", "refuted"))
    missed = sum(head.expect == "confirmed" for head in heads) - right
    return Step(
        at_least=at_least,
        confirmed=len(confirmed),
        in_noise=sum(head.in_noise(at_least) for head in heads),
        right=right,
        wrong=wrong,
        missed=missed,
        precision=_ratio(right, right + wrong),
        recall=_ratio(right, right + missed),
        f1=_ratio(2 * right, 2 * right + wrong + missed),
        margin=_margin(heads, at_least),
    )


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, _DECIMALS) if whole else None


def _margin(heads: Sequence[HeadScore], at_least: float) -> float | None:
    """Return the least distance of a labelled head from the threshold, negative if it is on the wrong side."""
    above = [head.score for head in heads if head.expect == "confirmed" and head.elsewhere != "under"]
    if not above:
        return None
    refuted = [head for head in heads if head.expect == "refuted"]
    below = [head.score for head in refuted if head.elsewhere != "under"]
    below = below or [head.score for head in refuted if head.score < min(above)]
    return round(min(min(above) - at_least, at_least - max(below)), _DECIMALS) if below else None


def _labels(heads: Sequence[HeadScore], sweep: Sequence[Step], present: Step) -> Labels | None:
    positive, negative = ([head for head in heads if head.expect == label] for label in ("confirmed", "refuted"))
    if not positive and not negative:
        return None
    steps = [step for step in sweep if step.margin is not None]
    return Labels(
        confirmed=len(positive),
        refuted=len(negative),
        out_of_reach=tuple(head.place for head in positive if head.elsewhere == "under"),
        present=present,
        best_margin=max(steps, key=lambda step: (step.margin or 0.0, step.f1 or 0.0)) if steps else None,
        best_f1=max(steps, key=lambda step: (step.f1 or 0.0, step.margin or 0.0)) if steps else None,
    )


def _chance(asked: AskedKind, twin: Standings | None) -> Chance | None:
    if twin is None or asked.name not in twin.by_kind:
        return None
    layer, head = min(twin.ranks[asked.name], key=twin.ranks[asked.name].__getitem__)
    score = twin.by_kind[asked.name][layer, head].measured.score
    return Chance(head=head_name(layer, head), score=score, confirmed=twin.passing(asked.name))


def _ask(threshold: Threshold, asked: AskedKind, standings: Standings, scores: KindScores) -> Ask:
    of_kind = standings.by_kind[asked.name]
    sides = {
        place: [result.result for result in standing.results if result.statistic == threshold.statistic]
        for place, standing in of_kind.items()
    }
    noisy = [
        head_name(*place)
        for place, of_head in sides.items()
        if "borderline" in of_head and all(result.result != "under" for result in of_kind[place].results)
    ]
    return Ask(
        statistic=threshold.statistic,
        at_least=threshold.at_least,
        slices=threshold.slices or scores.measured_on(threshold.statistic),
        source=threshold.source,
        on_axis=_on_axis(threshold, scores, next(iter(of_kind.values()))),
        under=sum("under" in of_head for of_head in sides.values()),
        in_noise=tuple(noisy),
    )


def _on_axis(threshold: Threshold, scores: KindScores, any_head: Standing) -> float | None:
    """Return the hit rate that a lead amounts to: a lead is the hit rate less the same baseline for all heads."""
    if (threshold.statistic, scores.decides) != ("lead", "hit_rate"):
        return None
    values = {(reading.statistic, reading.on): reading.value for reading in any_head.measured.readings}
    slices = threshold.slices or scores.measured_on("lead")
    return round(threshold.at_least + max(values["hit_rate", on] - values["lead", on] for on in slices), _DECIMALS)


def _shared(standings: Standings) -> tuple[SharedHead, ...]:
    """Return the heads that are confirmed for two kinds or more."""
    places = next(iter(standings.by_kind.values()), ())
    kinds = {place: standings.confirmed_as(place) for place in places}
    return tuple(
        SharedHead(
            layer=place[0],
            head=place[1],
            kinds=tuple(
                SharedKind(
                    name=of_kind.asked.name,
                    score=of_kind[place].measured.score,
                    factor=round(of_kind[place].factor, _DECIMALS),
                )
                for of_kind in confirmed
            ),
        )
        for place, confirmed in kinds.items()
        if len(confirmed) > 1
    )
