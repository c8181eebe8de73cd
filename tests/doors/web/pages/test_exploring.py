"""The explorer behind the door: claims on the page become a submission of the visitor, once."""

import asyncio
import json
import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from grader.doors.web.pages.desk import signature
from grader.explorer.serving.turns import Busy, Turnstile
from grader.service.entrance.visitors import Visitor
from grader.service.worker import Worker
from tests.doors.web.pages.visiting import Browser, signed_in
from tests.service import planted
from tests.support.door import Door
from tests.support.tiny import saved

MINI = "mini-heads"
HAND_IN = f"/explore/{MINI}/api/hand-in"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))


def draft(key: str, student: str = "ada", course: str | None = None, **more: object) -> Mapping[str, object]:
    """What the page of this student sends, opened from this course."""
    owner = signature(Visitor("local", student, "student", course))
    claim = {"layer": 0, "head": 0, "type": "positional", "offset": -1, "note": "dark left of the diagonal"}
    return {"exercise": MINI, "claims": [claim], "key": owner + key, **more}


def given(browser: Browser) -> dict[str, object]:
    """What the page knows when it opens."""
    text = browser.get(f"/explore/{MINI}/").text
    return dict(json.loads(text.partition('id="given">')[2].partition("</script>")[0])["source"])


def test_claims_are_handed_in_once_graded_and_shown(door: Door, worker: Worker) -> None:
    ada = signed_in(door, "student", "ada", course="cs-101")
    source = given(ada)
    script = ada.get(f"/explore/{MINI}/{source['script']}")
    first, same = (ada.ask(HAND_IN, draft("k1", course="cs-101", more={"student": "bob"})).json() for _ in range(2))
    row = next(iter(planted.rows(door.ledger).values()))
    worker.work(1)
    shown = ada.ask(HAND_IN, draft("k1", course="cs-101")).json()
    assert "page" in shown, shown
    report = ada.get(shown["page"])

    assert (source["kind"], source["grades"]) == ("browser", True)
    assert script.text.startswith("globalThis.explorerTransformer=")
    assert first == same == {"waits": "stored; it will be graded"}
    assert len(planted.rows(door.ledger)) == 1
    assert (row["platform"], row["student"], row["course"]) == ("local", "ada", "cs-101")
    assert [each["headline"] for each in shown["verdicts"]]
    assert report.status_code == 200
    assert "dark left of the diagonal" in report.text


def test_what_is_the_same_for_everybody_is_sent_once_and_what_is_a_students_is_not_kept(door: Door) -> None:
    ada, place = signed_in(door, "student", "ada"), f"/explore/{MINI}/"
    page = ada.get(place)
    addresses = [str(given(ada)["script"]), *re.findall(r'<script src="([^"]+)"', page.text)]
    kept = [ada.get(place + address) for address in addresses]
    plain = [ada.get(place + address, **{"Accept-Encoding": "identity"}) for address in addresses]

    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'" in page.headers["content-security-policy"]
    assert [address.partition("?")[0] for address in addresses] == ["transformer.js", "explorer.js"]
    for address, answer, same in zip(addresses, kept, plain, strict=True):
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
        assert answer.content == same.content
        assert address.endswith(sha256(same.content).hexdigest()[:16])
        assert ada.get(place + address[:-1]).headers["cache-control"] == "no-store"
        assert Browser(door).get(place + address).status_code == 401
        assert "ada" not in re.findall(r"\w+", same.text[:2000])


def test_the_same_key_of_another_is_another_submission(door: Door) -> None:
    for student in ("ada", "bob"):
        signed_in(door, "student", student).ask(HAND_IN, draft("k1", student))

    assert [row["student"] for row in planted.rows(door.ledger).values()] == ["ada", "bob"]


