"""Tokens: who holds one sees what it opens, and nothing of others."""

from datetime import timedelta

import pytest

from grader.base.errors import GraderError
from grader.checkup.service import _tokens
from grader.ledger.people import tokens as kept
from grader.service.entrance import tokens
from grader.service.worker import Worker
from tests.service import planted
from tests.support.door import Door, bearer, posted, token


def code(answer) -> str:  # noqa: ANN001 - an httpx.Response
    return answer.json()["problems"][0]["code"]


def test_a_forged_expired_or_revoked_token_opens_nothing(door: Door) -> None:
    revoked = token(door.ledger)
    kept.revoke(door.ledger, kept.listed(door.ledger)[-1].number)
    forged = door.all[:-1] + ("A" if door.all[-1] != "A" else "B")
    digest = kept.listed(door.ledger)[0].digest
    for shown in (revoked, forged, digest, token(door.ledger, life=timedelta(0)), "x" * 1000, "é", "hgt_"):
        answer = door.get("/submissions/s1", Authorization=f"Bearer {shown}".encode())

        assert answer.status_code == 401, shown
        assert answer.headers["www-authenticate"].startswith('Bearer realm="grader"')


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic bG9jYWw6eA==", "hgt_x"])
def test_without_a_token_nobody_gets_in(door: Door, header: str) -> None:
    answer = door.client.get("/submissions/s1", headers={"Authorization": header} if header else {})

    assert (answer.status_code, code(answer)) == (401, "no-token")
    in_url = door.client.get(f"/submissions/s1?access_token={door.all}")
    assert in_url.status_code == 401


def test_two_tokens_at_once_open_nothing(door: Door) -> None:
    both = [("Authorization", f"Bearer {door.all}"), ("Authorization", "Bearer hgt_x")]

    assert door.client.get("/submissions/s1", headers=both).status_code == 401


def test_a_scope_that_is_missing_is_named(door: Door) -> None:
    reader, sender = token(door.ledger, "read"), token(door.ledger, "submit")
    handed_in = door.post(posted("s1"), shown=reader)

    assert (handed_in.status_code, code(handed_in)) == (403, "scope")
    assert 'scope="submit"' in handed_in.headers["www-authenticate"]
    assert door.post(posted("s1"), shown=sender).status_code == 202
    assert door.get("/submissions/s1", sender).status_code == 403
    assert door.get("/submissions/s1", reader).status_code == 200


def test_another_platforms_submission_does_not_exist(door: Door, worker: Worker) -> None:
    door.post(posted("s1"))
    worker.work(1)
    canvas = token(door.ledger, platform="canvas")
    for path in ("/submissions/s1", "/submissions/s1/report", "/students/ada/progress"):
        theirs, nobodys = door.get(path, canvas), door.get(path.replace("s1", "s9").replace("ada", "x"), canvas)

        assert theirs.status_code == 404
        assert theirs.content == nobodys.content
    own = door.post(posted("s1", submission=planted.document("canvas")), shown=canvas)
    assert own.status_code == 202  # ids are each platform's own


def test_a_students_token_opens_that_students_work_alone(door: Door, worker: Worker) -> None:
    bob = token(door.ledger, student="bob")
    door.post(posted("of-ada"))
    for given in ({"student": "bob"}, {"student": None}, {"student": " bob"}):
        answer = door.post(posted("of-bob") | given, shown=bob)
        assert answer.status_code == 202  # each time the same submission
    relabelled = door.post(posted("of-bob-2", student="ada"), shown=bob)
    named_inside = door.post({"id": "s3", "submission": f"student: ada\n{planted.document('3')}"}, shown=bob)
    worker.work(1)

    assert (relabelled.status_code, code(relabelled)) == (403, "other-student")
    assert named_inside.status_code == 202
    assert {row["student"] for name, row in planted.rows(door.ledger).items() if name != "of-ada"} == {"bob"}
    for path in ("/submissions/of-ada", "/submissions/of-ada/report", "/students/ada/progress"):
        assert door.get(path, bob).status_code == 404
    assert door.get("/submissions/of-bob", bob).status_code == 200


