"""The cohort: the results of a whole class on one exercise, from the ledger."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from statistics import median

from pydantic import Field

from grader.grading.standings import Standings
from grader.schema import Claim, Counts, Exercise, Fraction, Kind, Record, Report
from grader.students.grades import GradedStudent

BINS = 10
"""Of the distribution of scores, each a tenth wide; a full score is in the last one."""

Named = Callable[[str, str], str]
"""A function from platform and student to the name that is shown."""


class KindFound(Record):
    """One kind of the exercise, with the number of students who found it."""

    kind: str
    students: int = Field(description="Students who confirmed a head of it.")
    complete: int = Field(description="Students who confirmed as many heads as the exercise wants.")
    wrong: int = Field(description="Refuted claims of it.")


class WrongClaim(Record):
    """A refuted claim, with the kind that the head really is."""

    head: str
    kind: str
    students: int
    really: Kind | None = Field(description="Another kind that the head is; null if it is none, or if that is unknown.")


class StudentLine(Record):
    """One student."""

    name: str
    platform: str
    attempts: int
    first_pass: int | None = Field(description="The first attempt that passed; null if none has.")
    passed: bool | None = Field(description="True if the student passes; null if there is no grade.")
    score: Fraction | None = Field(description="The score that counts; null if there is none.")


class Cohort(Record):
    """A whole class on one exercise."""

    exercise: str
    students: int
    reports: int
    passed: int = Field(description="Students who pass by the attempt that counts.")
    attempts_to_pass: float | None = Field(description="The median over the students with an attempt that passed.")
    counts: Counts = Field(description="The attempt whose score counts.")
    kinds: tuple[KindFound, ...]
    wrong_claims: tuple[WrongClaim, ...] = Field(description="Those that most students made come first.")
    is_measured: bool = Field(description="True if the heads' scores are kept here, so that `really` is known.")
    scores: tuple[int, ...] = Field(
        description="The number of students by the score that counts: 0 to 10 %, 10 to 20 %, and so on."
    )
    lines: tuple[StudentLine, ...] = Field(description="By the score that counts, best first.")


def cohort(
    exercise: Exercise,
    students: Iterable[GradedStudent],
    named: Named,
    standings: Standings | None = None,
    most: int = 10,
) -> Cohort:
    """Return the class's results on the exercise; list at most `most` wrong claims. Only who has a report counts.

    The `standings` of the heads tell what a wrongly claimed head really is.
    """
    tally = _Tally()
    for student in students:
        if student.attempts:
            tally.add(named(student.grade.platform, student.grade.student), student)
    lines = sorted(tally.lines, key=_best_first)
    passes = [line.first_pass for line in lines if line.first_pass is not None]
    bins = Counter(min(BINS - 1, int(line.score * BINS)) for line in lines if line.score is not None)
    return Cohort(
        exercise=exercise.id,
        students=len(lines),
        reports=tally.reports,
        passed=sum(line.passed is True for line in lines),
        attempts_to_pass=float(median(passes)) if passes else None,
        counts=exercise.policy.counts,
        kinds=tuple(tally.of_kind(kind.name, kind.heads) for kind in exercise.kinds),
        wrong_claims=tuple(_wrong_claim(claim, names, standings) for claim, names in tally.mistaken_by(most)),
        is_measured=standings is not None,
        scores=tuple(bins[number] for number in range(BINS)),
        lines=tuple(lines),
    )


class _Tally:
    """The counts so far."""

    def __init__(self) -> None:
        self.lines: list[StudentLine] = []
        self.reports = 0
        self.confirmed: dict[str, list[int]] = defaultdict(list)  # kind -> heads of each student who has one
        self.refuted: Counter[str] = Counter()
        self.mistaken: dict[tuple[str, str], tuple[Claim, set[str]]] = {}

    def add(self, name: str, student: GradedStudent) -> None:
        """Count one student."""
        reports = [attempt.report for attempt in student.attempts]
        self.reports += len(reports)
        self._add_claims(name, reports)
        decided = (report for report in reports if report.gradable)
        first = next((number for number, report in enumerate(decided, 1) if report.passed), None)
        grade = student.grade
        line = {"attempts": grade.attempts, "first_pass": first, "passed": grade.passed, "score": grade.score}
        self.lines.append(StudentLine.model_validate({"name": name, "platform": grade.platform, **line}))

    def _add_claims(self, name: str, reports: Iterable[Report]) -> None:
        heads: dict[str, set[str]] = defaultdict(set)
        for report in reports:
            for verdict in report.verdicts:
                claim = verdict.claim
                if verdict.outcome == "confirmed":
                    heads[claim.name].add(claim.place)
                elif verdict.outcome == "refuted":
                    self.refuted[claim.name] += 1
                    self.mistaken.setdefault((claim.place, claim.name), (claim, set()))[1].add(name)
        for kind, places in heads.items():
            self.confirmed[kind].append(len(places))

    def of_kind(self, name: str, wanted: int) -> KindFound:
        """Return the counts for the kind."""
        counts = self.confirmed[name]
        complete = sum(heads >= wanted for heads in counts)
        return KindFound(kind=name, students=len(counts), complete=complete, wrong=self.refuted[name])

    def mistaken_by(self, most: int) -> list[tuple[Claim, set[str]]]:
        """Return the refuted claims that most students made, each with their names."""
        ordered = sorted(self.mistaken.items(), key=lambda item: (-len(item[1][1]), item[0]))[:most]
        return [claim_and_names for _, claim_and_names in ordered]


def _best_first(line: StudentLine) -> tuple[float, int, str]:
    """Return the key that sorts the best score first, and students without a score last."""
    return (1.0 if line.score is None else -line.score, line.attempts, line.name)


def _wrong_claim(claim: Claim, names: set[str], standings: Standings | None) -> WrongClaim:
    instead = standings.instead((claim.layer, claim.head)) if standings else None
    return WrongClaim(head=claim.place, kind=claim.name, students=len(names), really=instead.kind if instead else None)
