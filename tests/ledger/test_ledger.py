"""The ledger keeps reports, each once, and regrades beside them."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import update

from grader.base.errors import LedgerError
from grader.ledger import Ledger, Regrade
from grader.ledger.tables import REPORTS
from tests.support.ledgers import sealed
from tests.support.postgres import BACKENDS, database

LATER = datetime(2026, 3, 2, 9, 30, tzinfo=timezone(timedelta(hours=9)))


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with database(request.param, tmp_path) as fresh:
        yield fresh


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger(url) as opened:
        yield opened


def test_a_report_comes_back_as_it_was_kept(ledger: Ledger, url: str) -> None:
    kept = ledger.append(sealed(1), when=LATER)

    assert kept.report == sealed(1)
    assert kept.created_at == LATER
    assert kept.created_at.tzinfo is UTC
    assert (kept.replaces, kept.reason) == (None, "")
    with Ledger(url) as again:
        assert list(again.entries()) == [kept]


def test_the_same_submission_is_kept_once(ledger: Ledger) -> None:
    first = ledger.append(sealed(1))

    assert ledger.append(sealed(1), when=LATER) == first
    assert ledger.find(sealed(1)) == first
    assert ledger.find(sealed(2)) is None
    assert list(ledger.entries()) == [first]


@pytest.mark.parametrize(
    "other", [{"student": "bob"}, {"exercise": "gpt2-heads"}, {"exercise_version": 2}, {"gallery": True}]
)
def test_another_submission_is_another_entry(ledger: Ledger, other: dict[str, object]) -> None:
    first = ledger.append(sealed(1))
    second = ledger.append(sealed(1, **other))

    assert list(ledger.entries()) == [first, second]


def test_the_same_name_on_two_platforms_is_two_students(ledger: Ledger) -> None:
    first, second = ledger.append(sealed(1), "canvas"), ledger.append(sealed(1), "moodle")

    assert first.id != second.id
    assert ledger.append(sealed(1), "canvas") == first
    assert list(ledger.entries("ada", platform="moodle")) == [second]
    assert ledger.latest("ada", "mini-heads") is None
    with pytest.raises(LedgerError, match="name the one to regrade"):
        ledger.append(sealed(2), "moodle", Regrade(first.id, "mistake"))


@pytest.mark.parametrize(
    ("lacking", "message"), [({"student": None}, "names no student"), ({"content_hash": ""}, "has no content hash")]
)
def test_a_report_that_cannot_be_told_from_others_is_refused(
    ledger: Ledger, lacking: dict[str, object], message: str
) -> None:
    with pytest.raises(LedgerError, match=message):
        ledger.append(sealed(1, **lacking))


def test_entries_are_found_by_student_and_exercise_over_many_pages(ledger: Ledger) -> None:
    for number in range(450):
        student = ("ada", "bob")[number % 2]
        ledger.append(sealed(number, student=student, exercise=("mini-heads", "gpt2-heads")[number % 3 == 0]))

    assert [entry.id for entry in ledger.entries()] == list(range(1, 451))
    assert len(list(ledger.entries("ada"))) == 225
    assert len(list(ledger.entries(exercise="gpt2-heads"))) == 150
    assert {e.report.student for e in ledger.entries("bob", "gpt2-heads")} == {"bob"}
    assert list(ledger.entries("eve")) == []


def test_a_regrade_names_what_it_replaces_and_happens_once(ledger: Ledger) -> None:
    old = ledger.append(sealed(1))
    newest = ledger.append(sealed(2))
    change = Regrade(old.id, "threshold 0.6 -> 0.5")
    new = ledger.append(sealed(3), regrade=change)

    assert (new.submission, new.replaces, new.reason) == (old.submission, old.id, "threshold 0.6 -> 0.5")
    assert ledger.append(sealed(3), regrade=change) == new
    assert ledger.append(sealed(1)) == new
    assert list(ledger.entries()) == [old, newest, new]
    assert ledger.latest("ada", "mini-heads") == newest
    with pytest.raises(LedgerError, match=f"entry {old.id} was regraded already, by entry {new.id}"):
        ledger.append(sealed(4), regrade=change)
    again = ledger.append(sealed(4), regrade=Regrade(new.id, "appeal"))
    assert ledger.find(sealed(3)) == again


def test_an_identical_resubmission_returns_the_regraded_report(ledger: Ledger) -> None:
    old = ledger.append(sealed(1))
    new = ledger.append(sealed(2), regrade=Regrade(old.id, "threshold 0.6 -> 0.5"))

    assert ledger.append(sealed(1)) == new
    assert ledger.append(sealed(2)) == new
    assert ledger.latest("ada", "mini-heads") == new
    assert ledger.latest("bob", "mini-heads") is None


@pytest.mark.parametrize("wrong", [{"student": "bob"}, {"exercise": "gpt2-heads"}])
def test_a_regrade_of_somebody_elses_entry_is_refused(ledger: Ledger, wrong: dict[str, object]) -> None:
    old = ledger.append(sealed(1))

    with pytest.raises(LedgerError, match="name the one to regrade"):
        ledger.append(sealed(2, **wrong), regrade=Regrade(old.id, "mistake"))
    with pytest.raises(LedgerError, match="entry 99 is missing"):
        ledger.append(sealed(2), regrade=Regrade(99, "mistake"))
    assert list(ledger.entries()) == [old]


def test_an_entry_of_another_time_is_an_error_that_names_it(ledger: Ledger) -> None:
    ledger.append(sealed(1))
    with ledger.database.connection(write=True) as connection:
        connection.execute(update(REPORTS).values(report='{"grader_version": "9.0.0"}'))

    with pytest.raises(LedgerError, match=r"entry 1 is not a report that grader .* can read \(Field required\)"):
        list(ledger.entries())


def test_reading_and_adding_up_the_ledger_needs_neither_torch_nor_numpy() -> None:
    check = (
        "import sys, grader.ledger, grader.students.xp; print({'torch', 'numpy', 'transformers'} & set(sys.modules))"
    )

    assert subprocess.check_output([sys.executable, "-c", check], text=True) == "set()\n"
