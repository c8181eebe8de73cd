from datetime import timedelta
from pathlib import Path

import pytest

from grader.gallery import entries
from grader.gallery.discretion import Discretion
from grader.ledger import LOCAL, Regrade
from grader.ledger.columns import written
from grader.schema import Report
from grader.students.offline import PREFIX
from grader.students.selection import Selection
from tests.gallery.planted import KEY, START, Class, claim, right


@pytest.fixture
def lesson(tmp_path: Path) -> Class:
    return Class(tmp_path)


def notes(lesson: Class) -> set[str]:
    return {exhibit.note for exhibit in lesson.exhibits()}


def test_the_newest_submission_decides_what_is_shown(lesson: Class) -> None:
    lesson.hand_in("ada", *right(0, "old"))
    lesson.hand_in("ada", *right(1, "new"))

    assert notes(lesson) == {"new"}


def test_handing_in_again_without_the_wish_takes_all_back(lesson: Class) -> None:
    lesson.hand_in("ada", *right(0, "old"))
    lesson.hand_in("bob", *right(0, "of another"))
    lesson.hand_in("ada", *right(1, "new"), gallery=False)

    assert notes(lesson) == {"of another"}


def test_a_regrade_changes_what_is_confirmed_and_not_who_is_shown(lesson: Class) -> None:
    lesson.hand_in("ada", *right(0, "mine"))
    entry = lesson.ledger.latest("ada", lesson.asked.id)
    assert entry is not None
    lost = entry.report.verdicts[0].model_copy(update={"outcome": "refuted"})
    after = entry.report.model_copy(
        update={"verdicts": (lost, *entry.report.verdicts[1:]), "gallery": False, "content_hash": "f" * 64}
    )
    lesson.ledger.append(after, regrade=Regrade(entry.id, "stricter"), when=START + timedelta(days=9))
    shown = lesson.exhibits()

    assert len(shown) == 4
    assert {exhibit.day for exhibit in shown} == {START.date()}


def test_luck_and_refuted_claims_are_not_shown(lesson: Class) -> None:
    wrong = claim().model_copy(update={"layer": 11, "head": 11, "note": "wrong"})
    lesson.hand_in("ada", *right(0, "right"), wrong)
    lucky = lesson.report("bob", right(1, "lucky")).model_copy(update={"xp": 0, "content_hash": "e" * 64})
    lesson.ledger.append(lucky)

    assert notes(lesson) == {"right"}


@pytest.mark.parametrize(
    ("feedback", "exhibits", "low"), [("all", 5, True), ("verdicts", 5, False), ("score", 0, False)]
)
def test_no_more_is_told_than_the_exercise_lets_students_know(
    lesson: Class, feedback: str, exhibits: int, low: bool
) -> None:
    report = lesson.report("ada", right()).model_copy(update={"feedback": feedback, "content_hash": "d" * 64})
    lesson.ledger.append(report)
    shown = lesson.exhibits()

    assert len(shown) == exhibits
    assert any(exhibit.low > 0 or exhibit.verdict.rank for exhibit in shown) == low


def test_an_id_stays_over_builds_and_submissions_and_needs_the_key(lesson: Class) -> None:
    lesson.hand_in("ada", *right(0, "old"))
    before = {exhibit.id: exhibit.place for exhibit in lesson.exhibits()}
    lesson.hand_in("ada", *right(0, "new"))
    lesson.hand_in("ada", *right(0, "elsewhere"), platform="campus")
    after = {exhibit.id for exhibit in lesson.exhibits()}
    found = list(entries.shown_submissions(lesson.ledger, lesson.asked.id, set()))
    other = {exhibit.id for exhibit in entries.exhibits(found, b"x" * 32, Discretion(()))}

    assert len(before) == 5
    assert set(before) < after
    assert len(after) == 10
    assert not after & other


def test_one_platform_alone_can_be_shown(lesson: Class) -> None:
    lesson.hand_in("ada", *right(0, "here"))
    lesson.hand_in("bob42", *right(0, "here"))
    lesson.hand_in("ada", *right(0, "there, with bob42"), platform="campus")

    assert {exhibit.note for exhibit in lesson.exhibits("campus")} == {"there, with [hidden]"}


def test_what_a_student_took_back_later_is_not_shown_for_an_earlier_time(lesson: Class) -> None:
    lesson.hand_in("ada", *right(0, "taken back"))
    lesson.hand_in("bob", *right(0, "stays"))
    lesson.hand_in("ada", *right(0, "taken back"), gallery=False)
    early = Selection(until=START + timedelta(hours=2))
    shown = list(entries.shown_submissions(lesson.ledger, lesson.asked.id, set(), early))

    assert [each.entry.report.student for each in shown] == ["bob"]


