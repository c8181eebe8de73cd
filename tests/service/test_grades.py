"""Grades from a ledger into which platforms handed in: which attempt counts, who is listed, and what is selected."""

import csv
import io
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from grader.base.errors import InvalidInput
from grader.exercises.changes import changed
from grader.grading.grade import grade
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from grader.ledger.handed_in import PREFIX
from grader.ledger.people import rosters
from grader.ledger.people.adjustments import Adjustments, Whose
from grader.ledger.people.rosters import ListedStudent, RosterLine
from grader.ledger.queue.deciding import deciding
from grader.report.text import grades as shown
from grader.report.text.grades import Column
from grader.schema import Adjustment, Exercise, Submission
from grader.service.adjusting import adjust
from grader.service.platforms import Platform
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students.cohort import cohort
from grader.students.grades import Grade, Gradebook
from grader.students.register import Register
from grader.students.regrading import Regrading
from grader.students.selection import Selection, moment
from tests.service import planted
from tests.service.planted import CAME, document, envelope

HOUR = timedelta(hours=1)
GOOD = "{layer: 0, head: 0, type: positional, offset: -1%s}\n  - {layer: 0, head: 1, type: positional, offset: -1}"
FAIR = "{layer: 0, head: 0, type: positional, offset: -1%s}"
BAD = "{layer: 3, head: 3, type: induction%s}"
UNREADABLE = "exercise: planted-heads\nclaims:\n  - {layer: none}\n"
COLUMN = Column("Heads", 100.0, "SIS Login ID")


def on_roster(platform: str, course: str, student: str, section: str = "", name: str = "") -> ListedStudent:
    """Return a line of a roster."""
    return ListedStudent(platform, course, student, section, name)


