"""A launch through the whole web door: from a course to a session, and from the page to a submission of that course."""

from pathlib import Path

import pytest

from grader.doors.web.pages.desk import signature
from grader.ledger.tables import METADATA
from grader.service.entrance.visitors import Visitor
from grader.service.platforms import Lti, Platform
from tests.doors.web.pages.visiting import Browser
from tests.service import planted
from tests.support.door import Door
from tests.support.lti.lms import EXERCISE, Lms
from tests.support.lti.world import cookie_of

MINI = "mini-heads"


def test_a_student_comes_from_a_course_and_hands_in_there(
    door: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_LTI_KEYS", str(tmp_path / "keys"))
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    with Lms("moodle", door.house.url) as lms:
        door.house.platforms["moodle"] = Platform(name="moodle", lti=Lti(**lms.registration))
        lms.students.add("ada")
        ada = Browser(door)
        begun = ada.client.post("/lti/login", data=lms.login("ada"))
        form = lms.authorize(begun.headers["location"])
        foreign = Browser(door).client.post("/lti/launch", data=form)
        launched = ada.client.post("/lti/launch", data=form, headers={"Cookie": cookie_of(begun)})
        again = ada.client.post("/lti/launch", data=form, headers={"Cookie": cookie_of(begun)})
    page = ada.get("/progress")
    claim = {"layer": 0, "head": 0, "type": "positional", "offset": -1}
    key = signature(Visitor("moodle", "ada", "student", "course-1")) + "k"
    ada.ask(f"/explore/{MINI}/api/hand-in", {"exercise": MINI, "claims": [claim], "key": key})
    (row,) = planted.rows(door.ledger).values()

    with door.ledger.database.snapshot() as connection:
        kept = str([connection.execute(table.select()).all() for table in METADATA.sorted_tables])

    assert "'ada'" in kept
    assert [secret for secret in ("Name of", "school.example") if secret in kept] == []
    assert (launched.status_code, launched.headers["location"]) == (303, f"/explore/{EXERCISE}/")
    assert (foreign.status_code, again.status_code) == (400, 400)
    assert page.status_code == 200
    assert page.headers["content-security-policy"].endswith(f"frame-ancestors {lms.url}")
    assert (row["platform"], row["student"], row["course"]) == ("moodle", "ada", "course-1")
