"""Submissions over HTTP: taken in once, durable before the answer, refused in the words of `grade check`."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from grader.base.errors import InvalidInput
from grader.exercises import submissions
from grader.ledger import Ledger
from grader.report.formats import Format
from grader.schema import Report
from grader.schema.queue import Result
from grader.service.platforms import Platform
from grader.service.worker import Worker
from tests.service import planted
from tests.support.door import Door, posted, token

FOUR = f"""exercise: {planted.ID}
claims:
  - {{layer: 0, head: 0, type: positional, offset: -1}}
  - {{layer: 0, head: 1, type: positional, offset: -1}}
  - {{layer: 1, head: 0, type: induction}}
  - {{layer: 1, head: 1, type: induction}}
"""
WRONG = planted.document(claims="{layer: 9, head: 0, type: positional, offset: -1%s}")


def test_a_submission_is_kept_before_it_is_said_to_be(url: str, tmp_path: Path) -> None:
    """On SQLite and on PostgreSQL."""
    with Ledger(url) as ledger:
        answer = Door(ledger, tmp_path).post(posted("s1", course="cs-101"))
        row = planted.rows(ledger)["s1"]

    assert (answer.status_code, answer.json()["state"]) == (202, "received")
    assert answer.headers["location"] == answer.json()["url"] == "http://127.0.0.1:8700/submissions/s1"
    assert (row["platform"], row["student"], row["course"]) == ("local", "ada", "cs-101")
    assert (row["state"], row["document"]) == ("received", planted.document())


def test_sent_again_it_is_the_same_submission(door: Door, worker: Worker) -> None:
    first = door.post(posted("s1"))
    again = door.post(posted("s1"))
    worker.work(1)
    graded = door.post(posted("s1"))

    assert [answer.status_code for answer in (first, again, graded)] == [202] * 3
    assert {answer.json()["id"] for answer in (first, again, graded)} == {"s1"}
    assert graded.json()["state"] == "graded"
    assert list(planted.rows(door.ledger)) == ["s1"]


def test_other_content_under_the_same_key_changes_nothing(door: Door) -> None:
    door.post(posted("s1"))
    for other in (posted("s1", student="bob"), posted("s1", submission=planted.document("another note"))):
        answer = door.post(other)

        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (409, "id-taken")
    assert planted.rows(door.ledger)["s1"]["student"] == "ada"


def test_the_key_may_stand_in_the_header_in_either_spelling(door: Door) -> None:
    content = posted("s1")
    del content["id"]
    answers = [door.post(content, key=key) for key in ("s1", '"s1"')] + [door.post(posted("s1"), key="s1")]

    assert [answer.status_code for answer in answers] == [202] * 3
    assert door.post(content).json()["problems"][0]["code"] == "no-id"
    assert door.post(posted("s1"), key="s2").json()["problems"][0]["code"] == "two-ids"


def test_an_invalid_submission_has_the_problems_of_grade_check_and_is_kept(door: Door) -> None:
    answer = door.post(posted("s1", submission=WRONG))
    again = door.post(posted("s1", submission=WRONG))
    with pytest.raises(InvalidInput) as checked:
        submissions.load(WRONG.encode(), "submission", student="ada")

    assert (answer.status_code, again.status_code) == (422, 422)
    assert answer.json()["problems"] == again.json()["problems"] == [asdict(each) for each in checked.value.problems]
    assert answer.json()["problems"][0]["line"] == 3
    assert planted.rows(door.ledger)["s1"]["state"] == "rejected"
    assert door.get("/submissions/s1").json()["problems"] == answer.json()["problems"]


def test_a_submission_may_be_an_object(door: Door) -> None:
    claim = {"layer": 0, "head": 0, "type": "positional", "offset": -1}
    sound = {"exercise": planted.ID, "claims": [claim]}
    answer = door.post(posted("s1", submission=sound))
    wrong = door.post(posted("s2", submission={**sound, "claims": [{**claim, "layer": 9}]}))

    assert answer.status_code == 202
    assert (wrong.status_code, wrong.json()["problems"][0]["where"]) == (422, "claims[0].layer")


def test_what_comes_too_soon_is_refused_for_now_and_leaves_nothing(door: Door, exercises: Path) -> None:
    planted.write(exercises, policy={"rate": {"per_hour": 1, "burst": 1}})
    door.post(posted("s1"))
    answer = door.post(posted("s2", submission=planted.document("another")))
    until = datetime.fromisoformat(answer.json()["next_allowed"])

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (429, "too-soon")
    assert 0 < int(answer.headers["retry-after"]) <= 3600
    assert until - datetime.now(UTC) < timedelta(hours=1)
    assert list(planted.rows(door.ledger)) == ["s1"]

    planted.write(exercises)
    assert door.post(posted("s2", submission=planted.document("another"))).status_code == 202


def test_a_platform_with_too_many_waiting_is_told_when_to_come_back(door: Door) -> None:
    door.house.platforms["local"] = Platform(name="local", most_waiting=1)
    answers = [door.post(posted(f"s{number}", student=f"student-{number}")) for number in range(2)]

    assert [answer.status_code for answer in answers] == [202, 429]
    assert answers[1].json()["problems"][0]["code"] == "too-many-waiting"
    assert "retry-after" in answers[1].headers


def test_what_the_exercise_never_takes_is_kept_with_its_reason(door: Door, exercises: Path) -> None:
    planted.write(exercises, policy={"attempts": 1})
    door.post(posted("s1"))
    answer = door.post(posted("s2", submission=planted.document("another")))

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "attempts-used")
    assert planted.rows(door.ledger)["s2"]["state"] == "rejected"


def test_a_token_stands_in_for_the_signature_of_a_platform_that_signs(door: Door) -> None:
    answer = door.post(posted("s1"), shown=token(door.ledger, platform="canvas"))

    assert answer.status_code == 202
    assert planted.rows(door.ledger)["s1"]["platform"] == "canvas"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad-json"),
        (b"{", 400, "bad-json"),
        (b"[" * 100_000, 400, "bad-json"),
        (b'{"submission": NaN}', 400, "bad-json"),
        (b'{"id": "a", "id": "b", "submission": "x"}', 400, "bad-json"),
        (b"\xff\xfe", 400, "bad-json"),
        (b"[]", 422, "bad-field"),
        (b'{"submission": 7, "id": "a"}', 422, "bad-field"),
        (b'{"submission": "x", "id": "a", "signature": "x"}', 422, "bad-field"),
        (b'{"submission": "x", "id": "../../etc/passwd"}', 422, "bad-field"),
        (b'{"submission": "x", "id": "a\\r\\nSet-Cookie: b=c"}', 422, "bad-field"),
        (b'{"submission": "x", "id": "a\\n"}', 422, "bad-field"),
        (b'{"submission": "\\ud800", "id": "a"}', 400, "bad-json"),
        (b'{"submission": {"a": "\\ud800"}, "id": "a"}', 400, "bad-json"),
        (b'{"submission": "x", "id": "a", "student": "\\udfff"}', 400, "bad-json"),
        (b'{"submission": "' + b"x" * 262_145 + b'", "id": "a"}', 413, "too-large"),
        (b'{"submission": "' + b"x" * 600_000 + b'", "id": "a"}', 413, "too-large"),
    ],
)
def test_a_body_that_hands_in_nothing_is_refused_with_its_reason(
    door: Door, body: bytes, status: int, code: str
) -> None:
    answer = door.post(body)

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (status, code)
    assert planted.rows(door.ledger) == {}


@pytest.mark.parametrize("key", ["../x", "a b", "a\\r\\nb", "é", "", "a" * 129])
def test_a_key_that_is_no_id_is_refused(door: Door, key: str) -> None:
    content = {"submission": planted.document(), "student": "ada"}
    sent = {"Idempotency-Key": key.encode("latin-1")}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {door.all}", **sent}

    assert door.client.post("/submissions", json=content, headers=headers).status_code == 422


def test_a_body_that_is_not_declared_as_json_is_refused(door: Door) -> None:
    answer = door.post(b"submission=x", **{"Content-Type": "application/x-www-form-urlencoded"})

    assert (answer.status_code, answer.json()["problems"][0]["code"]) == (415, "not-json")


def test_a_zero_byte_in_a_name_harms_no_database(url: str, tmp_path: Path) -> None:
    with Ledger(url) as ledger:
        door = Door(ledger, tmp_path)
        answers = [
            door.post(posted("s1", student="a\0b")),
            door.post(posted("s2", course="a\0b")),
            door.post(posted("s3", submission="a\0b")),
            door.get("/submissions/a%00b"),
            door.get("/students/a%00b/progress"),
        ]

    assert [answer.status_code for answer in answers] == [422, 202, 422, 404, 404]


def test_the_result_is_the_one_that_a_platform_gets_on_its_stream(door: Door, worker: Worker) -> None:
    door.post(posted("s1"))
    waiting = Result.model_validate_json(door.get("/submissions/s1").content)
    worker.work(1)
    graded = Result.model_validate_json(door.get("/submissions/s1").content)

    assert (waiting.state, waiting.report) == ("received", None)
    assert (graded.state, graded.student, graded.attempts_used) == ("graded", "ada", 1)
    assert graded.report is not None


def test_the_report_is_there_in_every_format(door: Door, worker: Worker) -> None:
    door.post(posted("s1"))
    none_yet = door.get("/submissions/s1/report")
    worker.work(1)
    answers = {form: door.get(f"/submissions/s1/report?format={form.value}") for form in Format}

    assert (none_yet.status_code, none_yet.json()["problems"][0]["code"]) == (404, "no-report")
    assert {answer.status_code for answer in answers.values()} == {200}
    assert Report.model_validate_json(answers[Format.json].content).student == "ada"
    assert door.get("/submissions/s1/report").content == answers[Format.json].content
    assert json.loads(answers[Format.gradescope].content)["score"] > 0
    assert answers[Format.junit].headers["content-type"].startswith("application/xml")
    policy = answers[Format.html].headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("frame-ancestors 'none'")
    assert door.get("/submissions/s1/report?format=pdf").status_code == 422


def test_progress_is_a_students_own(door: Door, worker: Worker) -> None:
    door.post(posted("s1", student="ada b", submission=FOUR))
    worker.work(1)
    own = door.get("/students/ada%20b/progress")
    unknown = door.get("/students/nobody/progress")
    mine = door.get("/students/me/progress", token(door.ledger, student="ada b"))
    nothing_yet = door.get("/students/me/progress", token(door.ledger, student="new"))

    assert own.json()["xp"] > 0
    assert own.json() == mine.json()
    assert (unknown.status_code, unknown.json()["problems"][0]["code"]) == (404, "unknown-student")
    assert (nothing_yet.status_code, nothing_yet.json()["xp"]) == (200, 0)


def test_without_its_ledger_the_door_says_so_and_when_to_come_back(door: Door, tmp_path: Path) -> None:
    door.ledger.close()
    (tmp_path / "ledger.sqlite3").rename(tmp_path / "away")
    answers = [door.post(posted("s1")), door.get("/submissions/s1"), door.get("/health")]

    assert [answer.status_code for answer in answers] == [503] * 3
    assert answers[0].headers["retry-after"]
    assert str(tmp_path) not in "".join(answer.text for answer in answers)
    assert answers[2].json() == {"live": True, "ready": False}
    assert door.get("/health/live").json() == {"live": True}
