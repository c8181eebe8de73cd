"""Submission, exercise and score table to report: every claim held against its thresholds. No I/O."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from grader import __version__
from grader.canonical import content_hash
from grader.errors import ExerciseError
from grader.schema import (
    AskedKind,
    Check,
    Claim,
    Evidence,
    Exercise,
    Lookalike,
    Measurement,
    Outcome,
    Report,
    Submission,
    Threshold,
    Verdict,
)
from grader.score_table import KindScores, ScoreTable, measurement
from grader.scoring import LUCK_LIMIT, luck, points, points_each, score
from grader.thresholds import thresholds_of
from grader.wording import HINTS, sentence, title


@dataclass(frozen=True)
class Standing:
    """One head under one asked kind: measured, held against the thresholds, decided."""

    measured: Measurement
    checks: tuple[Check, ...]
    confirmed: bool
    borderline: bool


def standing(exercise: Exercise, asked: AskedKind, scores: KindScores, layer: int, head: int) -> Standing:
    """Where a head stands under a kind, by the exercise's thresholds and its rule for borderline cases.

    Raises:
        ExerciseError: a threshold asks for a statistic or a slice that the probe does not have.
    """
    thresholds = thresholds_of(asked)
    for threshold in thresholds:
        _refuse_unmeasured(exercise, scores, threshold)
    deciding = next((t.slices for t in thresholds if t.statistic == scores.decides), ())
    measured = measurement(scores, layer, head, deciding)
    checks = tuple(
        _check(threshold, reading.on, reading.value, reading.interval)
        for threshold in thresholds
        for reading in measured.readings
        if reading.statistic == threshold.statistic and (not threshold.slices or reading.on in threshold.slices)
    )
    over = all(check.measured >= check.at_least for check in checks)
    under = any(check.result == "under" for check in checks)
    borderline = not under and any(check.result == "borderline" for check in checks)
    by_rule = {"in_favour": True, "as_measured": over, "against": False}[exercise.borderline]
    return Standing(measured, checks, not under and (by_rule if borderline else over), borderline)


def _refuse_unmeasured(exercise: Exercise, scores: KindScores, threshold: Threshold) -> None:
    """A threshold that nothing is held against would let every head pass."""
    measured = scores.measured_on(threshold.statistic)
    if not measured or not set(threshold.slices) <= set(measured):
        on, there = ", ".join(threshold.slices) or "its probe", ", ".join(measured) or "nothing"
        said = f"the threshold for {scores.kind.name} asks for {threshold.statistic} on {on}; measured on: {there}"
        raise ExerciseError(f"{exercise.id}: {said}")


def _check(threshold: Threshold, on: str, value: float, interval: tuple[float, float]) -> Check:
    (low, high), at_least = interval, threshold.at_least
    return Check.model_validate(
        {
            "statistic": threshold.statistic,
            "on": on,
            "measured": value,
            "interval": interval,
            "at_least": at_least,
            "source": threshold.source,
            "result": "borderline" if low < at_least < high else "over" if value >= at_least else "under",
        }
    )


class Standings:
    """Every head under every asked kind, in order of score: what one claim is compared with."""

    def __init__(self, exercise: Exercise, table: ScoreTable) -> None:
        self.table, self.heads = table, table.layers * table.heads
        self.by_kind: dict[str, dict[tuple[int, int], Standing]] = {}
        self.ranks: dict[str, dict[tuple[int, int], int]] = {}
        for asked in exercise.kinds:
            if (scores := table.scores(asked.kind)) is None:
                continue
            found = {
                (layer, head): standing(exercise, asked, scores, layer, head)
                for layer in range(table.layers)
                for head in range(table.heads)
            }
            order = sorted(found, key=lambda place: (-found[place].measured.score, place))
            self.by_kind[asked.name] = found
            self.ranks[asked.name] = {place: number for number, place in enumerate(order, 1)}

    def passing(self, name: str) -> int:
        """How many heads are of this kind."""
        return sum(standing.confirmed for standing in self.by_kind[name].values())


def grade(
    submission: Submission,
    exercise: Exercise,
    table: ScoreTable,
    evidence: Mapping[int, Evidence] | None = None,
    standings: Standings | None = None,
) -> Report:
    """The report on a submission: pure, so the same three give the same report everywhere.

    `evidence` holds, by the claim's number, what was recomputed of the student's own sentences. `standings`, where
    the caller keeps them, are those of the exercise and the table.
    """
    return sealed(weigh(submission, exercise, standings or Standings(exercise, table), evidence or {}))


def sealed(report: Report) -> Report:
    """The report with its content hash."""
    return report.model_copy(update={"content_hash": content_hash(report)})


def weigh(submission: Submission, exercise: Exercise, standings: Standings, evidence: Mapping[int, Evidence]) -> Report:
    """What `grade` returns, not sealed yet: the hash takes as long as all the rest."""
    table = standings.table
    verdicts: list[Verdict] = []
    earned: Counter[str] = Counter()
    seen: set[tuple[str, int, int]] = set()
    for number, claim in enumerate(submission.claims):
        key = (claim.name, claim.layer, claim.head)
        why_not = "it repeats an earlier claim" if key in seen else _why_not(claim, exercise, table)
        if not why_not and len(seen) >= exercise.budget:
            why_not = f"{exercise.id} grades {exercise.budget} claims at most"
        if why_not:
            verdicts.append(Verdict(claim=claim, outcome="not_graded", rationale=f"Not graded: {why_not}."))
            continue
        seen.add(key)
        verdict = _verdict(claim, exercise, standings, earned)
        verdicts.append(verdict.model_copy(update={"evidence": evidence.get(number)}))
    return _report(submission, exercise, standings, tuple(verdicts))


def _why_not(claim: Claim, exercise: Exercise, table: ScoreTable) -> str:
    """Why a claim cannot be measured; empty where it can."""
    if claim.layer >= table.layers or claim.head >= table.heads:
        return f"{table.transformer} has no head {claim.place}"
    if exercise.asked(claim.kind) is None or table.scores(claim.kind) is None:
        return f"{exercise.id} does not ask for {title(claim)}"
    return ""


def _verdict(claim: Claim, exercise: Exercise, standings: Standings, earned: Counter[str]) -> Verdict:
    place = (claim.layer, claim.head)
    found = standings.by_kind[claim.name][place]
    asked = next(asked for asked in exercise.kinds if asked.name == claim.name)
    worth = 0.0
    if found.confirmed and earned[claim.name] < asked.heads:
        earned[claim.name] += 1
        worth = points_each(asked)
    lookalike = None if found.confirmed else _lookalike(claim, standings, exercise)
    return Verdict(
        claim=claim,
        outcome="confirmed" if found.confirmed else "refuted",
        borderline=found.borderline,
        points=worth,
        rationale=_rationale(claim, found),
        measured=found.measured,
        threshold=found.checks,
        rank=standings.ranks[claim.name][place],
        of=standings.heads,
        looks_like=lookalike,
        help="" if found.confirmed else (asked.hint or HINTS[claim.type]),
    )


def _rationale(claim: Claim, found: Standing) -> str:
    """Why the outcome is what it is: the first threshold that was not met, or the first of all, on its worst slice."""
    order = {"under": 0, "borderline": 1, "over": 2}
    result = min((check.result for check in found.checks), key=order.__getitem__)
    first = next(check for check in found.checks if check.result == result)
    worst = min(
        (check for check in found.checks if (check.result, check.statistic) == (result, first.statistic)),
        key=lambda check: check.measured,
    )
    verb = "is confirmed" if found.confirmed else "is not confirmed"
    return f"{claim.place} {verb} as {title(claim)}: {sentence(worst)}."


def _lookalike(claim: Claim, standings: Standings, exercise: Exercise) -> Lookalike | None:
    """The other kind that this head is, by how far it stands over that kind's threshold."""
    place = (claim.layer, claim.head)
    others = [
        (min(check.measured / max(check.at_least, 1e-9) for check in of_kind[place].checks), asked)
        for asked in exercise.kinds
        if asked.name != claim.name and (of_kind := standings.by_kind.get(asked.name)) and of_kind[place].confirmed
    ]
    if not others:
        return None
    _, asked = max(others, key=lambda other: other[0])
    return Lookalike(
        kind=asked.kind,
        score=standings.by_kind[asked.name][place].measured.score,
        rank=standings.ranks[asked.name][place],
    )


