"""Submission, exercise and score table to report: every claim held against its thresholds. No I/O."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from math import fsum

from grader import __version__
from grader.base.language import N_, speaking
from grader.exercises.scoring import LUCK_LIMIT, luck, points, points_each
from grader.grading.hashing import filled, form, text
from grader.grading.rationale import rationale
from grader.grading.standings import KindStandings
from grader.grading.verdicts import KindVerdict, NotGraded
from grader.measuring.score_table import ScoreTable
from grader.schema import Claim, Evidence, Exercise, HeadIndex, OtherKind, Outcome, Report, Submission, Verdict, title

WeighedClaim = tuple[KindVerdict | NotGraded, Verdict, str]
"""What one claim of a submission comes to, the verdict on it, and the verdict's canonical text."""

DIFFERENT = (
    *("feedback", "gallery", "gallery_name", "gradable", "kinds_confirmed", "luck", "passed", "points", "score"),
    *("student", "verdicts", "xp"),
)
"""The fields of a report that do not follow from the exercise and its score table."""


class Standings:
    """Every head under every asked kind: what claims are compared with."""

    def __init__(self, exercise: Exercise, table: ScoreTable) -> None:
        """What has to be known of a head is worked out when it is first asked for.

        Raises:
            ExerciseError: A threshold asks for a statistic or a slice that the probe does not have.
        """
        self.exercise, self.table, self.heads = exercise, table, table.layers * table.heads
        self.by_kind = {
            asked.name: KindStandings(exercise, asked, scores)
            for asked in exercise.kinds
            if (scores := table.scores(asked.kind)) is not None
        }
        self._findings: dict[tuple[object, ...], KindVerdict | NotGraded] = {}

    @cached_property
    def ranks(self) -> dict[str, dict[HeadIndex, int]]:
        """Each head's rank under each kind, by the kind's name."""
        return {name: of_kind.ranks for name, of_kind in self.by_kind.items()}

    @cached_property
    def blank(self) -> Report:
        """What all reports by these standings have in common; on no claim, by nobody."""
        exercise, table = self.exercise, self.table
        return Report(
            grader_version=__version__,
            exercise=exercise.id,
            exercise_version=exercise.version,
            transformer=table.transformer,
            transformer_digest=table.digest,
            seed=table.seed,
            table=table.key,
            student=None,
            feedback=exercise.feedback,
            borderline=exercise.borderline,
            wanted={asked.name: asked.heads for asked in exercise.kinds},
            verdicts=(),
            points=0.0,
            possible=float(exercise.points),
            score=0.0,
            luck=1.0,
            kinds_confirmed=0,
            gradable=False,
            passed=False,
            xp=0,
        )

    @cached_property
    def blank_form(self) -> tuple[str, ...]:
        """Its canonical text; open is what differs from report to report."""
        return form(self.blank, *DIFFERENT)

    def passing(self, name: str) -> int:
        """How many heads are of this kind."""
        return self.by_kind[name].passing

    def finding(self, claim: Claim) -> KindVerdict | NotGraded:
        """What the claim comes to, its note and evidence aside, or why it cannot be measured."""
        about = (claim.name, claim.layer, claim.head)
        if (known := self._findings.get(about)) is not None:
            return known
        if claim.layer >= self.table.layers or claim.head >= self.table.heads:
            return NotGraded("no_such_head", f"{self.table.transformer} has no head {claim.place}")
        self._findings[about] = found = self._found(claim)
        return found

    @speaking("en")
    def _found(self, claim: Claim) -> KindVerdict | NotGraded:
        if (of_kind := self.by_kind.get(claim.name)) is None:
            return NotGraded("not_asked", f"{self.exercise.id} does not ask for {title(claim)}")
        bare = claim.model_copy(update={"note": None, "evidence": None})
        verdict = _verdict(bare, of_kind, self)
        return KindVerdict(
            (claim.name, claim.layer, claim.head),
            of_kind.asked,
            verdict,
            is_confirmed := verdict.outcome == "confirmed",
            points_each(of_kind.asked) if is_confirmed else 0.0,
            of_kind.passing / self.heads,
            form(bare, "evidence", "note"),
            form(verdict, "claim", "evidence", "points"),
        )


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
    return weigh(submission, exercise, standings or Standings(exercise, table), evidence or {})


