"""Grades: the number that counts for each student on one exercise, the same in every view.

An attempt counts with the report that its submission has now, and with the best credit that the same content came in
with. The exercise says which attempt is the student's grade: the best, the last or the first. Every view of a score
that counts, and everything that hands one on, asks here.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Literal, NamedTuple

from pydantic import Field

from grader import exercises
from grader.base.errors import ExerciseError, InvalidInput
from grader.exercises.scoring import whole_score, worth
from grader.grading.grade import credited
from grader.ledger import Ledger, LedgerEntry
from grader.ledger.handed_in import PREFIX
from grader.ledger.history import Arrival, History
from grader.ledger.people.adjustments import Adjustments, students_decided_for
from grader.ledger.people.rosters import ListedStudent
from grader.ledger.queue.graded import best_credits
from grader.schema import Counts, Exercise, Fraction, Identifier, Record, Report
from grader.schema.queue import COUNTED, PENDING
from grader.students.selection import SelectedSubmission, Selection

GradeState = Literal["graded", "waiting", "ungradable", "failed", "rejected", "nothing"]
HOUR = 3600
"""Seconds."""
NAMED = re.compile(r"""(?:^|[{,])[ \t]*["']?exercise["']?[ \t]*:[ \t]*["']?([\w-]+)""", re.MULTILINE)
"""The exercise that a file names, found even where the rest of it cannot be read."""


class CountedAttempt(NamedTuple):
    """One attempt of a student: a content that was handed in, however often."""

    report: Report
    """The report as it stands, with the credit that counts."""
    entry: int
    """The id of its entry in the ledger."""
    submission: str
    """The platform's id of the submission that decided the credit; empty for one that was graded at a terminal."""
    course: str
    came_at: datetime
    """The time at which that submission came in."""
    first_at: datetime
    last_at: datetime
    is_offline: bool
    """True if it was graded at a terminal and handed in to a platform later."""


class Grade(Record):
    """The grade of one student on one exercise."""

    platform: Identifier
    course: str = Field(description="The course of the attempt that counts; empty if the platform named none.")
    section: str = Field(description="The section by the roster; empty if there is none.")
    student: str
    name: str = Field(description="The name by the roster; empty unless names are kept.")
    state: GradeState = Field(
        description="`waiting` if nothing is graded yet; `ungradable` if no claim could be decided; `failed` if we "
        "could not grade it; `rejected` if there are only rejected files; `nothing` if nothing was handed in."
    )
    counts: Counts = Field(description="The attempt that counts.")
    score: Fraction | None = Field(description="The score that counts, after lateness; null if there is none.")
    before_lateness: Fraction | None = Field(description="The score of the same attempt before lateness.")
    credit: Fraction | None = Field(description="The part of the score that lateness leaves.")
    points: float | None = Field(description="The score that counts in points.")
    passed: bool | None = Field(description="True if the attempt that counts passed, or any, if the best one counts.")
    excused: bool = Field(description="True if an instructor excused the student; then no score counts.")
    late_hours: float = Field(ge=0, description="Hours after the deadline at which the attempt came in.")
    attempts: int = Field(ge=0, description="Attempts used, those on their way included.")
    submission: str = Field(description="The platform's id of the submission; empty at a terminal.")
    entry: int | None = Field(description="The id of the report in the ledger.")
    when: datetime | None = Field(description="The time at which the submission came in.")
    note: str = Field(description="The reasons of decisions on this grade; else the reason why a file was rejected.")


class GradedStudent(NamedTuple):
    """One student's grade, with the attempts that it follows from."""

    grade: Grade
    attempts: list[CountedAttempt]
    """In the order in which they first came in."""
    arrivals: list[Arrival]
    """Everything of it that came from a platform, rejected files included."""
    decisions: Adjustments
    """The decisions of instructors."""


class Gradebook:
    """The grades of one exercise."""

    def __init__(
        self, ledger: Ledger, exercise: Exercise, selection: Selection | None = None, total: float | None = None
    ) -> None:
        """Only what is selected counts; a full score is worth `total` points, by default the exercise's own."""
        self.ledger, self.exercise, self.selection = ledger, exercise, selection or Selection()
        self.total = exercise.points if total is None else total

    def students(self) -> Iterator[GradedStudent]:
        """Yield each student who handed anything in, by platform and student, then those who did not.

        The latter are known from the roster, or by what was decided for them, which has no course and no time.
        """
        seen: set[tuple[str, str]] = set()
        for history in self.selection.histories(self.ledger, self.exercise.id):
            graded = self._graded(history)
            if not self._is_outside(graded):
                seen.add((history.platform, history.student))
                yield graded
        for entry in self.selection.register.roster:
            whose = (entry.platform, entry.student)
            if whose not in seen and self.selection.has(*whose) and self.selection.course in (None, entry.course):
                seen.add(whose)
                yield self._graded(History(*whose, [], []))
        if self.selection.course is None and self.selection.since is None and self.selection.until is None:
            for who in students_decided_for(self.ledger, self.exercise.id):
                if who not in seen and self.selection.has(*who):
                    yield self._graded(History(*who, [], []))

    def _is_outside(self, graded: GradedStudent) -> bool:
        """Return whether nothing of the student's work is selected; what an instructor decided has no time."""
        if graded.grade.state == "graded" and not graded.attempts:
            return self.selection.since is not None or self.selection.until is not None
        return graded.grade.state == "nothing"

    def of(self, platform: str, student: str) -> GradedStudent:
        """Return one student's grade."""
        found = self.ledger.histories(self.exercise.id, platform, student, self.selection.course)
        return self._graded(next(found, History(platform, student, [], [])))

    def _graded(self, history: History) -> GradedStudent:
        attempts = attempts_of(history, self.exercise, self.selection)
        arrivals = [each for each in history.arrivals if self._is_selected(each)]
        entries = self.selection.register.entries(history.platform, history.student)
        decisions = self.selection.register.decisions(self.ledger, history.platform, history.student, self.exercise.id)
        attempt = counting(attempts, self.exercise.policy.counts)
        course = _course(attempt, arrivals) or self.selection.course or (entries[0].course if entries else "")
        grade = Grade.model_validate(
            {
                "platform": history.platform,
                "student": history.student,
                "course": course,
                **_listed(entries, course),
                "counts": self.exercise.policy.counts,
                "state": _state(attempt, attempts, arrivals, decisions),
                "attempts": _used(attempts, arrivals),
                **self._numbers(attempt, attempts, decisions),
                "note": _note(attempt, arrivals, decisions),
            }
        )
        return GradedStudent(grade, attempts, arrivals, decisions)

    def _numbers(
        self, attempt: CountedAttempt | None, attempts: Sequence[CountedAttempt], decisions: Adjustments
    ) -> dict[str, object]:
        """Return the numbers of the attempt that counts, and those that an instructor set instead."""
        report = attempt.report if attempt else None
        score, points = (report.score, worth(report, self.total)) if report else (None, None)
        passed = _passed(attempt, attempts, self.exercise.policy.counts) if attempt else None
        if decisions.score is not None:
            score, points = decisions.score, round(decisions.score * self.total, 4)
            passed = score >= self.exercise.pass_at
        if decisions.excused:
            score = points = passed = None
        return {
            "score": score,
            "points": points,
            "passed": passed,
            "excused": decisions.excused,
            "before_lateness": whole_score(report) if report else None,
            "credit": report.credit if report else None,
            "late_hours": self._late_hours(attempt, decisions),
            "submission": attempt.submission if attempt else "",
            "entry": attempt.entry if attempt else None,
            "when": attempt.came_at if attempt else None,
        }

    def _late_hours(self, attempt: CountedAttempt | None, decisions: Adjustments) -> float:
        """Return the hours after the student's deadline; what is graded at a terminal is never late."""
        deadlines = [due for due in (self.exercise.policy.due, decisions.due) if due is not None]
        if attempt is None or not attempt.submission or not deadlines:
            return 0.0
        return max(0.0, round((attempt.came_at - max(deadlines)).total_seconds() / HOUR, 2))

    def _is_selected(self, arrival: Arrival) -> bool:
        return self.selection.takes(arrival.course, arrival.came_at) and self._is_for_it(arrival)

    def _is_for_it(self, arrival: Arrival) -> bool:
        """Return whether a file that could not be read was for this exercise, or for none that exists."""
        if arrival.document is None:
            return True
        named = NAMED.search(arrival.document)
        meant = named[1] if named else None
        return arrival.document != "" and (meant == self.exercise.id or meant not in self._known)

    @cached_property
    def _known(self) -> Mapping[str, object]:
        return exercises.available()


def counted(report: Report, exercise: Exercise | None, credit: float) -> Report:
    """Return the report with the credit that its submission has; reports of older graders do not hold it."""
    return credited(report, exercise, credit) if exercise else report


def counted_entries(ledger: Ledger, platform: str, student: str) -> Iterator[LedgerEntry]:
    """Yield the student's entries on all exercises, oldest first, with reports as they count."""
    best = best_credits(ledger, platform, student)
    for entry in ledger.entries(student=student, platform=platform):
        credit = best.get(entry.submission, entry.report.credit)
        if credit == entry.report.credit:
            yield entry
            continue
        with suppress(ExerciseError, InvalidInput):  # of an exercise that is gone, nobody knows when it is passed
            entry = entry._replace(report=counted(entry.report, exercises.load(entry.report.exercise), credit))
        yield entry


def standing(same: Sequence[SelectedSubmission], exercise: Exercise | None) -> Report:
    """Return the report on submissions with the same content, oldest first, as it stands and counts."""
    report = same[-1].standing.report
    each_credit = (arrival.credit for each in same for arrival in each.arrivals)
    return counted(report, exercise, max(each_credit, default=report.credit))


def attempts_of(history: History, exercise: Exercise, selection: Selection | None = None) -> list[CountedAttempt]:
    """Return the student's attempts at the exercise that are selected, in the order in which they first came in.

    The same claims again are no new attempt, whatever the exercise's version; a report that shows only the score does
    not hold them.
    """
    same: dict[object, list[SelectedSubmission]] = {}
    for submission in (selection or Selection()).submissions(history, exercise.id):
        claims = tuple(verdict.claim for verdict in submission.standing.report.verdicts)
        same.setdefault(claims or submission.standing.submission, []).append(submission)
    return sorted((_attempt(each, exercise) for each in same.values()), key=lambda attempt: attempt.first_at)


ORDERS: dict[Counts, Callable[[CountedAttempt], tuple[float, ...]]] = {
    "best": lambda attempt: (attempt.report.score, attempt.report.passed, -attempt.first_at.timestamp()),
    "last": lambda attempt: (not attempt.is_offline, attempt.last_at.timestamp()),
    "first": lambda attempt: (-attempt.first_at.timestamp(),),
}
"""The order in which the attempt that counts is the highest one."""


def counting(attempts: Sequence[CountedAttempt], counts: Counts) -> CountedAttempt | None:
    """Return the attempt that counts; None if no claim of any could be decided.

    Work that was graded at a terminal and handed in later is not the last attempt, if there is another one.
    """
    decided = [attempt for attempt in attempts if attempt.report.gradable]
    return max(decided, key=ORDERS[counts], default=None)


def _attempt(same: Sequence[SelectedSubmission], exercise: Exercise) -> CountedAttempt:
    """Return the attempt that consists of these submissions with the same content, oldest first."""
    report, arrivals = standing(same, exercise), [arrival for each in same for arrival in each.arrivals]
    decides = min(arrivals, key=lambda arrival: (-arrival.credit, arrival.came_at), default=None)
    times = [arrival.came_at for arrival in arrivals if not arrival.id.startswith(PREFIX)]
    is_offline = bool(arrivals) and not times
    times = times or [arrival.came_at for arrival in arrivals]
    times = times or [entry.created_at for each in same for entry in each.entries if entry.is_new]
    return CountedAttempt(
        report=report,
        entry=same[-1].standing.id,
        submission=decides.id if decides else "",
        course=decides.course if decides else "",
        came_at=decides.came_at if decides else same[0].entries[0].created_at,
        first_at=min(times),
        last_at=max(times),
        is_offline=is_offline,
    )


def _passed(attempt: CountedAttempt, attempts: Sequence[CountedAttempt], counts: Counts) -> bool:
    """Return whether the student passes: where the best attempt counts, a pass is never lost to a higher score."""
    return attempt.report.passed or (counts == "best" and any(each.report.passed for each in attempts))


def _state(
    attempt: CountedAttempt | None,
    attempts: Sequence[CountedAttempt],
    arrivals: Sequence[Arrival],
    decisions: Adjustments,
) -> GradeState:
    states = {arrival.state for arrival in arrivals}
    if attempt is not None or decisions.score is not None:
        return "graded"
    if states & {*PENDING}:
        return "waiting"
    if attempts:
        return "ungradable"
    return "failed" if "dead" in states else "rejected" if "rejected" in states else "nothing"


def _used(attempts: Sequence[CountedAttempt], arrivals: Sequence[Arrival]) -> int:
    """Return the number of attempts used: of different contents that came in and count, and of those at a terminal."""
    contents = {each.content for each in arrivals if each.state in COUNTED and each.content is not None}
    return len(contents) + sum(not attempt.submission and attempt.report.gradable for attempt in attempts)


def _course(attempt: CountedAttempt | None, arrivals: Sequence[Arrival]) -> str:
    return attempt.course if attempt else arrivals[-1].course if arrivals else ""


def _listed(entries: Sequence[ListedStudent], course: str) -> dict[str, str]:
    """Return section and name by the roster of the course, else by any."""
    first = min(entries, key=lambda entry: entry.course != course, default=None)
    return {"section": first.section if first else "", "name": first.name if first else ""}


def _note(attempt: CountedAttempt | None, arrivals: Sequence[Arrival], decisions: Adjustments) -> str:
    if decisions.made:
        return "; ".join(decision.reason for decision in decisions.made)
    rejected = [] if attempt else [each for each in arrivals if each.state == "rejected" and each.problems]
    return rejected[-1].problems[0].message if rejected else ""