class Course:
    """The service with two platforms; each submission comes in an hour after the one before, and is graded at once."""

    def __init__(self, ledger: Ledger, worker: Worker, tables: Path, exercise: Exercise) -> None:
        self.ledger, self.worker, self.exercise, self.tables = ledger, worker, exercise, tables
        platforms = {name: Platform(name=name) for name in ("canvas", "moodle")}
        self.reception = Reception(ledger, platforms)
        self.number = 0

    def hand_in(self, student: str, claims: str = GOOD, text: str | None = None, **more: Any) -> None:  # noqa: ANN401
        self.number += 1
        name = more.pop("id", f"s{self.number}")
        values = {"platform": "canvas", "came_at": CAME + self.number * HOUR, "student": student, **more}
        self.reception.accept([envelope(name, submission=text or document(claims=claims), **values)])
        self.worker.work(self.number)

    def at_terminal(self, student: str) -> None:
        claims = ({"layer": 0, "head": 0, "type": "positional"},)
        submission = Submission.model_validate({"exercise": planted.ID, "student": student, "claims": claims})
        table = Laboratory(self.exercise, self.tables).kept_table
        self.ledger.append(grade(submission, self.exercise, table), when=CAME)

    def book(self, **selection: Any) -> list[Grade]:  # noqa: ANN401
        book = Gradebook(self.ledger, self.exercise, Selection(**selection), 100.0)
        return [student.grade for student in book.students()]

    def listed(self, **selection: Any) -> list[tuple[str, str]]:  # noqa: ANN401
        return [(grade.platform, grade.student) for grade in self.book(**selection)]

    def one(self, **selection: Any) -> Grade:  # noqa: ANN401
        (grade,) = self.book(**selection)
        return grade


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger to copy, which takes less time than to make one."""
    file = tmp_path_factory.mktemp("empty") / "ledger.sqlite3"
    Ledger(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    planted.measure(folder, planted.planted())
    return folder


@pytest.fixture
def ledger(empty: Path, tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{shutil.copy(empty, tmp_path)}") as opened:
        yield opened


@pytest.fixture
def course(ledger: Ledger, worker: Worker, tables: Path, exercises: Path) -> Course:
    return Course(ledger, worker, tables, planted.write(exercises))


def decided(**decisions: Any) -> Register:  # noqa: ANN401
    made = Adjustment(kind="excused", reason="was ill", made_at=CAME)
    return Register(decisions=lambda *_: Adjustments(**decisions, made=(made,)))


@pytest.mark.parametrize(
    ("counts", "submission", "score"), [("best", "s2", 0.6667), ("last", "s3", 0.0), ("first", "s1", 0.3333)]
)
def test_the_exercise_says_which_attempt_counts(
    course: Course, exercises: Path, counts: str, submission: str, score: float
) -> None:
    course.exercise = planted.write(exercises, policy={"counts": counts})
    for claims in (FAIR, GOOD, BAD):
        course.hand_in("ada", claims)
    result = course.one()

    assert (result.submission, result.score, result.attempts, result.counts) == (submission, score, 3, counts)
    assert result.points == pytest.approx(100 * score, abs=0.01)
    assert result.when == CAME + int(submission[1:]) * HOUR


def test_an_old_file_handed_in_again_is_the_last_attempt_and_no_new_one(course: Course, exercises: Path) -> None:
    course.exercise = planted.write(exercises, policy={"counts": "last"})
    for claims in (GOOD, BAD, GOOD):
        course.hand_in("ada", claims)

    assert (course.one().score, course.one().attempts) == (0.6667, 2)


@pytest.mark.parametrize(("counts", "score"), [("last", 0.0), ("first", 0.0), ("best", 0.6667)])
def test_work_of_a_terminal_that_comes_later_is_neither_the_last_nor_the_first_attempt(
    course: Course, exercises: Path, counts: str, score: float
) -> None:
    course.exercise = planted.write(exercises, policy={"counts": counts})
    course.hand_in("ada", BAD)
    course.hand_in("ada", GOOD, id=f"{PREFIX}{'a' * 40}")

    assert course.one().score == score


def test_what_could_not_be_decided_is_no_attempt_and_no_zero(course: Course) -> None:
    course.hand_in("ada", "{layer: 0, head: 0, type: duplicate_token%s}")
    result = course.one()

    assert (result.state, result.score, result.points, result.passed, result.attempts) == (
        "ungradable",
        None,
        None,
        None,
        0,
    )


def test_students_with_only_rejected_files_and_those_who_handed_in_nothing_are_listed(course: Course) -> None:
    course.hand_in("ada")
    course.hand_in("stuck", text=UNREADABLE)
    course.hand_in("lost", text="claims: [")
    course.hand_in("elsewhere", text=UNREADABLE.replace("planted-heads", "mini-heads"))
    course.hand_in("nobody", text="exercise: no-such\nclaims: []\n")
    register = Register((on_roster("canvas", "", "ada"), on_roster("canvas", "A", "absent", "red", "Ab Sent")))
    book = {grade.student: grade for grade in course.book(register=register)}

    assert {name: grade.state for name, grade in book.items()} == {
        "ada": "graded",
        "lost": "rejected",
        "nobody": "rejected",
        "stuck": "rejected",
        "absent": "nothing",
    }
    assert (book["stuck"].score, book["stuck"].attempts, book["stuck"].passed) == (None, 0, None)
    assert book["stuck"].note.startswith("`type` is missing in claims[0]")
    absent = book["absent"]
    assert (absent.course, absent.section, absent.name, absent.score) == ("A", "red", "Ab Sent", None)
    with deciding(course.ledger) as decision:
        made = Adjustment(kind="score", score=0.5, reason="on paper", made_at=CAME)
        decision.make(Whose("canvas", "oral", planted.ID), made, "teacher")
    assert {each.student: each.score for each in course.book()}["oral"] == 0.5, "on no roster, and with a score"


def test_what_waits_is_no_grade_yet(course: Course) -> None:
    course.reception.accept([envelope("s1", platform="canvas", submission=document(claims=GOOD))])

    assert (course.one().state, course.one().score, course.one().attempts) == ("waiting", None, 1)


def test_what_is_held_for_a_fault_of_its_exercise_is_no_file_that_never_came(course: Course, exercises: Path) -> None:
    file = exercises / planted.ID / "exercise.yaml"
    sound = file.read_text("utf-8")
    file.write_text("id: [", "utf-8")
    course.reception.accept([envelope("s1", platform="canvas", submission=document(claims=GOOD))])
    file.write_text(sound, "utf-8")

    assert (course.one().state, course.one().score, course.one().attempts) == ("waiting", None, 0)


def test_lateness_is_told_in_hours(course: Course, exercises: Path) -> None:
    policy = {"due": CAME.isoformat(), "late_days": 2, "late_costs": 0.25}
    course.exercise = planted.write(exercises, policy=policy)
    course.hand_in("ada", came_at=CAME + 30 * HOUR)
    course.at_terminal("bob")
    ada, bob = course.book()

    assert (ada.before_lateness, ada.credit, ada.score, ada.late_hours) == (0.6667, 0.5, 0.3333, 30.0)
    assert (bob.platform, bob.credit, bob.late_hours, bob.submission, bob.course) == ("local", 1.0, 0.0, "", "")


def test_decisions_come_before_what_was_measured(course: Course, exercises: Path) -> None:
    course.exercise = planted.write(exercises, policy={"due": CAME.isoformat(), "late_days": 2})
    course.hand_in("ada", came_at=CAME + HOUR)
    set_, excused, longer = (
        course.one(register=decided(**decision))
        for decision in ({"score": 0.95}, {"excused": True}, {"due": CAME + 2 * HOUR})
    )

    assert (set_.score, set_.points, set_.passed, set_.note) == (0.95, 95.0, True, "was ill")
    assert (excused.excused, excused.score, excused.points, excused.passed) == (True, None, None, None)
    assert longer.late_hours == 0.0


def test_the_ledgers_own_roster_and_decisions_count(course: Course) -> None:
    course.hand_in("ada", BAD, course="A")
    rosters.replace(course.ledger, "canvas", "A", [RosterLine("ada", "red"), RosterLine("eve", "blue")])
    decided_for = Whose("canvas", "ada", planted.ID)
    adjust(
        course.ledger, decided_for, Adjustment(kind="score", score=0.5, reason="oral", made_at=CAME), "an instructor"
    )
    book = course.book(register=Register(rosters.listed(course.ledger)), course="A")

    assert [(grade.student, grade.section, grade.state, grade.score, grade.note) for grade in book] == [
        ("ada", "red", "graded", 0.5, "oral"),
        ("eve", "blue", "nothing", None, ""),
    ]


def test_two_students_of_one_name_are_two_lines_and_share_nothing(course: Course, tables: Path) -> None:
    course.hand_in("ada", GOOD, platform="canvas")
    course.hand_in("ada", BAD, platform="moodle")
    book = course.book()
    effects = list(
        Regrading(changed(course.exercise, ["positional.points=10"]), kept(course, tables)).effects(course.ledger)
    )
    everyone = cohort(course.exercise, Gradebook(course.ledger, course.exercise).students(), "{1} ({0})".format)

    assert [(grade.platform, grade.student, grade.score) for grade in book] == [
        ("canvas", "ada", 0.6667),
        ("moodle", "ada", 0.0),
    ]
    assert [(effect.platform, effect.xp[0]) for effect in effects] == [("canvas", 20), ("moodle", 0)]
    assert [(line.name, line.platform, line.attempts) for line in everyone.lines] == [
        ("ada (canvas)", "canvas", 1),
        ("ada (moodle)", "moodle", 1),
    ]
    assert "ada (canvas)" in shown.text(book, course.exercise, 100.0)


def kept(course: Course, tables: Path) -> Any:  # noqa: ANN401 - a score table
    return Laboratory(course.exercise, tables).kept_table


def everywhere(lesson: Course, tables: Path, /, **selection: Any) -> list[list[str]]:  # noqa: ANN401
    """Return the students in each view of a selection."""
    chosen = Selection(**selection)
    students = Gradebook(lesson.ledger, lesson.exercise, chosen).students()
    regrading = Regrading(changed(lesson.exercise, ["wrong_costs=7"]), kept(lesson, tables))
    return [
        [grade.student for grade in lesson.book(**selection)],
        sorted(line.name for line in cohort(lesson.exercise, students, lambda _, student: student).lines),
        [effect.student for effect in regrading.effects(lesson.ledger, chosen)],
    ]


@pytest.mark.parametrize(
    ("selection", "students"),
    [
        ({}, ["ada", "bob", "tom", "eve"]),
        ({"platform": "moodle"}, ["eve"]),
        ({"course": "A"}, ["ada"]),
        ({"course": "B"}, ["bob", "eve"]),
        ({"platform": "canvas", "course": "B"}, ["bob"]),
        ({"section": "red"}, ["ada", "eve"]),
        ({"section": "red", "course": "B"}, ["eve"]),
        ({"since": CAME + 2 * HOUR}, ["bob", "eve"]),
        ({"until": CAME + 2 * HOUR}, ["ada", "tom"]),
        ({"since": CAME + HOUR, "until": CAME + 3 * HOUR}, ["ada", "bob"]),
    ],
    ids=str,
)
def test_every_view_of_many_students_takes_the_same_selection(
    course: Course, tables: Path, selection: dict[str, Any], students: list[str]
) -> None:
    course.hand_in("ada", course="A")
    course.hand_in("bob", course="B")
    course.hand_in("eve", course="B", platform="moodle")
    course.at_terminal("tom")
    roster = (
        on_roster("canvas", "A", "ada", "red"),
        on_roster("moodle", "B", "eve", "red"),
        on_roster("canvas", "B", "bob"),
    )
    if "section" in selection:
        selection = {**selection, "register": Register(roster)}

    assert everywhere(course, tables, **selection) == [students, sorted(students), students]


def test_a_student_in_two_courses_has_the_grade_of_each(course: Course) -> None:
    course.hand_in("ada", FAIR, course="A")
    course.hand_in("ada", GOOD, course="B")
    course.hand_in("ada", FAIR, course="B")
    grades = [course.one(course=name) for name in ("A", "B")]

    assert [(grade.course, grade.score, grade.submission, grade.attempts) for grade in grades] == [
        ("A", 0.3333, "s1", 1),
        ("B", 0.6667, "s2", 2),
    ]
    assert course.one().attempts == 2


@pytest.mark.parametrize(
    ("selection", "problem"),
    [
        ({"platform": "canvsa"}, "no submissions from platform canvsa; known: canvas; did you mean `canvas`?"),
        ({"course": "Bio"}, "nothing came from this course; known: Bio1; did you mean `Bio1`?"),
        ({"section": "red"}, "no roster says who is in a section"),
        ({"since": CAME, "until": CAME}, "it is not later than --since"),
    ],
    ids=str,
)
def test_a_misspelt_name_is_no_empty_class(course: Course, selection: dict[str, Any], problem: str) -> None:
    course.hand_in("ada", course="Bio1")

    with pytest.raises(InvalidInput) as caught:
        Selection(**selection).vet(course.ledger)
    assert problem in str(caught.value)


def test_a_day_begins_and_ends_by_the_clocks_of_the_exercise() -> None:
    assert moment("2026-12-24", "--since", "Asia/Seoul") == datetime(2026, 12, 23, 15, tzinfo=UTC)
    assert moment("2026-12-24", "--until", "Asia/Seoul", is_end=True) == datetime(2026, 12, 24, 15, tzinfo=UTC)
    assert moment("2026-12-24T18:00+01:00", "--until", is_end=True) == datetime(2026, 12, 24, 17, tzinfo=UTC)
    with pytest.raises(InvalidInput, match="is not a time"):
        moment("yesterday", "--since")
    for text in ("9999-12-31", "0001-01-01"):  # whose end, or whose beginning in this zone, is no time any more
        with pytest.raises(InvalidInput, match="is not a time"):
            moment(text, "--until", "Asia/Seoul", is_end=text > "2")


def test_more_students_than_are_read_at_a_time_are_each_listed_once(course: Course) -> None:
    course.reception.accept(
        [
            envelope(f"s{number}", platform="canvas", student=f"student {number:03}", submission=document(claims=GOOD))
            for number in range(120)
        ]
    )

    assert course.listed() == [("canvas", f"student {number:03}") for number in range(120)]
    assert course.listed(course="A") == []


def table(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("student", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\uff1d1"])
def test_no_name_is_a_formula_in_any_table(course: Course, student: str) -> None:
    course.hand_in("ada")
    names = {"student": student, "name": student, "section": student}
    book = [grade.model_copy(update=names) for grade in course.book()]
    tables = [shown.as_csv(book), shown.as_canvas(book, COLUMN), shown.as_moodle(book, COLUMN._replace(title=student))]

    for rows in map(table, tables):
        cells = [cell for row in rows for cell in row]
        assert [cell for cell in cells if cell.strip().startswith(("=", "+", "-", "@", "\uff1d"))] == []
        assert sum(student in cell for cell in cells) > 0


def test_canvas_gets_its_columns_and_no_empty_grade(course: Course) -> None:
    course.hand_in("ada", FAIR)
    course.hand_in("stuck", text=UNREADABLE)
    register = Register((on_roster("canvas", "A", "ada", "red", "Ada L."),))
    book = course.book(register=register)
    excused = book[0].model_copy(update={"student": "eve", "excused": True, "score": None, "points": None})

    assert table(shown.as_canvas([*book, excused], COLUMN)) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Heads"],
        ["    Points Possible", "", "", "", "", "100"],
        ["Ada L.", "", "", "ada", "red", "33.3333"],
        ["Ada L.", "", "", "eve", "red", "EX"],
    ]


def test_moodle_gets_an_id_and_a_grade(course: Course) -> None:
    course.hand_in("ada", FAIR)
    course.hand_in("stuck", text=UNREADABLE)

    assert table(shown.as_moodle(course.book(), Column("Heads", 100.0, "username"))) == [
        ["username", "Heads"],
        ["ada", "33.3333"],
    ]


@pytest.mark.parametrize(
    ("render", "column", "problem"),
    [
        (shown.as_canvas, COLUMN, "several platforms (canvas, moodle)"),
        (shown.as_moodle, COLUMN, "several platforms (canvas, moodle)"),
        (shown.as_canvas, COLUMN._replace(id_column="Login"), "Canvas finds students by"),
    ],
)
def test_a_table_that_would_reach_the_wrong_students_is_refused(
    course: Course, render: Callable[[list[Grade], Column], str], column: Column, problem: str
) -> None:
    course.hand_in("ada")
    course.hand_in("ada", platform="moodle")

    with pytest.raises(InvalidInput) as caught:
        render(course.book(), column)
    assert problem in str(caught.value)


def test_canvas_own_number_is_never_the_beginning_of_another_id(course: Course) -> None:
    course.hand_in("12b")

    with pytest.raises(InvalidInput, match="not a number"):
        shown.as_canvas(course.book(), COLUMN._replace(id_column="ID"))