def test_the_best_evidenced_come_first_and_every_head_before_any_twice(lesson: Class) -> None:
    lesson.hand_in("ada", claim("induction", 1), claim("semantic", 0), claim("rare_token", 0))
    lesson.hand_in("bob", claim("induction", 0), claim("semantic", 0, evidence="seen here"), claim("rare_token", 0))
    lesson.hand_in("eve", claim("induction", 0), claim("semantic", 0), claim("rare_token", 1))
    order = [(each.kind.type, each.place, each.order) for each in entries.mixed(lesson.exhibits())]

    assert {each[0] for each in order[:3]} == {"induction", "semantic", "rare_token"}
    assert ("semantic", "L0H6", 2) in order[:3]  # seen in a sentence, so before the earlier one
    assert ("induction", "L0H2", 2) in order[:3]  # the better head
    assert [each[1] for each in order[3:5]] == ["L3H3", "L3H9"]
    assert len({each[1] for each in order[:5]}) == 5


def test_pseudonyms_are_for_those_who_choose_no_name(lesson: Class) -> None:
    lesson.hand_in("ada", *right(), gallery_name="Countess")
    lesson.hand_in("bob", *right())
    names = {exhibit.by for exhibit in lesson.exhibits()}
    submissions = entries.shown_submissions(lesson.ledger, lesson.asked.id, set())
    again = {exhibit.by for exhibit in entries.exhibits(submissions, KEY, Discretion(()))}

    assert "Countess" in names
    assert sum(name.startswith("student-") for name in names) == 1
    assert names == again


def through_queue(lesson: Class, student: str, submission_id: str, report: Report) -> None:
    """Insert the service's row for a submission with this id and its ledger entry."""
    (entry,) = [e for e in lesson.ledger.entries(student=student) if e.report.content_hash == report.content_hash]
    values = {"platform": LOCAL, "submission_id": submission_id, "student": student, "exercise": lesson.asked.id}
    fixed = {
        "digest": "d" * 64,
        "document": "",
        "state": "graded",
        "received_at": written(START),
        "credit": 1.0,
        "tries": 1,
    }
    rest = {"wake_at": "", "reason": "", "problems": "[]", "report": entry.id}
    row = values | fixed | rest
    with lesson.ledger.database.statements(write=True) as execute:
        execute(f"INSERT INTO submissions ({', '.join(row)}) VALUES (:{', :'.join(row)})", row)  # noqa: S608


def test_an_old_file_that_is_handed_in_again_through_a_queue_takes_all_back(lesson: Class) -> None:
    """The ledger has one entry for the same content, wherever it is among others."""
    without = lesson.hand_in("ada", *right(0, "shown"), gallery=False)
    shown = lesson.hand_in("ada", *right(0, "shown"))
    for number, report in enumerate((without, shown)):
        through_queue(lesson, "ada", str(number), report)
    before = notes(lesson)
    through_queue(lesson, "ada", "again", without)

    assert (before, notes(lesson)) == ({"shown"}, set())


def test_practice_that_was_handed_in_later_decides_nothing(lesson: Class) -> None:
    main = lesson.hand_in("ada", *right(0, "main"))
    practice = lesson.hand_in("ada", *right(1, "practice"), gallery=False)
    through_queue(lesson, "ada", "main", main)
    through_queue(lesson, "ada", f"{PREFIX}1", practice)

    assert notes(lesson) == {"main"}


def test_the_last_wish_counts_even_if_the_file_is_an_old_one(lesson: Class) -> None:
    reports = [lesson.report("ada", right(0, "mine"), gallery=wish) for wish in (False, True)]
    shown = []
    for report in (*reports, *reports, reports[1]):
        lesson.ledger.hand_in(report)
        shown.append(notes(lesson))

    assert shown == [set(), {"mine"}, set(), {"mine"}, {"mine"}]
    assert len(list(lesson.ledger.entries())) == 4


def test_nobody_takes_a_name_that_looks_like_anothers_or_like_a_pseudonym(lesson: Class) -> None:
    names = ["Tom", "tom", "T\u043em", "student-0123abcd", "\u0455tudent-0123abcd", "Student 0123abcd"]
    for number, (student, name) in enumerate(zip("abcdef", names, strict=True)):
        lesson.hand_in(student, *right(0, f"note {number}"), gallery_name=name)
    by = {exhibit.note: exhibit for exhibit in lesson.exhibits()}

    assert by["note 0"].by == "Tom"
    assert all(by[f"note {number}"].by == by[f"note {number}"].student for number in range(1, len(names)))
    assert all(exhibit.student != name for exhibit in by.values() for name in names)
