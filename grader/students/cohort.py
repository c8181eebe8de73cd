"""The cohort: the results of a whole class on one exercise, from the ledger."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from statistics import median

from pydantic import Field

from grader.grading.standings import Standings
from grader.ledger import LedgerEntry
from grader.schema import Claim, Exercise, Fraction, Kind, Record, Report

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
    attempts: int
    first_pass: int | None = Field(description="The first attempt that passed; null if none has.")
    best: Fraction = Field(description="The best score.")


class Cohort(Record):
    """A whole class on one exercise."""

    exercise: str
    students: int
    reports: int
    passed: int = Field(description="Students with an attempt that passed.")
    attempts_to_pass: float | None = Field(description="The median over the students who passed.")
    kinds: tuple[KindFound, ...]
    wrong_claims: tuple[WrongClaim, ...] = Field(description="Those that most students made come first.")
    is_measured: bool = Field(description="True if the heads' scores are kept here, so that `really` is known.")
    scores: tuple[int, ...] = Field(
        description="The number of students by best score: 0 to 10 %, 10 to 20 %, and so on."
    )
    lines: tuple[StudentLine, ...] = Field(description="By best score, best first.")


def cohort(
    exercise: Exercise,
    histories: Iterable[tuple[str, Sequence[LedgerEntry]]],
    named: Named,
    standings: Standings | None = None,
    most: int = 10,
) -> Cohort:
    """Return the class's results on the exercise, from its histories; list at most `most` wrong claims.

    The `standings` of the heads tell what a wrongly claimed head really is.
    """
    tally = _Tally()
    for platform, entries in histories:
        reports = _as_they_stand(exercise.id, entries)
        tally.add(named(platform, str(entries[0].report.student)), reports)
    lines = sorted(tally.lines, key=lambda line: (-line.best, line.attempts, line.name))
    passes = [line.first_pass for line in lines if line.first_pass is not None]
    bins = Counter(min(BINS - 1, int(line.best * BINS)) for line in lines)
    return Cohort(
        exercise=exercise.id,
        students=len(lines),
        reports=sum(line.attempts for line in lines),
        passed=len(passes),
        attempts_to_pass=float(median(passes)) if passes else None,
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
        self.confirmed: dict[str, list[int]] = defaultdict(list)  # kind -> heads of each student who has one
        self.refuted: Counter[str] = Counter()
        self.mistaken: dict[tuple[str, str], tuple[Claim, set[str]]] = {}

    def add(self, name: str, reports: Sequence[Report]) -> None:
        """Count one student's reports, which are in order."""
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
        first = next((number for number, report in enumerate(reports, 1) if report.passed), None)
        best = max((report.score for report in reports if report.gradable), default=0.0)
        self.lines.append(StudentLine(name=name, attempts=len(reports), first_pass=first, best=best))

    def of_kind(self, name: str, wanted: int) -> KindFound:
        """Return the counts for the kind."""
        counts = self.confirmed[name]
        complete = sum(heads >= wanted for heads in counts)
        return KindFound(kind=name, students=len(counts), complete=complete, wrong=self.refuted[name])

    def mistaken_by(self, most: int) -> list[tuple[Claim, set[str]]]:
        """Return the refuted claims that most students made, each with their names."""
        ordered = sorted(self.mistaken.items(), key=lambda item: (-len(item[1][1]), item[0]))[:most]
        return [claim_and_names for _, claim_and_names in ordered]


def _wrong_claim(claim: Claim, names: set[str], standings: Standings | None) -> WrongClaim:
    instead = standings.instead((claim.layer, claim.head)) if standings else None
    return WrongClaim(head=claim.place, kind=claim.name, students=len(names), really=instead.kind if instead else None)


def _as_they_stand(exercise: str, entries: Sequence[LedgerEntry]) -> list[Report]:
    """Return the student's newest report on each attempt at the exercise, in the order in which they came in.

    The same claims again are no new attempt, whatever the exercise's version; a report that shows only the score does
    not hold them.
    """
    standing: dict[object, Report] = {}
    for entry in {entry.submission: entry for entry in entries if entry.report.exercise == exercise}.values():
        claims = tuple(verdict.claim for verdict in entry.report.verdicts)
        standing[claims or entry.submission] = entry.report
    return list(standing.values())