def _report(submission: Submission, exercise: Exercise, standings: Standings, verdicts: tuple[Verdict, ...]) -> Report:
    table = standings.table
    graded = [verdict for verdict in verdicts if verdict.outcome != "not_graded"]
    confirmed = [verdict for verdict in graded if verdict.outcome == "confirmed"]
    earned = sum(verdict.points for verdict in verdicts)
    wrong = len(graded) - len(confirmed)
    total = round(score(exercise, earned, wrong), 4)
    chance = luck((standings.passing(v.claim.name) / standings.heads for v in graded), len(confirmed))
    kinds = len({verdict.claim.name for verdict in confirmed})
    by_skill = chance <= LUCK_LIMIT
    return Report(
        grader_version=__version__,
        exercise=exercise.id,
        exercise_version=exercise.version,
        transformer=table.transformer,
        transformer_digest=table.digest,
        seed=table.seed,
        table=table.key,
        student=submission.student,
        gallery=submission.gallery,
        gallery_name=submission.gallery_name,
        feedback=exercise.feedback,
        borderline=exercise.borderline,
        wanted={asked.name: asked.heads for asked in exercise.kinds},
        verdicts=verdicts,
        points=round(points(exercise, earned, wrong), 4),
        possible=float(exercise.points),
        score=total,
        luck=chance,
        kinds_confirmed=kinds,
        gradable=bool(graded),
        passed=total >= exercise.pass_at and kinds >= exercise.kinds_needed and by_skill,
        xp=round(earned) if by_skill else 0,
    )


def shown(report: Report) -> Report:
    """The report as the exercise lets the student see it: full numbers are an oracle for guessing."""
    if report.feedback == "all":
        return report
    hidden: dict[str, object] = {
        "measured": None,
        "threshold": (),
        "rank": None,
        "of": None,
        "looks_like": None,
        "borderline": False,
    }
    outcomes: dict[Outcome, str] = {"confirmed": "Confirmed.", "refuted": "Refuted."}
    verdicts = tuple(
        verdict.model_copy(
            update=hidden | {"rationale": outcomes.get(verdict.outcome, verdict.rationale), "evidence": None}
        )
        for verdict in report.verdicts
    )
    return report.model_copy(update={"verdicts": verdicts if report.feedback == "verdicts" else ()})
