"""Grading: submission, exercise and score table in, report out. No I/O."""

from collections import Counter
from collections.abc import Iterator, Mapping
from math import fsum

from grader import __version__
from grader.base.language import N_
from grader.exercises.scoring import LUCK_LIMIT, deciding_score, luck, passes, points
from grader.grading.counting import counts_from_one
from grader.grading.hashing import content_hash
from grader.grading.naming import compared, settled
from grader.grading.rationale import WHY_NOT
from grader.grading.standings import Standings
from grader.grading.verdicts import KindVerdict, NotGraded
from grader.measuring.score_table import ScoreTable
from grader.schema import Evidence, Exercise, Outcome, Report, Submission, Verdict

GradedClaim = tuple[KindVerdict | NotGraded, Verdict]
"""The verdict on a claim's head and kind, or the reason why there is none; and the verdict on the claim itself."""


def grade(
    submission: Submission,
    exercise: Exercise,
    table: ScoreTable,
    evidence: Mapping[int, Evidence] | None = None,
    standings: Standings | None = None,
) -> Report:
    """Return the report on a submission. Pure: the same input gives the same report on every machine.

    `evidence` holds what was recomputed of the student's own sentences, by the claim's number, counted from 0.
    `standings` are those of the exercise and the table, if the caller keeps them.

    Raises:
        ExerciseError: A threshold asks for a statistic or a slice that the probe does not have.
    """
    standings = standings or Standings(exercise, table)
    graded = list(_graded(submission, exercise, standings, evidence or {}))
    verdicts = [on_kind for on_kind, _ in graded if isinstance(on_kind, KindVerdict) and on_kind.is_decided]
    confirmed = [verdict.about[0] for verdict in verdicts if verdict.is_confirmed]
    earned = fsum(verdict.points for _, verdict in graded)  # the same in every version of Python, as `sum` is not
    left = points(exercise, earned, len(verdicts) - len(confirmed))
    score = round(left / exercise.points, 4)
    chance = luck((verdict.chance for verdict in verdicts), len(confirmed))
    kinds, by_skill = len(set(confirmed)), chance <= LUCK_LIMIT
    report = Report(
        grader_version=__version__,
        exercise=exercise.id,
        exercise_version=exercise.version,
        transformer=table.transformer,
        transformer_digest=table.digest,
        seed=table.seed,
        table=table.key,
        basis=table.basis,
        student=submission.student,
        gallery=submission.gallery,
        gallery_name=submission.gallery_name,
        feedback=exercise.feedback,
        borderline=exercise.borderline,
        wanted={asked.name: asked.heads for asked in exercise.kinds},
        verdicts=tuple(verdict for _, verdict in graded),
        points=round(left, 4),
        possible=float(exercise.points),
        score=score,
        luck=chance,
        kinds_confirmed=kinds,
        gradable=bool(verdicts),
        passed=passes(exercise, score, kinds, chance),
        xp=round(earned) if by_skill else 0,
    )
    report = report.model_copy(update=_advice(report, submission, standings))
    return report.model_copy(update={"content_hash": content_hash(report)})


def credited(report: Report, exercise: Exercise, credit: float) -> Report:
    """Return the report with this credit: the score is that part of what the points earn, and `passed` follows it.

    XP and points stay as they are. An exercise with `late_passes` decides by the score before lateness.
    """
    if credit == report.credit:
        return report
    whole = report.score if report.credit == 1 else round(report.points / report.possible, 4)
    late = report.model_copy(update={"credit": credit, "score": round(whole * credit, 4)})
    passed = passes(exercise, deciding_score(late, exercise), late.kinds_confirmed, late.luck)
    late = late.model_copy(update={"passed": passed})
    return late.model_copy(update={"content_hash": content_hash(late)})


def _advice(report: Report, submission: Submission, standings: Standings) -> dict[str, object]:
    """Return the verdicts with what their heads are instead, where that may be said, and the remark on counting."""
    named = settled(report)
    verdicts = tuple(
        compared(verdict, standings, named) if verdict.outcome == "refuted" else verdict for verdict in report.verdicts
    )
    return {"verdicts": verdicts, "counts_from_one": counts_from_one(submission.claims, standings)}


def _graded(
    submission: Submission, exercise: Exercise, standings: Standings, evidence: Mapping[int, Evidence]
) -> Iterator[GradedClaim]:
    """Each claim, in the submission's order."""
    confirmed: Counter[str] = Counter()
    seen: set[tuple[str, int, int]] = set()
    for number, claim in enumerate(submission.claims):
        verdict = standings.verdict_on(claim)
        if isinstance(verdict, KindVerdict):
            if verdict.about in seen:
                verdict = NotGraded("repeated", "it repeats an earlier claim")
            elif len(seen) >= exercise.budget:
                verdict = NotGraded("over_budget", f"{exercise.id} grades {exercise.budget} claims at most")
        if isinstance(verdict, NotGraded):
            yield verdict, verdict.on(claim)
            continue
        seen.add(verdict.about)
        kind, _, _ = verdict.about
        confirmed[kind] += verdict.is_confirmed
        worth = verdict.worth if confirmed[kind] <= verdict.asked.heads else 0.0
        yield verdict, verdict.on(claim, worth, evidence.get(number))


def shown(report: Report) -> Report:
    """Return the report as its student may see it: without the numbers, or the verdicts, that the exercise hides.

    Full numbers would let a student find the heads by guessing.
    """
    if report.feedback == "all":
        return report
    hidden: dict[str, object] = {
        "measured": None,
        "threshold": (),
        "rank": None,
        "of": None,
        "looks_like": None,
        "fits": None,
        "borderline": False,
    }
    verdicts = tuple(
        verdict.model_copy(update=hidden | {"rationale": _without_numbers(verdict), "evidence": None})
        for verdict in report.verdicts
    )
    return report.model_copy(update={"verdicts": verdicts if report.feedback == "verdicts" else ()})


def _without_numbers(verdict: Verdict) -> str:
    if verdict.why_not == "too_close":
        return WHY_NOT["too_close"]
    outcomes: dict[Outcome, str] = {"confirmed": N_("Confirmed."), "refuted": N_("Refuted.")}
    return outcomes.get(verdict.outcome, verdict.rationale)
