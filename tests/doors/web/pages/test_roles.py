"""Roles: which page somebody sees, as a table."""

import re
from pathlib import Path

import pytest

from grader.ledger.people import rosters
from grader.ledger.people.rosters import RosterLine
from grader.service.worker import Worker
from tests.doors.web.pages.visiting import Browser, signed_in
from tests.service import planted
from tests.support.door import Door, posted, token

PLATFORMS = "platforms: [{name: local}, {name: canvas}]\n"
VISITORS = {
    "nobody": None,
    "ada": ("student", "ada", {}),
    "bob": ("student", "bob", {}),
    "eve on canvas": ("student", "ada", {"platform": "canvas"}),
    "teacher": ("instructor", None, {}),
    "teacher of cs-1": ("instructor", None, {"course": "cs-1"}),
    "teacher on canvas": ("instructor", None, {"platform": "canvas"}),
    "operator": ("operator", None, {}),
}
COLUMNS = tuple(VISITORS)
NONE, GONE, SHOWN, INVALID = 401, 404, 200, 422
TEACHING = (NONE, GONE, GONE, GONE, SHOWN, SHOWN, SHOWN, SHOWN)
TEACHING_CS_1 = (NONE, GONE, GONE, GONE, SHOWN, SHOWN, INVALID, SHOWN)
TABLE = {
    "/": (NONE, *[SHOWN] * 7),
    "/progress": (NONE, SHOWN, SHOWN, SHOWN, *[GONE] * 4),
    "/reports/local/ada-1": (NONE, SHOWN, GONE, GONE, SHOWN, SHOWN, GONE, SHOWN),
    "/reports/local/bob-1": (NONE, GONE, SHOWN, GONE, SHOWN, GONE, GONE, SHOWN),
    "/reports/canvas/eve-1": (NONE, GONE, GONE, SHOWN, GONE, GONE, SHOWN, SHOWN),
    "/reports/local/none": (NONE, *[GONE] * 7),
    "/reports/none/ada-1": (NONE, *[GONE] * 7),
    "/teaching/planted-heads": TEACHING,
    "/teaching/planted-heads/cohort": TEACHING,
    "/teaching/planted-heads/calibration": TEACHING,
    "/teaching/planted-heads/grades.csv": TEACHING,
    "/teaching/planted-heads?section=a": TEACHING_CS_1,
    "/teaching/planted-heads?platform=canvas": (NONE, GONE, GONE, GONE, GONE, GONE, SHOWN, SHOWN),
    "/teaching/planted-heads?course=cs-2": (NONE, GONE, GONE, GONE, SHOWN, GONE, INVALID, SHOWN),
    "/exercises/planted-heads": (NONE, SHOWN, SHOWN, SHOWN, *[GONE] * 4),
    "/teaching/none": (NONE, *[GONE] * 7),
}


