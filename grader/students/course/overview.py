"""The overview: each student's attempts, best score and last sign, who is stuck, and who never handed in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain

from pydantic import Field

from grader.base.numbers import percent
from grader.ledger import KnownStudent, Ledger
from grader.ledger.people.adjustments import Adjustments
from grader.schema import Exercise, Fraction, Record
from grader.schema.queue import PENDING
from grader.students.grades import Gradebook, GradedStudent
from grader.students.selection import Selection

STUCK_AFTER = 3
"""The attempts without a pass after which a student is stuck, if the last few did not raise the best score."""
WITHOUT_PROGRESS = 2
"""The last few of them."""
NEVER = "never handed in"
NOT_THEN = "handed in nothing in this time"


class StudentSeen(Record):
    """One student on one exercise; one who never handed in has a line without an exercise."""

    platform: str
    course: str = Field(description="As the platform named it, or the roster; empty if neither did.")
    section: str
    student: str
    name: str
    exercise: str = Field(description="Empty if nothing that could be read was handed in.")
    attempts: int = Field(ge=0, description="Different submissions that count.")
    rejected: int = Field(ge=0, description="Files that were not taken.")
    best: Fraction | None = Field(
        description="The score that counts, after lateness, or the one that an instructor set."
    )
    passed: bool
    last_seen: datetime | None
    stuck: str = Field(description="Why somebody should look at this student; empty if nobody need.")
    decided: str = Field(description="What an instructor decided for the student on the exercise.")


def seen(ledger: Ledger, exercise: Exercise, selection: Selection) -> list[StudentSeen]:
    """Return a line for each student who handed in to the exercise, or is on a roster."""
    students = Gradebook(ledger, exercise, selection).students()
    return _in_order(_line(graded, exercise.id, selection) for graded in students)


def seen_everywhere(ledger: Ledger, exercises: Iterable[Exercise], selection: Selection) -> list[StudentSeen]:
    """Return a line for each student and exercise; one without an exercise for who handed in nothing that can be read.

    Of a file that cannot be read, nobody may know for which exercise it was.
    """
    known = defaultdict[KnownStudent, list[StudentSeen]](list)
    others: dict[KnownStudent, StudentSeen] = {}
    for exercise in exercises:
        for graded in Gradebook(ledger, exercise, selection).students():
            line = _line(graded, exercise.id, selection)
            who = KnownStudent(line.platform, line.student)
            if _is_about(graded):
                known[who].append(line)
            else:
                others.setdefault(who, line.model_copy(update={"exercise": ""}))
    return _in_order([*chain(*known.values()), *(line for who, line in others.items() if who not in known)])


def _in_order(lines: Iterable[StudentSeen]) -> list[StudentSeen]:
    return sorted(lines, key=lambda line: (line.platform, line.course, line.section, line.student, line.exercise))


def _is_about(graded: GradedStudent) -> bool:
    """Return whether the student handed in something that is for this exercise, or anything was decided on it."""
    is_read = any(arrival.document is None or arrival.state in PENDING for arrival in graded.arrivals)
    return bool(graded.attempts or is_read or graded.decisions.made)


def _line(graded: GradedStudent, exercise: str, selection: Selection) -> StudentSeen:
    grade = graded.grade
    times = [*(each.came_at for each in graded.arrivals), *(each.last_at for each in graded.attempts)]
    return StudentSeen(
        platform=grade.platform,
        course=grade.course,
        section=grade.section,
        student=grade.student,
        name=grade.name,
        exercise=exercise,
        attempts=grade.attempts,
        rejected=sum(arrival.state == "rejected" for arrival in graded.arrivals),
        best=grade.score,
        passed=grade.passed is True,
        last_seen=max(times, default=None),
        stuck=next(_stuck(graded, NOT_THEN if selection.since or selection.until else NEVER), ""),
        decided=_in_short(graded.decisions),
    )


def _stuck(graded: GradedStudent, without_work: str) -> Iterator[str]:
    """Yield why somebody should look at the student; nobody need if an instructor excused them or set their score."""
    grade = graded.grade
    if grade.excused or graded.decisions.score is not None:
        return
    if grade.state == "nothing":
        yield without_work
    if grade.state == "rejected":
        codes = {each.code for arrival in graded.arrivals for each in arrival.problems}
        yield f"only rejected files: {', '.join(sorted(codes))}"
    scores = [each.report.score for each in graded.attempts if each.report.gradable]
    before, since = scores[:-WITHOUT_PROGRESS], scores[-WITHOUT_PROGRESS:]
    if not grade.passed and len(scores) >= STUCK_AFTER and max(since) <= max(before):
        yield f"no progress in the last {WITHOUT_PROGRESS} of {len(scores)} attempts"


def _in_short(made: Adjustments) -> str:
    """Return what was decided, in short."""
    parts = [
        "excused" if made.excused else "",
        f"due {made.due:%Y-%m-%d %H:%M %z}" if made.due else "",
        f"{made.more_attempts} more attempts" if made.more_attempts else "",
        f"score set to {percent(made.score)}" if made.score is not None else "",
    ]
    return ", ".join(filter(None, parts))
