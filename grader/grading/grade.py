"""Grading: submission, exercise, score table and causal evidence in, report out. No I/O of its own."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from grader import __version__
from grader.base.language import N_
from grader.exercises.scoring import LUCK_LIMIT, deciding_score, passes, points, whole_score
from grader.grading.causal_words import NO_MEASURE, NOT_SEEN
from grader.grading.circuits import Circuits
from grader.grading.counting import counts_from_one
from grader.grading.hashing import content_hash
from grader.grading.importance import CausalEvidence
from grader.grading.mattering import Importances, PatternClaim
from grader.grading.naming import compared, settled
from grader.grading.rationale import WHY_NOT
from grader.grading.standings import Standings
from grader.grading.tally import tally
from grader.grading.verdicts import KindVerdict, NotGraded
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import CircuitVerdict, Evidence, Exercise, Outcome, Report, Submission, Verdict


def grade(  # noqa: PLR0913 - what a report follows from
    submission: Submission,
    exercise: Exercise,
    table: ScoreTable,
    evidence: Mapping[int, Evidence] | None = None,
    standings: Standings | None = None,
    causal: CausalEvidence | None = None,
) -> Report:
    """Return the report on a submission. Pure: the same input gives the same report on every machine.

    `evidence` holds what was recomputed of the student's own sentences, by the claim's number, counted from 0.
    `standings` are those of the exercise and the table, if the caller keeps them. `causal` is asked only for what the
    claims need.

    Raises:
        ExerciseError: A threshold asks for a statistic or a slice that the probe does not have; or a claim needs causal
            evidence, and there is none.
    """
    standings = standings or Standings(exercise, table)
    patterns, circuits = _read(submission, exercise, standings, causal)
    importances = Importances(exercise, patterns, causal)
    verdicts = list(_verdicts(patterns, importances, evidence or {}))
    asked = [
        (pattern.on_kind, verdict)
        for pattern, verdict in zip(patterns, verdicts, strict=True)
        if isinstance(pattern.on_kind, KindVerdict)
    ]
    count = tally(exercise, asked, [circuit for circuit in circuits if circuit is not None])
    left = points(exercise, count.earned, count.wrong)
    score = round(left / exercise.points, 4)
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
        borderline=standings.borderline,
        wanted={asked.name: asked.heads for asked in exercise.kinds},
        wanted_circuits={asked.name: asked.circuits.wanted for asked in exercise.kinds if asked.circuits},
        verdicts=tuple(
            verdict.model_copy(update={"circuit": circuit}) if circuit else verdict
            for verdict, circuit in zip(verdicts, circuits, strict=True)
        ),
        without=importances.without(verdicts),
        points=round(left, 4),
        possible=float(exercise.points),
        score=score,
        luck=count.luck,
        kinds_confirmed=count.kinds_confirmed,
        gradable=count.decided > 0,
        passed=passes(exercise, score, count.kinds_confirmed, count.luck),
        xp=round(count.earned) if count.luck <= LUCK_LIMIT else 0,
    )
    report = report.model_copy(update=_advice(report, submission, standings))
    return report.model_copy(update={"content_hash": content_hash(report)})


def credited(report: Report, exercise: Exercise, credit: float) -> Report:
    """Return the report with this credit: the score is that part of what the points earn, and `passed` follows it.

    XP and points stay as they are. An exercise with `late_passes` decides by the score before lateness.
    """
    if credit == report.credit:
        return report
    whole = report.score if report.credit == 1 else whole_score(report)
    late = report.model_copy(update={"credit": credit, "score": round(whole * credit, 4)})
    passed = passes(exercise, deciding_score(late, exercise), late.kinds_confirmed, late.luck)
    late = late.model_copy(update={"passed": passed})
    return late.model_copy(update={"content_hash": content_hash(late)})


def _advice(report: Report, submission: Submission, standings: Standings) -> dict[str, object]:
    """Return the verdicts with what their heads are instead, where that may be said, and the remark on counting."""
    named = settled(report)
    verdicts = tuple(
        compared(verdict, standings, named) if verdict.outcome == "refuted" and verdict.matters is None else verdict
        for verdict in report.verdicts
    )
    return {"verdicts": verdicts, "counts_from_one": counts_from_one(submission.claims, standings)}


def _read(
    submission: Submission, exercise: Exercise, standings: Standings, causal: CausalEvidence | None
) -> tuple[list[PatternClaim], list[CircuitVerdict | None]]:
    """Return each claim with the verdict on its pattern, and the verdict on its circuit, in the submission's order."""
    patterns: list[PatternClaim] = []
    circuits, judged = Circuits(standings, causal), list[CircuitVerdict | None]()
    seen: set[tuple[str, int, int]] = set()
    for claim in submission.claims:
        verdict = standings.verdict_on(claim)
        if isinstance(verdict, KindVerdict):
            if verdict.about in seen:
                verdict = NotGraded("repeated", "it repeats an earlier claim")
            elif len(seen) + circuits.graded >= exercise.budget:
                verdict = NotGraded("over_budget", f"{exercise.id} grades {exercise.budget} claims at most")
            else:
                seen.add(verdict.about)
        patterns.append(PatternClaim(claim, verdict))
        judged.append(circuits.on(claim, room=len(seen) + circuits.graded < exercise.budget))
    return patterns, judged


def _verdicts(
    patterns: Sequence[PatternClaim], importances: Importances, evidence: Mapping[int, Evidence]
) -> Iterator[Verdict]:
    """Yield the final verdict on each claim; claims beyond the wanted ones of a kind earn nothing."""
    confirmed: Counter[str] = Counter()
    for number, (claim, on_kind) in enumerate(patterns):
        if isinstance(on_kind, NotGraded):
            yield on_kind.on(claim)
            continue
        verdict = on_kind.on(claim, 0.0, evidence.get(number))
        if on_kind.is_confirmed and on_kind.asked.evidence == "needed":
            verdict = importances.on(verdict)
        if verdict.outcome == "confirmed":
            confirmed[claim.name] += 1
            worth = on_kind.worth if confirmed[claim.name] <= on_kind.asked.heads else 0.0
            verdict = verdict.model_copy(update={"points": worth})
        yield verdict


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
        "level": None,
        "matters": None,
        "scope": None,
        "writes": None,
    }
    verdicts = tuple(
        verdict.model_copy(
            update=hidden
            | {"rationale": _without_numbers(verdict), "evidence": None, "circuit": _plain_circuit(verdict.circuit)}
        )
        for verdict in report.verdicts
    )
    return report.model_copy(update={"verdicts": verdicts if report.feedback == "verdicts" else (), "without": ()})


def _plain_circuit(circuit: CircuitVerdict | None) -> CircuitVerdict | None:
    """Return the verdict on a circuit without its numbers."""
    if circuit is None:
        return None
    rationale = WHY_NOT[circuit.why_not] if circuit.why_not is not None else _OUTCOMES[circuit.result]
    return circuit.model_copy(update={"score": None, "left": None, "others": None, "rationale": rationale})


def _without_numbers(verdict: Verdict) -> str:
    if verdict.why_not == "too_close":
        return WHY_NOT["too_close"]
    if verdict.outcome == "refuted" and verdict.matters is not None:
        return NOT_SEEN
    if verdict.why_not == "no_evidence" and verdict.matters is not None:
        return NO_MEASURE
    return _OUTCOMES.get(verdict.outcome, verdict.rationale)


_OUTCOMES: dict[Outcome, str] = {"confirmed": N_("Confirmed."), "refuted": N_("Refuted.")}
