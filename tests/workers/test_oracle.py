"""The oracle of the chaos run sees every kind of fault."""

import random
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from grader.ledger import Ledger
from grader.ledger.database import FILE
from grader.ledger.queue.jobs import Jobs
from grader.ledger.tables import REPORTS, SUBMISSIONS
from grader.schema import Report
from grader.schema.queue import Envelope
from grader.service.laboratories import Laboratories
from grader.service.platforms import load
from grader.service.reception import Reception
from grader.service.worker import Worker
from tests.support.lti.lms import Grade, Lms
from tests.workers import oracle
from tests.workers.support import diary, practice
from tests.workers.support.crowd import Handed, Launch, crowd
from tests.workers.support.service import PLATFORM, laboratory

CROWD = crowd(30, 3, random.Random(0))  # noqa: S311
GRADED = [each for each in CROWD if each.fate == "graded"]
LAUNCHES = [Launch(each.student, each.course) for each in GRADED if each.course]
ROW, REPORT = SUBMISSIONS.c, REPORTS.c


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module")
def reports(tables: Path) -> dict[str, Report]:
    return oracle.expected(CROWD, tables)


@pytest.fixture(scope="module")
def graded(tables: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a ledger in which this process graded the crowd's submissions."""
    laboratory(tables)
    file, root = tmp_path_factory.mktemp("graded") / FILE, tmp_path_factory.mktemp("exercises")
    with pytest.MonkeyPatch.context() as patch, closing(Ledger(f"sqlite:///{file}")) as ledger:
        patch.setenv("GRADER_EXERCISES", practice.write(root))
        diary.begin(ledger)
        worker = Worker(ledger, Jobs(ledger, 60, 60), Laboratories(tables))
        for receipt in Reception(ledger, load(None)).accept([envelope(each) for each in CROWD]):
            if receipt.job is not None:
                worker.work(receipt.job)
    return file


@pytest.fixture
def ledger(graded: Path, tmp_path: Path) -> Iterator[Ledger]:
    """A copy of it."""
    with closing(Ledger(f"sqlite:///{shutil.copy(graded, tmp_path)}")) as copy:
        yield copy


def envelope(handed: Handed) -> Envelope:
    """Return the submission as it is handed in."""
    came_at = datetime(2026, 3, 1, tzinfo=UTC)
    return Envelope(platform=PLATFORM, id=handed.id, submission=handed.text, student=handed.student, came_at=came_at)


def found(ledger: Ledger, reports: dict[str, Report]) -> str:
    """Return all faults as text."""
    return "\n".join(oracle.faults(ledger, CROWD, reports))


def tamper(ledger: Ledger, *changes: sa.Executable) -> None:
    """Change the ledger's rows by hand."""
    with ledger.database.connection(write=True) as connection:
        for change in changes:
            connection.execute(change)


def test_nothing_is_wrong_where_nothing_is(ledger: Ledger, reports: dict[str, Report]) -> None:
    assert found(ledger, reports) == ""


def test_lost_submission(ledger: Ledger, reports: dict[str, Report]) -> None:
    tamper(ledger, sa.text("DELETE FROM deliveries"), sa.delete(SUBMISSIONS).where(ROW.submission_id == GRADED[0].id))

    assert f"{GRADED[0].id}: lost, not graded" in found(ledger, reports)


def test_submission_that_nobody_handed_in(ledger: Ledger, reports: dict[str, Report]) -> None:
    tamper(ledger, sa.update(SUBMISSIONS).where(ROW.submission_id == GRADED[0].id).values(submission_id="x"))

    assert "nobody handed in ['x']" in found(ledger, reports)


def test_submission_that_left_its_end(ledger: Ledger, reports: dict[str, Report]) -> None:
    theirs = sa.update(SUBMISSIONS).where(ROW.submission_id == GRADED[0].id)
    tamper(ledger, theirs.values(state="received"), theirs.values(state="graded"))

    assert "was graded and became received" in found(ledger, reports)


def test_another_report(ledger: Ledger, reports: dict[str, Report]) -> None:
    name = next(each.id for each in GRADED if reports[each.id].xp)
    poorer = reports[name].model_copy(update={"xp": 0})
    theirs = sa.select(ROW.report).where(ROW.submission_id == name).scalar_subquery()
    tamper(ledger, sa.update(REPORTS).where(REPORT.id == theirs).values(report=poorer.model_dump_json()))

    all_faults = found(ledger, reports)
    assert f"{name}: its report is another one" in all_faults


def test_doubled_report(ledger: Ledger, reports: dict[str, Report]) -> None:
    columns = [column for column in REPORT if column.name not in {"id", "first_of"}]
    again = sa.select(*columns).where(REPORT.id == 1)
    tamper(ledger, sa.insert(REPORTS).from_select([column.name for column in columns], again))

    assert ": 2 reports" in found(ledger, reports)


def test_missing_report_and_its_xp(ledger: Ledger, reports: dict[str, Report]) -> None:
    student = GRADED[0].student
    theirs = [each for each in GRADED if each.student == student]
    gone = sa.select(REPORT.id).where(REPORT.student == student).scalar_subquery()
    unlinked = sa.update(SUBMISSIONS).where(ROW.report.in_(gone)).values(report=None)
    tamper(ledger, unlinked, sa.delete(REPORTS).where(REPORT.student == student))

    all_faults = found(ledger, reports)
    assert all(f"{each.id}: its report is another one" in all_faults for each in theirs)
    assert f"{student}: 0 XP, not " in all_faults


@pytest.fixture
def lms(reports: dict[str, Report]) -> Iterator[Lms]:
    """A platform with a right gradebook."""
    with Lms() as lms:
        for each in sorted(GRADED, key=lambda each: reports[each.id].score):
            if each.course:
                tell(lms, each, reports[each.id].score)
        yield lms


def tell(lms: Lms, each: Handed, score: float, seconds: int = 0) -> None:
    """Let the platform be told this score of the submission's student, by default at the present second."""
    item = urlsplit(lms.line_item(each.course, practice.ID)).path
    when = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=len(lms.posts) + seconds)
    given = {"scoreGiven": round(100 * score, 4), "timestamp": when.isoformat()}
    lms.posts.append({"item": item, "userId": each.student, **given})
    lms.grades[item, each.student] = Grade(round(score, 6), when, when)


