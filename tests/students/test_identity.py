"""One student's work from this terminal and platforms, with each submission once."""

from datetime import timedelta
from pathlib import Path

import pytest

from grader.grading.grade import shown
from grader.grading.hashing import content_hash
from grader.ledger import KnownStudent, Ledger, LedgerEntry
from grader.schema import Report
from grader.students.identity import Work, merged, names, works
from grader.students.xp import progress
from tests.support.ledgers import START, refuted, report, verdict


def whole(*verdicts: object, **more: object) -> Report:
    """Return a report with the hash of its content."""
    made = report(*verdicts, **more)  # type: ignore[arg-type]
    return made.model_copy(update={"content_hash": content_hash(made)})


def work(*handed_in: tuple[str, Report]) -> list[Work]:
    """Return entries of these platforms, a minute apart."""
    return [
        Work(platform, LedgerEntry(number, f"s{number}", made, START + timedelta(minutes=number)))
        for number, (platform, made) in enumerate(handed_in, start=1)
    ]


FOUND = whole(verdict((5, 5)))


def test_the_same_report_from_here_and_from_a_platform_counts_once_as_it_came_first() -> None:
    merged_works = work(("local", FOUND), ("canvas", FOUND))

    assert merged(merged_works, "ada") == [merged_works[0].entry]


@pytest.mark.parametrize("feedback", ["all", "verdicts", "score"])
def test_it_counts_once_under_another_name_and_however_little_the_platform_tells(feedback: str) -> None:
    """The report with claims is kept: the score alone would hide which claims earned it."""
    here, there = (whole(verdict((5, 5)), student=name, feedback=feedback) for name in ("login", "ada"))
    entries = merged(work(("local", here), ("canvas", shown(there))), "ada")

    assert [entry.report for entry in entries] == [here.model_copy(update={"student": "ada"})]
    assert progress(entries).xp == 10


def test_what_a_platform_measured_takes_the_place_of_what_was_measured_here() -> None:
    claim = FOUND.verdicts[0].claim
    otherwise = whole(refuted((5, 5)).model_copy(update={"claim": claim}), passed=False)
    merged_works = work(("local", FOUND), ("canvas", otherwise), ("local", FOUND))
    entries = merged(merged_works, "ada")

    assert [(entry.id, entry.replaces, entry.reason) for entry in entries] == [
        (1, None, ""),
        (2, 1, "a platform measured it"),
    ]
    assert [line.xp_change for line in progress(entries).history] == [10, -10]


def test_another_version_of_the_exercise_and_other_claims_are_other_submissions() -> None:
    noted = verdict((5, 5)).model_copy(update={"claim": FOUND.verdicts[0].claim.model_copy(update={"note": "hm"})})
    others = [FOUND, whole(verdict((5, 5)), exercise_version=2), whole(noted), whole(verdict((5, 6)))]
    entries = merged(work(*(("local", each) for each in others)), "ada")

    assert [entry.id for entry in entries] == [1, 2, 3, 4]
    assert progress(entries).xp == 20


def test_a_regrade_follows_the_submission_that_it_is_about() -> None:
    merged_works = work(("local", FOUND), ("canvas", FOUND))
    again = LedgerEntry(3, "s2", whole(refuted((5, 5)), passed=False), START, 2, "appeal")
    entries = merged([*merged_works, Work("canvas", again)], "ada")

    assert [(entry.id, entry.replaces, entry.reason) for entry in entries] == [(1, None, ""), (3, 1, "appeal")]


@pytest.mark.parametrize(
    ("student", "students", "expected"),
    [
        ("ada", {"login", "ada"}, {"login", "ada"}),
        ("login", {"login", "ada"}, {"login", "ada"}),
        ("ada", {"ada"}, {"login", "ada"}),
        ("ada", {"login", "ada", "bob"}, {"ada"}),
        ("login", {"login", "ada", "bob"}, {"login"}),
        ("bob", {"login", "ada"}, {"bob"}),
        ("login", set(), {"login"}),
    ],
)
def test_unnamed_work_is_that_of_the_only_one_who_is_named(
    student: str, students: set[str], expected: set[str]
) -> None:
    assert names(student, "login", students) == expected


def test_works_come_from_every_platform_in_the_order_of_the_ledger(tmp_path: Path) -> None:
    reports = [whole(verdict((5, head)), student=name) for head, name in enumerate(("ada", "bob", "ada", "login"))]
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        for platform, made in zip(("canvas", "canvas", "local", "local"), reports, strict=True):
            ledger.append(made, platform)
        everybody, merged_works = ledger.students(), works(ledger, {"ada", "login"})

    assert everybody == {
        KnownStudent("canvas", "ada"),
        KnownStudent("canvas", "bob"),
        KnownStudent("local", "ada"),
        KnownStudent("local", "login"),
    }
    assert [(each.platform, each.entry.report) for each in merged_works] == [
        ("canvas", reports[0]),
        ("local", reports[2]),
        ("local", reports[3]),
    ]
