"""What students wrote leaves the ledger after a time; what it earned stays, and so does every count."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from grader.ledger import KnownStudent, Ledger
from grader.ledger.lti import line_items
from grader.ledger.lti.line_items import LaunchedItem
from grader.ledger.people import ageing, rosters
from grader.ledger.people.ageing import Aged
from grader.ledger.people.rosters import RosterLine
from grader.service import answers
from grader.service.dead import DeadLetters
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students.cohort import cohort
from grader.students.course.retention import silent_since, without_words
from grader.students.grades import Gradebook
from grader.students.xp import progress
from tests.service import planted
from tests.service.conftest import exercises, jobs, ledger, reception, tables, worker  # noqa: F401
from tests.service.planted import CAME, document, envelope, rows
from tests.support.postgres import BACKENDS, database

LATER = CAME + timedelta(days=90)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: SQLite, unless a test is about each kind."""
    with database(getattr(request, "param", "sqlite"), tmp_path) as fresh:
        yield fresh


def hand_in(reception: Reception, worker: Worker, name: str, note: str, when: datetime = CAME) -> None:  # noqa: F811
    (receipt,) = reception.accept([envelope(name, submission=document(note), came_at=when)])
    worker.work(receipt.job or 0)


@pytest.mark.parametrize("url", BACKENDS, indirect=True)
def test_words_go_and_everything_that_counts_stays(
    ledger: Ledger,  # noqa: F811
    reception: Reception,  # noqa: F811
    worker: Worker,  # noqa: F811
    exercises: Path,  # noqa: F811
) -> None:
    for name, note in (("a", "my own words"), ("b", "other words"), ("c", "my own words")):
        hand_in(reception, worker, name, note)
    hand_in(reception, worker, "new", "fresh words", LATER)
    DeadLetters(ledger).keep("intake:local", "1-0", "bad", {b"id": b"x"})
    asked = planted.planted()

    def counted() -> tuple[object, ...]:
        entries = list(ledger.entries())
        class_ = cohort(asked, Gradebook(ledger, asked).students(), lambda platform, student: student)
        results = [answers.result(ledger, "local", name) for name in ("a", "b", "c", "new")]
        told = [(each.score, each.passed, each.attempts_used, each.state) for each in results if each]
        return progress(entries), class_, told

    before, now = counted(), ledger.now()
    assert ageing.aged(ledger, CAME, without_words) == Aged(0, 0, 0)
    listed = ageing.aged(ledger, now, without_words)
    assert counted() == before

    assert ageing.forget(ledger, LATER, without_words) == Aged(3, 2, 0)
    assert [entry.report.verdicts[0].claim.note for entry in ledger.entries()][2] == "fresh words"
    assert listed == Aged(4, 3, 1)
    assert ageing.forget(ledger, ledger.now(), without_words) == Aged(1, 1, 1)
    assert counted() == before
    assert "words" not in repr((rows(ledger), [entry.report for entry in ledger.entries()]))
    assert ageing.forget(ledger, ledger.now(), without_words) == Aged(0, 0, 0)


def test_the_same_submission_again_is_still_the_same(
    ledger: Ledger,  # noqa: F811
    reception: Reception,  # noqa: F811
    worker: Worker,  # noqa: F811
    exercises: Path,  # noqa: F811
) -> None:
    hand_in(reception, worker, "a", "my own words")
    ageing.forget(ledger, ledger.now(), without_words)
    hand_in(reception, worker, "b", "my own words")

    assert len(list(ledger.entries())) == 1


def test_who_was_silent_for_long_is_named(ledger: Ledger, reception: Reception, worker: Worker) -> None:  # noqa: F811
    reception.accept([envelope("a"), envelope("b", student="bob", came_at=LATER)])

    assert list(silent_since(ledger, CAME)) == []
    assert list(silent_since(ledger, CAME + timedelta(days=1))) == [KnownStudent("local", "ada")]


def test_who_only_came_from_a_course_or_is_only_listed_is_heard_of_as_well(ledger: Ledger) -> None:  # noqa: F811
    place = LaunchedItem("canvas", "c1", planted.ID, "zoe", "https://canvas.example/1")
    line_items.keep(ledger, place)
    rosters.replace(ledger, "canvas", "c1", [RosterLine("max")])
    before, later = ledger.now() - timedelta(days=1), ledger.now() + timedelta(days=1)
    assert list(silent_since(ledger, before)) == []
    assert list(silent_since(ledger, later)) == [KnownStudent("canvas", "max"), KnownStudent("canvas", "zoe")]

    between = ledger.now()
    line_items.keep(ledger, place)  # she comes again
    assert list(silent_since(ledger, between)) == [KnownStudent("canvas", "max")]
