"""Hints that cost XP, behind the door: paid once by the one who is signed in, and no more than `grade hint` tells."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from grader import exercises as loading
from grader.doors.web.pages.desk import signature
from grader.explorer.content import shown_hint
from grader.ledger.people.hints import taken
from grader.service.entrance.visitors import Visitor
from grader.service.worker import Worker
from grader.students import hints
from tests.doors.web.pages.visiting import FORM, Browser, signed_in
from tests.service import planted
from tests.support.door import Door, posted, token

DEAR, COST, KIND = "dear-heads", 5, "induction"
ALL = (
    *(f"{{layer: 0, head: {head}, type: positional, offset: -1}}" for head in range(2)),
    *(f"{{layer: 1, head: {head}, type: induction}}" for head in range(2)),
)
"""All planted heads."""
PAGE, API = f"/exercises/{DEAR}", f"/explore/{DEAR}/api/hints"


@pytest.fixture(autouse=True)
def dear(exercises: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The embedded transformer's exercise, with a price for each hint; write its file again to change it."""
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    return priced(exercises, COST)


def priced(root: Path, cost: int) -> Path:
    asked = loading.load("mini-heads").model_copy(update={"id": DEAR, "hint_costs": cost})
    file = root / DEAR / "exercise.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(asked.model_dump_json(exclude_none=True), "utf-8")
    return file


def owner(student: str = "ada", platform: str = "local") -> str:
    return signature(Visitor(platform, student, "student", None))


def asked(number: int, agreed: int = COST, whose: str | None = None) -> Mapping[str, Any]:
    return {"kind": KIND, "number": number, "agreed": agreed, "owner": whose or owner()}


def pressed(browser: Browser, number: int, agreed: int = COST, **headers: str) -> int:
    """Press the button of the page's form."""
    return browser.client.post(PAGE, data=asked(number, agreed), headers={**FORM, **headers}).status_code


def test_a_hint_is_what_the_command_tells_and_is_paid_once_however_often_it_is_asked_for(door: Door) -> None:
    ada = signed_in(door, "student", "ada")
    page = ada.get(f"/explore/{DEAR}/").text
    none = ada.ask(API, asked(0, 0)).json()
    with ThreadPoolExecutor(4) as tabs:  # each tab has seen no hint yet
        first = {ada_s.text for ada_s in tabs.map(lambda _: ada.ask(API, asked(1)), range(8))}
    second = ada.ask(API, asked(2)).json()
    again = ada.ask(API, asked(1)).json()
    exercise = loading.load(DEAR)
    kind = next(each for each in exercise.kinds if each.name == KIND)
    told = [json.loads(shown_hint(exercise, kind, rung).model_dump_json()) for rung in hints.rungs(exercise, kind)]

    assert (none["seen"], none["left"], none["cost"]) == ([], len(told), COST)
    assert len(first) == 1
    assert again["seen"] == told[:1]
    assert second["seen"] == told[:2]
    assert [hint.cost for hint in taken(door.ledger, ["ada"], "local")] == [COST, COST]
    assert not [line for hint in told for line in hint["lines"] if line in page]


def test_the_page_without_a_script_names_the_price_first(door: Door) -> None:
    ada = signed_in(door, "student", "ada")
    before = ada.get(PAGE).text
    in_doubt = ada.get(f"{PAGE}?hint={KIND}").text
    once = pressed(ada, 1)
    twice = pressed(ada, 1)
    after = ada.get(PAGE).text
    told = hints.rungs(loading.load(DEAR), next(each for each in loading.load(DEAR).kinds if each.name == KIND))

    assert f"for {COST} XP" in before
    assert "Take the hint" not in before
    assert f"This hint costs {COST} XP. Take it?" in in_doubt
    assert (once, twice) == (303, 303)
    assert len(taken(door.ledger, ["ada"])) == 1
    assert told[0].title not in before
    assert told[0].title in after
    assert told[1].title not in after


def test_a_price_that_was_not_agreed_to_is_not_taken(door: Door, exercises: Path) -> None:
    ada = signed_in(door, "student", "ada")
    for agreed in (0, COST - 1):
        assert ada.ask(API, asked(1, agreed)).json()["seen"] == []
    priced(exercises, COST + 1)
    risen = ada.ask(API, asked(1)).json()
    pressed(ada, 1)

    assert (risen["seen"], risen["cost"]) == ([], COST + 1)
    assert taken(door.ledger, ["ada"]) == []


def test_nobody_takes_a_hint_for_somebody_else(door: Door) -> None:
    ada, teacher = signed_in(door, "student", "ada"), signed_in(door, "instructor")
    eve = signed_in(door, "student", "ada", platform="canvas")
    refused = [
        ada.ask(API, asked(1, whose=owner("bob"))),  # a page that bob left open in this browser
        ada.ask(API, asked(1), Origin="https://evil.example"),
        teacher.ask(API, asked(1)),
        Browser(door).ask(API, asked(1)),
    ]
    forms = [
        pressed(ada, 1, Origin="https://evil.example"),
        pressed(ada, -1),
        pressed(eve, 1),
        pressed(Browser(door), 1),
        pressed(teacher, 1),
    ]
    eve.ask(API, asked(1, whose=owner(platform="canvas")))

    assert [answer.status_code for answer in refused] == [422, 403, 404, 401]
    assert forms == [403, 400, 422, 401, 404]
    assert taken(door.ledger, ["ada"], "local") == []
    assert len(taken(door.ledger, ["ada"], "canvas")) == 1
    assert (teacher.get(PAGE).status_code, Browser(door).get(PAGE).status_code) == (404, 401)


def test_the_price_is_taken_from_the_xp_on_that_platform_alone(door: Door, worker: Worker, exercises: Path) -> None:
    planted.write(exercises, hint_costs=COST)
    document = planted.document(claims="\n  - ".join(ALL) + "%s")
    door.post(posted("ada-1", submission=document))
    door.post(posted("eve-1", submission=document), shown=token(door.ledger, platform="canvas"))
    worker.work(1)
    worker.work(2)
    ada = signed_in(door, "student", "ada")
    before = door.get("/students/ada/progress").json()
    body = {**asked(1), "kind": "positional:-1"}
    assert ada.client.post(f"/exercises/{planted.ID}", data=body, headers=FORM).status_code == 303
    after = door.get("/students/ada/progress").json()
    elsewhere = door.get("/students/ada/progress", shown=token(door.ledger, platform="canvas")).json()

    assert after["xp"] == before["xp"] - COST > 0
    assert elsewhere["xp"] == before["xp"]
    assert "hint for positional:-1" in ada.get("/progress").text