def test_what_cannot_be_graded_is_told_and_costs_nothing(door: Door) -> None:
    ada = signed_in(door, "student", "ada")
    wrong = {"layer": 99, "head": 0, "type": "positional"}
    answers = [
        ada.ask(HAND_IN, {**draft("k1"), "claims": [wrong]}),
        ada.ask(HAND_IN, {**draft("k2"), "exercise": "mini-circuit"}),
        ada.ask(HAND_IN, draft("")),
        ada.ask(HAND_IN, draft("k1", "bob")),  # a page that bob left open on this machine
        ada.ask(HAND_IN, draft("k1", "ada", "cs-2")),  # and one that she has open from another course
        ada.ask(f"/explore/{MINI}/api/hints", {"kind": "induction", "number": 1}),  # whose page it is, it does not say
    ]
    file = ada.ask(f"/explore/{MINI}/api/read-file", {"text": json.dumps({**draft("k"), "key": None})})

    assert [answer.status_code for answer in answers] == [422] * 6
    assert answers[0].json()["problems"][0]["where"] == "claims[0].layer"
    assert file.status_code == 422
    assert planted.rows(door.ledger) == {}


def test_only_students_hand_in_and_only_from_the_page_itself(door: Door) -> None:
    ada, teacher = signed_in(door, "student", "ada"), signed_in(door, "instructor")
    foreign = [
        ada.ask(HAND_IN, draft("k"), Origin="https://evil.example"),
        ada.ask(HAND_IN, draft("k"), **{"Sec-Fetch-Site": "cross-site"}),
        ada.ask(HAND_IN, draft("k"), **{"Content-Type": "text/plain"}),
        Browser(door).ask(HAND_IN, draft("k")),
        teacher.ask(HAND_IN, draft("k")),
    ]

    assert [answer.status_code for answer in foreign] == [403, 403, 415, 401, 404]
    assert all("problems" in answer.json() for answer in foreign)
    assert given(teacher)["grades"] is False
    assert Browser(door).get(f"/explore/{MINI}/").status_code == 401
    assert ada.get("/explore/none/").status_code == 404
    assert planted.rows(door.ledger) == {}


def test_a_transformer_that_is_not_here_cannot_be_looked_at(door: Door) -> None:
    answer = signed_in(door, "student", "ada").get(f"/explore/{planted.ID}/")

    assert answer.status_code == 404
    assert "handed in as a file" in answer.text


def test_where_the_browser_cannot_compute_one_transformer_serves_all(
    door: Door, exercises: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(tmp_path / "tiny", "llama")
    tiny = {"name": "tiny", "family": "decoder", "layers": 3, "heads": 8}
    kinds = ({**planted.RULES["kinds"][0], "heads": 3}, planted.RULES["kinds"][1])
    planted.write(exercises, transformer=tiny, kinds=kinds, wrong_costs=20.0)
    monkeypatch.setenv("GRADER_TRANSFORMER_TINY", str(tmp_path / "tiny"))
    ada, teacher = signed_in(door, "student", "ada"), signed_in(door, "instructor")
    path, text = f"/explore/{planted.ID}", {"text": "the king waits"}
    page = ada.get(f"{path}/")
    tokens = [each.ask(f"{path}/api/read", text).json()["tokens"] for each in (ada, teacher)]
    pattern = teacher.ask(f"{path}/api/layer", {**text, "layer": 1})

    assert '"kind":"server"' in page.text
    assert tokens[0] == tokens[1]
    assert len(pattern.content) == 8 * len(tokens[0]) ** 2 * 4
    assert Browser(door).ask(f"{path}/api/read", text).status_code == 401
    assert ada.ask(f"{path}/api/read", {"text": "x" * 30_000}).status_code == 400


def test_a_queue_that_is_full_or_slow_says_so() -> None:
    async def tried() -> list[str]:
        said = []
        turn, slow = Turnstile(1, 60), Turnstile(5, 0.01)
        async with turn, slow:
            waiting = asyncio.ensure_future(turn.__aenter__())
            await asyncio.sleep(0)
            for each in (turn, slow):
                try:
                    async with each:
                        said.append("in")
                except Busy as error:
                    said.append(str(error))
        await waiting
        async with slow:
            said.append("in")
        return said

    first, second, last = asyncio.run(tried())

    assert "busy" in first
    assert "busy" in second
    assert last == "in"