def weigh(submission: Submission, exercise: Exercise, standings: Standings, evidence: Mapping[int, Evidence]) -> Report:
    """What `grade` returns, by standings that are kept; what goes in without being validated was so before."""
    weighed = list(_weighed(submission, exercise, standings, evidence))
    total = _total(submission, exercise, weighed)
    texts = {name: text(value) for name, value in total.items()}
    texts["verdicts"] = f"[{','.join(written for _, _, written in weighed)}]"
    whole = filled(standings.blank_form, (texts[name] for name in sorted(texts)))
    total["verdicts"] = tuple(verdict for _, verdict, _ in weighed)
    total["content_hash"] = sha256(whole.encode("ascii")).hexdigest()
    return standings.blank.model_copy(update=total)


def _weighed(
    submission: Submission, exercise: Exercise, standings: Standings, evidence: Mapping[int, Evidence]
) -> Iterator[WeighedClaim]:
    """Each claim, in their order."""
    earning: Counter[str] = Counter()
    seen: set[tuple[str, int, int]] = set()
    for number, claim in enumerate(submission.claims):
        found = standings.finding(claim)
        if isinstance(found, KindVerdict):
            if found.about in seen:
                found = NotGraded("repeated", "it repeats an earlier claim")
            elif len(seen) >= exercise.budget:
                found = NotGraded("over_budget", f"{exercise.id} grades {exercise.budget} claims at most")
        if isinstance(found, NotGraded):
            yield found, *found.on(claim)
            continue
        seen.add(found.about)
        kind, _, _ = found.about
        earning[kind] += found.is_confirmed
        worth = found.worth if earning[kind] <= found.asked.heads else 0.0
        yield found, *found.on(claim, worth, evidence.get(number))


def _verdict(bare: Claim, of_kind: KindStandings, standings: Standings) -> Verdict:
    place = (bare.layer, bare.head)
    found = of_kind[place]
    return Verdict(
        claim=bare,
        outcome="confirmed" if found.confirmed else "refuted",
        borderline=found.borderline,
        rationale=rationale(bare, found.confirmed, found.checks),
        measured=found.measured,
        threshold=found.checks,
        rank=of_kind.ranks[place],
        of=standings.heads,
        looks_like=None if found.confirmed else _lookalike(bare, standings),
        help="" if found.confirmed else (of_kind.asked.hint or bare.head_type.hint),
    )


def _lookalike(claim: Claim, standings: Standings) -> OtherKind | None:
    """The other kind that this head is, by how far it stands over that kind's threshold."""
    place = (claim.layer, claim.head)
    others = [
        (min(check.measured / max(check.at_least, 1e-9) for check in of_kind[place].checks), of_kind)
        for name, of_kind in standings.by_kind.items()
        if name != claim.name and of_kind.decided(*place)[0]
    ]
    if not others:
        return None
    _, of_kind = max(others, key=lambda other: other[0])
    return OtherKind(kind=of_kind.asked.kind, score=of_kind[place].measured.score, rank=of_kind.ranks[place])


def _total(submission: Submission, exercise: Exercise, weighed: Sequence[WeighedClaim]) -> dict[str, object]:
    """What is in the report besides its verdicts, where it differs from report to report."""
    graded = [found for found, _, _ in weighed if isinstance(found, KindVerdict)]
    confirmed = [found.about[0] for found in graded if found.is_confirmed]
    earned = fsum(verdict.points for _, verdict, _ in weighed)  # the same in every version of Python, as `sum` is not
    left = points(exercise, earned, len(graded) - len(confirmed))
    score = round(left / exercise.points, 4)
    chance = luck((found.chance for found in graded), len(confirmed))
    kinds = len(set(confirmed))
    by_skill = chance <= LUCK_LIMIT
    return {
        "student": submission.student,
        "gallery": submission.gallery,
        "gallery_name": submission.gallery_name,
        "feedback": exercise.feedback,
        "points": round(left, 4),
        "score": score,
        "luck": chance,
        "kinds_confirmed": kinds,
        "gradable": bool(graded),
        "passed": score >= exercise.pass_at and kinds >= exercise.kinds_needed and by_skill,
        "xp": round(earned) if by_skill else 0,
    }


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
    outcomes: dict[Outcome, str] = {"confirmed": N_("Confirmed."), "refuted": N_("Refuted.")}
    verdicts = tuple(
        verdict.model_copy(
            update=hidden | {"rationale": outcomes.get(verdict.outcome, verdict.rationale), "evidence": None}
        )
        for verdict in report.verdicts
    )
    return report.model_copy(update={"verdicts": verdicts if report.feedback == "verdicts" else ()})