def mistold(lms: Lms, reports: dict[str, Report]) -> str:
    """Return all faults of the gradebook as text."""
    return "\n".join(oracle.mistold(CROWD, reports, LAUNCHES, lms))


def test_scores_that_are_as_they_should_be(lms: Lms, reports: dict[str, Report]) -> None:
    assert lms.grades
    assert mistold(lms, reports) == ""


def test_score_that_was_lost(lms: Lms, reports: dict[str, Report]) -> None:
    (item, student), grade = lms.grades.popitem()

    assert grade.part is not None
    assert f"{student} at {item}: None is in the gradebook, not " in mistold(lms, reports)


def test_score_of_somebody_else(lms: Lms, reports: dict[str, Report]) -> None:
    each = next(each for each in GRADED if each.course)
    tell(lms, each._replace(student="mallory"), reports[each.id].score)

    assert "mallory at " in mistold(lms, reports)


def test_scores_in_the_wrong_order(lms: Lms, reports: dict[str, Report]) -> None:
    best = max((each for each in GRADED if each.course), key=lambda each: reports[each.id].score)
    tell(lms, best, reports[best.id].score, seconds=-1000)

    assert f"{best.student} at " in mistold(lms, reports)
    assert " was told [" in mistold(lms, reports)


def test_score_that_nobody_earned(lms: Lms, reports: dict[str, Report]) -> None:
    each = next(each for each in GRADED if each.course)
    tell(lms, each, 0.123)

    assert "12.3 is in the gradebook, not " in mistold(lms, reports)
    assert "was told {12.3}" in mistold(lms, reports)