@pytest.fixture
def school(door: Door, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Three students: ada in cs-1 and bob in cs-2, and another ada on canvas; all graded, all heads measured."""
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    planted.measure(tmp_path / "home" / "tables", planted.planted())
    rosters.replace(door.ledger, "local", "cs-1", [RosterLine("ada", "a"), RosterLine("cleo", "b")])
    rosters.replace(door.ledger, "local", "cs-2", [RosterLine("bob", "c")])
    door.post(posted("ada-1", course="cs-1"))
    wrong = "{layer: 0, head: 3, type: positional, offset: -1%s}"
    door.post(posted("bob-1", student="bob", course="cs-2", submission=planted.document(claims=wrong)))
    door.post(posted("eve-1"), shown=token(door.ledger, platform="canvas"))
    worker.work(1)
    worker.work(2)
    worker.work(3)
    return door


def entered(door: Door, name: str) -> Browser:
    who = VISITORS[name]
    return Browser(door) if who is None else signed_in(door, who[0], who[1], **who[2])


def test_each_sees_what_is_theirs_and_nothing_else(school: Door) -> None:
    browsers = [entered(school, name) for name in VISITORS]
    seen = {path: tuple(browser.get(path).status_code for browser in browsers) for path in TABLE}

    assert seen == TABLE


def test_what_is_not_theirs_looks_like_what_does_not_exist(school: Door) -> None:
    ada = entered(school, "ada")
    pages = [ada.get(path) for path in ("/reports/local/bob-1", "/reports/local/none", "/teaching/planted-heads")]

    assert len({page.text for page in pages}) == 1


def test_a_teacher_sees_the_students_of_the_own_course_alone(school: Door) -> None:
    shown = {}
    for name in ("teacher", "teacher of cs-1", "teacher on canvas", "operator"):
        browser = entered(school, name)
        pages = [browser.get(f"/teaching/planted-heads{path}").text for path in ("", "/cohort", "/grades.csv")]
        shown[name] = [set(re.findall(r"[>,](ada|bob)[<, ]", page)) for page in pages]
    cohort = entered(school, "teacher of cs-1").get("/teaching/planted-heads/cohort").text

    assert shown == {
        "teacher": [{"ada", "bob"}] * 3,
        "teacher of cs-1": [{"ada"}] * 3,
        "teacher on canvas": [{"ada"}] * 3,
        "operator": [{"ada", "bob"}] * 3,
    }
    assert "L0H3" not in cohort
    assert "<dd>1</dd>" in cohort


def shown_in(browser: Browser, choice: str) -> list[set[str]]:
    """The students in the list of submissions, in the cohort and in the grades."""
    pages = [browser.get(f"/teaching/planted-heads{path}{choice}").text for path in ("", "/cohort", "/grades.csv")]
    return [set(re.findall(r"[>,](ada|bob|cleo)[<, ]", page)) for page in pages]


def test_a_teacher_narrows_what_they_see_as_on_the_command_line(school: Door) -> None:
    teacher = entered(school, "teacher")
    today = school.ledger.now().date().isoformat()

    assert shown_in(teacher, "?section=a") == [{"ada"}] * 3
    assert shown_in(teacher, "?section=b") == [set(), set(), {"cleo"}]  # who handed in nothing has a grade alone
    assert shown_in(teacher, "?course=cs-2") == [{"bob"}] * 3
    assert shown_in(teacher, f"?since={today}&course=cs-1&section=a") == [{"ada"}] * 3
    assert shown_in(teacher, "?until=2020-01-01")[0] == set()
    assert shown_in(entered(school, "operator"), "?platform=canvas")[0] == {"ada"}
    page = teacher.get(f"/teaching/planted-heads?section=a&since={today}").text
    assert f'/teaching/planted-heads/grades.csv?section=a&amp;since={today}"' in page
    assert '<option value="a" selected>' in page
    assert "Section: a" in teacher.get("/teaching/planted-heads/cohort?section=a").text


def test_a_choice_that_means_nothing_is_told_and_names_nothing_of_others(school: Door) -> None:
    for name, choice, said in (
        ("teacher", "section=z", "nobody is in this section"),
        ("teacher", "course=cs-3", "nothing came from this course"),
        ("teacher", "since=soon", "is not a time"),
        ("teacher", "until=9999-12-31", "is not a time"),
        ("teacher", "section=%3Cscript%3E%00&course=cs-1", "nobody is in this section"),
        ("operator", "platform=%3Cscript%3E", "no submissions from platform &lt;script&gt;"),
        ("teacher", "since=2026-02-02&until=2026-02-01", "so nothing is left"),
        ("operator", "platform=moodle", "no submissions from platform moodle"),
        ("teacher of cs-1", "section=c", "nobody is in this section"),  # which is a section of cs-2
    ):
        browser = entered(school, name)
        for path in ("", "/cohort", "/grades.csv"):
            answer = browser.get(f"/teaching/planted-heads{path}?{choice}")
            assert (answer.status_code, said in answer.text) == (422, True), (name, choice, path)
            assert "/reports/" not in answer.text
            assert "<script" not in answer.text
    own = entered(school, "teacher of cs-1").get("/teaching/planted-heads").text
    assert re.findall(r'<option value="(\w*)"', own) == ["", "a", "b"]


def test_pages_of_those_who_teach_are_in_the_language_of_the_browser(school: Door) -> None:
    teacher = entered(school, "teacher")
    for path in ("", "/cohort"):
        page = teacher.get(f"/teaching/planted-heads{path}", **{"Accept-Language": "ko"}).text
        assert '<html lang="ko">' in page
        left = set(re.findall(r">([A-Z][a-z]+(?: [a-z]+)+)<", page.partition("<body>")[2]))
        assert left == {"Planted heads"}, "a text that has no translation"


def test_a_students_own_page_has_all_that_was_handed_in(school: Door) -> None:
    ada = entered(school, "ada")
    mine, report = ada.get("/progress"), ada.get("/reports/local/ada-1")
    korean = ada.get("/progress", **{"Accept-Language": "ko"})

    assert 'href="/reports/local/ada-1"' in mine.text
    assert "bob-1" not in mine.text
    assert "eve-1" not in mine.text
    assert 'href="/progress"' in report.text
    assert 'lang="ko"' in korean.text


def test_a_submission_that_waits_or_is_rejected_says_so(school: Door) -> None:
    school.post(
        posted("bad", submission=planted.document(claims="{layer: 9, head: 0, type: positional, offset: -1%s}"))
    )
    school.post(posted("new", submission=planted.document("another note")))
    ada = entered(school, "ada")
    rejected, waits = ada.get("/reports/local/bad"), ada.get("/reports/local/new")

    assert (rejected.status_code, waits.status_code) == (200, 200)
    assert "L9H0 does not exist" in rejected.text
    assert "it will be graded" in waits.text
