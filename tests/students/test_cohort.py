"""A class on planted tables: the kinds that students found, common mistakes, and the names that are shown."""

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.base.errors import GraderError
from grader.grading.grade import grade
from grader.grading.standings import Standings
from grader.ledger import Ledger, Regrade
from grader.report.pages import cohort as shown
from grader.students import pseudonyms
from grader.students.cohort import Cohort, cohort
from grader.students.grades import Gradebook
from tests.support.planted_tables import exercise, submission, table

RULE = exercise(pass_at=0.2, kinds_needed=1)
TABLE = table(RULE, {"positional:-1": {(0, 0): 0.9}, "induction": {(1, 1): 0.9}})
STANDINGS = Standings(RULE, TABLE)
RIGHT, OTHER = (0, 0, "positional"), (1, 1, "induction")
MISTAKEN = (0, 0, "induction")
NOTHING = (3, 3, "induction")


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as opened:
        yield opened


def hand_in(ledger: Ledger, student: str, *claims: tuple[int, int, str], platform: str = "local") -> int:
    handed_in = submission(*claims).model_copy(update={"student": student})
    return ledger.append(grade(handed_in, RULE, TABLE), platform).id


def seen(ledger: Ledger) -> Cohort:
    return cohort(
        RULE, Gradebook(ledger, RULE).students(), lambda platform, student: f"{student}@{platform}", STANDINGS
    )


def test_a_class_is_counted_by_student_not_by_report(ledger: Ledger) -> None:
    hand_in(ledger, "ada", MISTAKEN)
    hand_in(ledger, "ada", RIGHT, OTHER)
    hand_in(ledger, "ada", OTHER, RIGHT)
    hand_in(ledger, "bob", MISTAKEN, NOTHING)
    hand_in(ledger, "ada", NOTHING, platform="canvas")
    result = seen(ledger)

    assert (result.students, result.reports, result.passed, result.attempts_to_pass) == (3, 5, 1, 2.0)
    assert {kind.kind: (kind.students, kind.complete, kind.wrong) for kind in result.kinds} == {
        "positional:-1": (1, 0, 0),
        "induction": (1, 0, 4),
        "syntactic:verb_subject": (0, 0, 0),
    }
    assert [(line.name, line.attempts, line.first_pass) for line in result.lines] == [
        ("ada@local", 3, 2),
        ("ada@canvas", 1, None),
        ("bob@local", 1, None),
    ]
    assert sum(result.scores) == 3


def test_the_most_common_wrong_claims_say_what_the_heads_really_are(ledger: Ledger) -> None:
    for student in ("ada", "bob", "eve"):
        hand_in(ledger, student, MISTAKEN)
    hand_in(ledger, "bob", NOTHING)
    first, second = seen(ledger).wrong_claims

    assert (first.head, first.kind, first.students, first.really and first.really.name) == (
        "L0H0",
        "induction",
        3,
        "positional:-1",
    )
    assert (second.head, second.students, second.really) == ("L3H3", 1, None)


def test_where_no_head_is_measured_nothing_is_said_of_what_they_are(ledger: Ledger) -> None:
    hand_in(ledger, "ada", MISTAKEN)
    result = cohort(RULE, Gradebook(ledger, RULE).students(), lambda *_: "ada")

    assert result.wrong_claims[0].really is None
    for told in (shown.text(result), shown.html(result, RULE)):
        assert "unknown here; to measure, run: grade scan planted-heads" in told
        assert "none of the kinds" not in told


def test_a_regraded_report_counts_as_it_stands_now(ledger: Ledger) -> None:
    old = hand_in(ledger, "ada", MISTAKEN)
    better = grade(submission(RIGHT, OTHER), RULE, TABLE)
    ledger.append(better, regrade=Regrade(old, "appeal"))
    result = seen(ledger)

    assert (result.reports, result.passed, result.wrong_claims) == (1, 1, ())


def test_nobody_at_all_is_a_cohort_too(ledger: Ledger) -> None:
    result = seen(ledger)

    assert (result.students, result.attempts_to_pass, sum(result.scores)) == (0, None, 0)
    assert "0 students" in shown.text(result)


def test_the_page_and_the_text_tell_the_same_and_escape_names(ledger: Ledger) -> None:
    hand_in(ledger, "ada", RIGHT, OTHER)
    result = cohort(RULE, Gradebook(ledger, RULE).students(), lambda *_: "<b>ada</b>")
    page, text = shown.html(result, RULE), shown.text(result)

    assert "<b>ada" not in page
    assert "&lt;b&gt;ada&lt;/b&gt;" in page
    assert "<b>ada</b>" in text
    assert not re.search(r"(src|href)=", page)


def test_a_pseudonym_is_the_same_every_time_and_differs_by_platform_and_machine(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = pseudonyms.key()
    name = pseudonyms.pseudonym(key, "canvas", "ada@example.org")
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "elsewhere"))

    assert re.fullmatch(r"student-[0-9a-f]{8}", name)
    assert name == pseudonyms.pseudonym(key, "canvas", "ada@example.org")
    assert name != pseudonyms.pseudonym(key, "moodle", "ada@example.org")
    assert pseudonyms.key() != key
    assert stat.S_IMODE((tmp_path / "elsewhere" / pseudonyms.FILE).stat().st_mode) == 0o600


def test_a_key_that_cannot_be_read_is_an_error_that_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / pseudonyms.FILE).mkdir(parents=True)

    with pytest.raises(GraderError, match="cannot be read or created"):
        pseudonyms.key()