def test_a_students_token_takes_no_id_that_another_will_use(door: Door, worker: Worker) -> None:
    bob, cem = token(door.ledger, student="bob"), token(door.ledger, student="cem")
    taken = door.post(posted("ada-1", student=None), shown=bob)
    again = door.post(posted(taken.json()["id"], student=None), shown=bob)
    others = door.post(posted("ada-1", submission=planted.document("other"), student=None), shown=cem)
    platforms = door.post(posted("ada-1", submission=planted.document("ada")))
    worker.work(1)

    assert [answer.status_code for answer in (taken, again, others, platforms)] == [202, 202, 202, 202]
    names = [answer.json()["id"] for answer in (taken, again, others, platforms)]
    assert names == [*planted.rows(door.ledger)][:1] * 2 + [*planted.rows(door.ledger)][1:]
    assert names[3] == "ada-1"
    for name in ("ada-1", names[0]):  # asked for by the short id, or by the whole one
        assert door.get(f"/submissions/{name}", bob).json()["student"] == "bob"
    assert door.get(f"/submissions/{names[0]}", cem).status_code == 404
    assert door.get("/submissions/ada-1").json()["student"] == "ada"
    too_long = door.post(posted("x" * 110, student=None), shown=bob)
    assert (too_long.status_code, code(too_long)) == (422, "bad-field")


def test_a_platform_that_is_not_listed_any_more_is_shut_out(door: Door) -> None:
    shown = token(door.ledger, platform="canvas")
    del door.house.platforms["canvas"]

    assert (code(door.get("/submissions/s1", shown)), code(door.post(posted("s1"), shown=shown))) == (
        "unknown-platform",
        "unknown-platform",
    )


def test_a_token_may_ask_so_often_in_a_minute(door: Door) -> None:
    door.house.rates.per_minute = 3
    other = token(door.ledger)
    answers = [door.get("/submissions/s1") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert door.get("/submissions/s1", other).status_code == 404


def test_only_a_hash_is_kept_and_the_last_use_to_the_hour(door: Door) -> None:
    door.get("/submissions/s1")
    door.get("/submissions/s1")
    (each,) = kept.listed(door.ledger)

    assert door.all not in str(each)
    assert len(each.digest) == 64
    assert each.used_at is not None
    assert (each.used_at.minute, each.used_at.second, each.used_at.microsecond) == (0, 0, 0)


def test_what_makes_no_token_is_refused(door: Door) -> None:
    with pytest.raises(GraderError, match="there is no scope `write`; choose from submit, read"):
        token(door.ledger, "write")
    with pytest.raises(GraderError, match=r"`90` is not a time; .*, or never"):
        tokens.life("90")
    assert tokens.life("90d") == timedelta(days=90)
    assert tokens.life("never") is None


def test_a_token_never_comes_back_in_an_answer(door: Door) -> None:
    answers = [door.post(posted("s1")), door.get("/submissions/s1"), door.get("/nothing"), door.post(b"{")]
    answers.append(door.client.get("/submissions/s1", headers=bearer("hgt_" + "x" * 43)))

    assert not [answer for answer in answers if "hgt_" in answer.text + str(answer.headers)]


def test_doctor_names_a_token_that_is_about_to_expire(door: Door) -> None:
    well = _tokens(door.ledger)
    token(door.ledger, platform="canvas", life=timedelta(days=13))
    token(door.ledger, platform="canvas", life=None)
    gone = token(door.ledger, life=timedelta(0))
    kept.revoke(door.ledger, 1)
    soon = _tokens(door.ledger)

    assert gone
    assert (well.is_ok, soon.is_ok) == (False, False)  # the door's own is for a day
    assert soon.result == "about to expire: 2 of canvas"
