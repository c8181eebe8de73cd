"""The overview: each student's attempts, best score and last sign, who is stuck, and who never handed in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from grader import exercises
from grader.base.errors import ExerciseError, InvalidInput
from grader.base.names import plain
from grader.base.numbers import percent
from grader.ledger import Ledger
from grader.ledger.people import adjustments, overview, rosters
from grader.ledger.people.adjustments import Adjustments, Whose
from grader.ledger.people.rosters import ListedStudent
from grader.schema import Fraction, Record
from grader.schema.queue import COUNTED
from grader.students.grades import Grade, Gradebook

STUCK_AFTER = 3
"""The attempts without a pass after which a student is stuck, if the last few did not raise the best score."""
WITHOUT_PROGRESS = 2
"""The last few of them."""
NEVER = "never handed in"


_Roster = Mapping[tuple[str, str], ListedStudent]


class Among(NamedTuple):
    """The students that are asked for; None is every one."""

    platform: str | None = None
    course: str | None = None
    section: str | None = None
    exercise: str | None = None


class StudentSeen(Record):
    """One student on one exercise; one who never handed in has a line without an exercise."""

    platform: str
    course: str = Field(description="As the platform named it last, or the roster; empty if neither did.")
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


@dataclass
class _Work:
    """One student's work on one exercise."""

    contents: set[str] = field(default_factory=set)
    reports: dict[str, float] = field(default_factory=dict)
    """The score of each gradable report, in order."""
    passed: bool = False
    rejected: int = 0
    others: int = 0
    """Submissions that were not rejected."""
    course: str = ""
    seen: datetime | None = None

    @property
    def attempts(self) -> int:
        return len(self.contents) if self.contents else len(self.reports)

    @property
    def is_without_progress(self) -> bool:
        """True if the student tries and gets no further."""
        scores = list(self.reports.values())
        before, since = scores[:-WITHOUT_PROGRESS], scores[-WITHOUT_PROGRESS:]
        return not self.passed and len(scores) >= STUCK_AFTER and max(since) <= max(before)


def seen(ledger: Ledger, among: Among = Among()) -> list[StudentSeen]:  # noqa: B008 - a tuple
    """Return a line for each student and exercise, by platform, course, section and name.

    Everybody on a roster who handed nothing in, to the exercise if one is asked for, has a line as well.
    """
    roster = {(each.platform, each.student): each for each in reversed(rosters.listed(ledger))}
    works, decided = _works(ledger, among), _decided(ledger)
    lines = [_line(whose, work, roster, decided) for whose, work in works.items()]
    lines = [line.model_copy(update={"stuck": ""}) if _reads_elsewhere(line, works) else line for line in lines]
    lines += _absent(among, works, roster, decided)
    lines = _as_graded(ledger, lines)
    wanted = [line for line in lines if _is_among(line, among)]
    return sorted(wanted, key=lambda line: (line.platform, line.course, line.section, line.student, line.exercise))


def _as_graded(ledger: Ledger, lines: Sequence[StudentSeen]) -> list[StudentSeen]:
    """Return the lines with each student's grade; of an exercise that is gone, nobody knows what counts."""
    grades: dict[tuple[str, str, str], Grade] = {}
    for name in {line.exercise for line in lines} - {""}:
        with suppress(ExerciseError, InvalidInput):
            for each in Gradebook(ledger, exercises.load(name)).students():
                grades[name, each.grade.platform, each.grade.student] = each.grade
    return [
        line.model_copy(update={"best": grade.score, "passed": grade.passed is True})
        if (grade := grades.get((line.exercise, line.platform, line.student)))
        else line
        for line in lines
    ]


def _line(whose: Whose, work: _Work, roster: _Roster, decided: Mapping[Whose, Adjustments]) -> StudentSeen:
    listed, made = roster.get(whose[:2]), decided.get(whose, Adjustments())
    return StudentSeen(
        platform=whose.platform,
        course=work.course or (listed.course if listed else ""),
        section=listed.section if listed else "",
        student=whose.student,
        name=listed.name if listed else "",
        exercise=whose.exercise,
        attempts=work.attempts,
        rejected=work.rejected,
        best=made.score if made.score is not None else max(work.reports.values(), default=None),
        passed=work.passed,
        last_seen=work.seen,
        stuck="" if made.excused else _stuck(work),
        decided=_in_short(made),
    )


def _absent(
    among: Among, works: Mapping[Whose, _Work], roster: _Roster, decided: Mapping[Whose, Adjustments]
) -> Iterator[StudentSeen]:
    present = {whose[:2] for whose in works}
    for each in roster.values():
        if (each.platform, each.student) not in present:
            made = decided.get(Whose(each.platform, each.student, among.exercise or ""), Adjustments())
            yield StudentSeen(
                platform=each.platform,
                course=each.course,
                section=each.section,
                student=each.student,
                name=each.name,
                exercise=among.exercise or "",
                attempts=0,
                rejected=0,
                best=made.score,
                passed=False,
                last_seen=None,
                stuck="" if made.excused else NEVER,
                decided=_in_short(made),
            )


def _reads_elsewhere(line: StudentSeen, works: Mapping[Whose, _Work]) -> bool:
    """Return whether the line is about unreadable files of a student who handed in others that are read."""
    others = (work.others for whose, work in works.items() if whose[:2] == (line.platform, line.student))
    return not line.exercise and any(others)


def _works(ledger: Ledger, among: Among) -> dict[Whose, _Work]:
    works: dict[Whose, _Work] = defaultdict(_Work)
    for came in overview.came_in(ledger, among.platform, among.exercise):
        work = works[Whose(came.platform, plain(came.student), came.exercise)]
        if came.content is not None and came.state in COUNTED:
            work.contents.add(came.content)
        work.rejected += came.state == "rejected"
        work.others += came.state != "rejected"
        work.course = came.course or work.course
        work.seen = max(work.seen or came.when, came.when)
    for entry in overview.scored(ledger, among.platform, among.exercise):
        work = works[Whose(entry.platform, plain(entry.student), entry.exercise)]
        if entry.gradable:
            work.reports[entry.identity] = max(work.reports.get(entry.identity, 0.0), entry.score)
        work.passed |= entry.passed
        work.others += 1
        work.seen = work.seen or entry.when
    return works


def _decided(ledger: Ledger) -> dict[Whose, Adjustments]:
    """Return what counts for each student for whom anything was decided."""
    whose = {each.whose for each in adjustments.kept(ledger) if each.undone_at is None}
    return {each: adjustments.adjustments(ledger, *each) for each in whose}


def _stuck(work: _Work) -> str:
    if work.rejected and not work.others:
        return "only rejected files"
    if work.is_without_progress:
        return f"no progress in the last {WITHOUT_PROGRESS} of {len(work.reports)} attempts"
    return ""


def _in_short(made: Adjustments) -> str:
    """Return what was decided, in short."""
    parts = [
        "excused" if made.excused else "",
        f"due {made.due:%Y-%m-%d %H:%M %z}" if made.due else "",
        f"{made.more_attempts} more attempts" if made.more_attempts else "",
        f"score set to {percent(made.score)}" if made.score is not None else "",
    ]
    return ", ".join(filter(None, parts))


def _is_among(line: StudentSeen, among: Among) -> bool:
    return all(
        wanted is None or wanted == given
        for wanted, given in (
            (among.platform, line.platform),
            (among.course, line.course),
            (among.section, line.section),
        )
    )
