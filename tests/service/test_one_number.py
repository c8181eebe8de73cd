"""The score that counts is one number, whoever shows it: every view of the same ledger is compared."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa

from grader import exercises as catalogue
from grader.cli import outcome
from grader.exercises.changes import changed
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from grader.ledger.tables import REPORTS, SUBMISSIONS
from grader.report.formats import Format, Material, rendered
from grader.report.pages import cohort as cohort_page
from grader.report.text import effects, grades
from grader.schema import Exercise, Report
from grader.service import answers
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students import identity
from grader.students.cohort import cohort
from grader.students.grades import Gradebook
from grader.students.regrading import Regrading
from grader.students.xp import progress
from tests.service import planted
from tests.service.planted import CAME, document, envelope

ALL = "\n  - ".join(
    [
        "{layer: 0, head: 0, type: positional, offset: -1%s}",
        "{layer: 0, head: 1, type: positional, offset: -1}",
        "{layer: 1, head: 0, type: induction}",
        "{layer: 1, head: 1, type: induction}",
    ]
)
DAY = timedelta(days=1)
POLICY = {"due": (CAME + DAY).isoformat(), "late_days": 9, "late_costs": 0.2}
TOTAL = 60.0
COLUMN = grades.Column("Heads", TOTAL, "SIS Login ID")


class Views:
    """Every place that shows, or hands on, what student and submission have."""

    def __init__(self, ledger: Ledger, tables: Path, student: str, name: str) -> None:
        self.ledger, self.student, self.name = ledger, student, name
        self.exercise = catalogue.load(planted.ID)
        self.table = Laboratory(self.exercise, tables).kept_table

    def scores(self) -> dict[str, float | None]:
        """Return the score that counts by the name of the view, 0 to 1."""
        answer = answers.result(self.ledger, "local", self.name)
        assert answer
        assert answer.report
        material = Material(answer.report, self.exercise, total_points=TOTAL)
        graded = Gradebook(self.ledger, self.exercise, total=TOTAL).of("local", self.student)
        return {
            "stream": answer.score,
            "report": answer.report.score,
            "gradescope": json.loads(rendered(Format.gradescope, material))["score"] / TOTAL,
            "gradescope, extra data": json.loads(rendered(Format.gradescope, material))["extra_data"]["score"],
            "junit": self.junit(material),
            "json": json.loads(rendered(Format.json, material))["score"],
            "lti": graded.grade.score,
            "lti points": (graded.grade.points or 0.0) / TOTAL,
            **self.tables(),
            "cohort": self.cohort(),
            "whatif": self.whatif(),
            "whatif csv": self.whatif_csv(),
            "progress": self.history(),
        }

    def passes(self) -> dict[str, bool | None]:
        """Return whether it passes by the name of the view."""
        answer = answers.result(self.ledger, "local", self.name)
        assert answer
        (line,) = [line for line in self.class_().lines if line.name == self.student]
        return {
            "stream": answer.passed,
            "lti": Gradebook(self.ledger, self.exercise).of("local", self.student).grade.passed,
            "cohort": line.passed,
            "whatif": self.before().passed,
            "progress": self.progress().history[-1].passed,
        }

    def said(self) -> list[str]:
        """Return the views for people."""
        answer = answers.result(self.ledger, "local", self.name)
        assert answer
        assert answer.report
        material = Material(answer.report, self.exercise, to_file=True)
        book = [each.grade for each in Gradebook(self.ledger, self.exercise).students()]
        views = [
            outcome.summary(answer),
            rendered(Format.terminal, material),
            grades.text(book, self.exercise, TOTAL),
            cohort_page.text(self.class_()),
            cohort_page.html(self.class_(), self.exercise),
        ]
        return [view.replace("\N{NO-BREAK SPACE}", " ") for view in views]

    def tables(self) -> dict[str, float]:
        """Return the numbers in the files of grades."""
        book = [each.grade for each in Gradebook(self.ledger, self.exercise, total=TOTAL).students()]
        (line,) = [row for row in csv.DictReader(io.StringIO(grades.as_csv(book))) if row["student"] == self.student]
        canvas = csv.DictReader(io.StringIO(grades.as_canvas(book, COLUMN)))
        (for_canvas,) = [row for row in canvas if row["SIS Login ID"] == self.student]
        moodle = csv.reader(io.StringIO(grades.as_moodle(book, COLUMN)))
        (for_moodle,) = [row for row in moodle if row[0] == self.student]
        return {
            "csv": float(line["score"]),
            "csv points": float(line["points"]) / TOTAL,
            "canvas": float(for_canvas["Heads"]) / TOTAL,
            "moodle": float(for_moodle[1]) / TOTAL,
        }

    def junit(self, material: Material) -> float:
        tree = ElementTree.fromstring(rendered(Format.junit, material))  # noqa: S314 - our own
        properties = {each.get("name"): each.get("value") for each in tree.iter("property")}
        return float(properties["score"] or "nan")

    def class_(self) -> Any:  # noqa: ANN401 - a cohort
        students = Gradebook(self.ledger, self.exercise).students()
        return cohort(self.exercise, students, lambda _, student: student)

    def cohort(self) -> float | None:
        (line,) = [line for line in self.class_().lines if line.name == self.student]
        score: float | None = line.score
        return score

    def regrading(self, *settings: str) -> Regrading:
        after = changed(self.exercise, settings or ["induction.points=40"])
        return Regrading(after, self.table, stated=self.exercise)

    def before(self) -> Report:
        """The report that a change is compared with."""
        students = {each.student: each for each in self.regrading().effects(self.ledger)}
        return students[self.student].effects[-1].entry.report

    def whatif(self) -> float:
        return self.before().score

    def whatif_csv(self) -> float:
        table = effects.as_csv(list(self.regrading().effects(self.ledger)))
        rows = [row for row in csv.DictReader(io.StringIO(table)) if row["student"] == self.student]
        return float(rows[-1]["score_before"])

    def progress(self) -> Any:  # noqa: ANN401 - a student's progress
        return progress(identity.merged(identity.works(self.ledger, {self.student}), self.student))

    def history(self) -> float:
        score: float = self.progress().history[-1].score
        return score


@pytest.fixture
def late(exercises: Path) -> Exercise:
    """The planted exercise, with a deadline a day after `CAME`."""
    return planted.write(exercises, policy=POLICY)


def hand_in(reception: Reception, name: str, student: str, days: float, claims: str = ALL, **more: Any) -> None:  # noqa: ANN401
    came = {"came_at": CAME + days * DAY, "student": student}
    (receipt,) = reception.accept([envelope(name, submission=document(claims=claims), **came, **more)])
    assert receipt.state == "received"


def by_an_older_grader(ledger: Ledger) -> None:
    """Let the reports be those of a grader whose reports held no lateness, though it was in the row."""
    with ledger.database.connection(write=True) as connection:
        for number, text in connection.execute(sa.select(REPORTS.c.id, REPORTS.c.report)).all():
            old = Report.model_validate_json(text)
            whole = old.model_copy(update={"credit": 1.0, "score": round(old.points / old.possible, 4), "passed": True})
            kept = sa.update(REPORTS).where(REPORTS.c.id == number)
            connection.execute(kept.values(report=whole.model_dump_json()))


def different(views: Views, score: Any) -> dict[str, float | None]:  # noqa: ANN401 - a number, nearly
    """Return the views that have another score."""
    return {view: shown for view, shown in views.scores().items() if shown != score}


@pytest.mark.parametrize("is_old", [False, True])
@pytest.mark.usefixtures("late")
def test_every_view_has_the_score_that_lateness_leaves(
    reception: Reception, worker: Worker, ledger: Ledger, tables: Path, is_old: bool
) -> None:
    hand_in(reception, "s1", "ada", days=1.5)
    hand_in(reception, "s2", "bob", days=0)
    for job in (1, 2):
        worker.work(job)
    if is_old:
        by_an_older_grader(ledger)
    ada, bob = Views(ledger, tables, "ada", "s1"), Views(ledger, tables, "bob", "s2")

    assert different(ada, pytest.approx(0.8)) == {}
    assert different(bob, pytest.approx(1.0)) == {}
    assert [view for view in ada.said() if "80 %" not in view] == []


@pytest.mark.parametrize("is_old", [False, True])
def test_every_view_passes_by_the_same_score(
    exercises: Path, reception: Reception, worker: Worker, ledger: Ledger, tables: Path, is_old: bool
) -> None:
    planted.write(exercises, policy=POLICY, pass_at=0.9)
    hand_in(reception, "s1", "ada", days=1.5)
    worker.work(1)
    if is_old:
        by_an_older_grader(ledger)

    assert set(Views(ledger, tables, "ada", "s1").passes().values()) == {False}


@pytest.mark.usefixtures("late")
def test_a_copy_that_was_in_time_counts_in_every_view_before_it_is_graded(
    reception: Reception, worker: Worker, ledger: Ledger, tables: Path
) -> None:
    hand_in(reception, "s1", "ada", days=2.5)
    worker.work(1)
    views = Views(ledger, tables, "ada", "s1")
    assert different(views, pytest.approx(0.6)) == {}

    hand_in(reception, "s0", "ada", days=0.5)  # held up on its way

    assert different(views, pytest.approx(1.0)) == {}


@pytest.mark.usefixtures("late")
def test_every_view_has_the_new_score_after_a_regrade(
    exercises: Path, reception: Reception, worker: Worker, ledger: Ledger, tables: Path
) -> None:
    hand_in(reception, "s1", "ada", days=1.5, claims=ALL.rsplit("\n", 1)[0])
    worker.work(1)
    before = Views(ledger, tables, "ada", "s1")
    assert different(before, pytest.approx(25 / 30 * 0.8, abs=1e-4)) == {}

    asked = changed(before.exercise, ["induction.points=20"])
    regrading = Regrading(asked, before.table)
    list(regrading.apply(ledger, list(regrading.effects(ledger)), "more for induction"))
    first, second = planted.RULES["kinds"]
    planted.write(exercises, policy=POLICY, version=4, kinds=(first, {**second, "points": 20}))

    after = Views(ledger, tables, "ada", "s1")
    assert different(after, pytest.approx(0.6)) == {}


def test_rows_of_older_graders_have_no_course(
    ledger: Ledger, reception: Reception, worker: Worker, late: Exercise
) -> None:
    hand_in(reception, "s1", "ada", days=0)
    worker.work(1)
    with ledger.database.connection() as connection:
        assert connection.scalars(sa.select(SUBMISSIONS.c.course)).all() == [None]

    assert Gradebook(ledger, late).of("local", "ada").grade.course == ""
