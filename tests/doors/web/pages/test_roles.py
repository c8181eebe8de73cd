"""Roles: which page somebody sees, as a table."""

from pathlib import Path

import pytest

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
NONE, GONE, SHOWN = 401, 404, 200
TEACHING = (NONE, GONE, GONE, GONE, SHOWN, SHOWN, SHOWN, SHOWN)
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
    "/teaching/none": (NONE, *[GONE] * 7),
}


@pytest.fixture
def school(door: Door, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Three students: ada in cs-1 and bob in cs-2, and another ada on canvas; all graded, all heads measured."""
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    planted.measure(tmp_path / "home" / "tables", planted.planted())
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
    shown = {
        name: {student for student in ("ada", "bob") if f">{student}" in entered(school, name).get(path).text}
        for name in ("teacher", "teacher of cs-1", "teacher on canvas", "operator")
        for path in ("/teaching/planted-heads", "/teaching/planted-heads/cohort")
    }
    cohort = entered(school, "teacher of cs-1").get("/teaching/planted-heads/cohort").text

    assert shown == {
        "teacher": {"ada", "bob"},
        "teacher of cs-1": {"ada"},
        "teacher on canvas": {"ada"},
        "operator": {"ada", "bob"},
    }
    assert "L0H3" not in cohort
    assert "<dd>1</dd>" in cohort


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
