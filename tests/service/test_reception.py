"""A submission becomes a row once, whether it is repeated, wrong or forged."""

import os
import random
from datetime import timedelta, timezone
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa

from grader.base.errors import Problem
from grader.ledger import Ledger
from grader.ledger.tables import SUBMISSIONS
from grader.schema.queue import Envelope
from grader.service import answers, platforms
from grader.service.platforms import Platform, SigningKey
from grader.service.reception import Receipt, Reception
from grader.service.signing import sign_submission
from tests.service import planted
from tests.service.crowd import Crowd
from tests.service.planted import CAME, document, envelope, owed, rows

KEY = "0123456789abcdef" * 4


def codes(ledger: Ledger, name: str, platform: str = "local") -> list[str]:
    """Return the codes of a submission's problems, from its platform's answer."""
    answer = answers.result(ledger, platform, name)
    assert answer
    assert answer.model_dump_json()
    return [problem.code for problem in answer.problems]


def test_a_platform_that_repeats_itself_has_one_row(reception: Reception, ledger: Ledger) -> None:
    first = reception.accept([envelope("s1"), envelope("s1")])
    again = reception.accept([envelope("s1", came_at=CAME + timedelta(hours=1))])

    assert first == [Receipt(1, "received")] * 2
    assert again == [Receipt(1, "received")]
    assert rows(ledger)["s1"]["received_at"] == "2026-03-02T12:00:00.000000+00:00"


def test_an_id_is_never_taken_over_by_another_submission(reception: Reception, ledger: Ledger) -> None:
    reception.accept([envelope("s1")])
    before = rows(ledger)
    others = ({"note": "changed"}, {"student": "bob"}, {"course": "physics"}, {"student": None})

    receipts = reception.accept([envelope("s1", **other) for other in others])

    assert set(receipts) == {Receipt(None, None, "id-taken: another submission has the id s1; it stays as it is")}
    assert rows(ledger) == before


def test_two_platforms_may_use_the_same_ids_and_names(ledger: Ledger, exercises: Path) -> None:
    two = Reception(ledger, {name: Platform(name=name) for name in ("canvas", "moodle")})

    receipts = two.accept([envelope("s1", platform=name) for name in ("canvas", "moodle", "canvas", "sakai")])

    assert [receipt.job for receipt in receipts] == [1, 2, 1, None]
    assert receipts[3].refused == "unknown-platform: there is no platform sakai"
    assert answers.result(ledger, "moodle", "s1")
    assert answers.result(ledger, "sakai", "s1") is None


def test_an_invalid_file_is_answered_at_once_and_its_row_stays(reception: Reception, ledger: Ledger) -> None:
    wrong = document(claims="{layer: 99, head: 0, type: induction%s}")

    assert reception.accept([envelope("s1", submission=wrong)]) == [Receipt(1, "rejected")]
    assert codes(ledger, "s1") == ["no-such-head"]
    assert owed(ledger) == {"s1": 1}
    assert reception.accept([envelope("s1", submission=wrong)]) == [Receipt(1, "rejected")]
    assert owed(ledger) == {"s1": 2}  # whoever asks again after the end may have missed the result


UNUSABLE: tuple[tuple[str, dict[str, str | None]], ...] = (
    ("binary", {"submission": document() + "\0"}),
    ("binary", {"submission": "\0"}),
    ("control-character", {"submission": "\ufeff" + document() + "\x7f"}),
    ("empty", {"submission": ""}),
    ("unknown-exercise", {"submission": "exercise: nowhere\nclaims: [{layer: 0, head: 0, type: induction}]"}),
    ("bad-name", {"submission": "exercise: ../../etc\nclaims: [{layer: 0, head: 0, type: induction}]"}),
    ("too-large", {"submission": "#" + "ä" * 131_072}),
    ("bad-name", {"student": "a\0b"}),
    ("too-long", {"student": "x" * 65}),
    ("too-long", {"student": "x" * 256}),
    ("bad-name", {"student": ""}),
    ("bad-name", {"student": "ada\n"}),
    ("missing-key", {"student": None}),
    ("yaml-syntax", {"submission": r'{"exercise": "planted-heads", "\udfff": 1, "claims": [{"layer": "\ud800"}]}'}),
)


def test_what_no_report_can_be_made_of_is_kept_and_answered(reception: Reception, ledger: Ledger) -> None:
    receipts = reception.accept([envelope(str(number), **given) for number, (_, given) in enumerate(UNUSABLE)])

    assert {receipt.state for receipt in receipts} == {"rejected"}
    assert [codes(ledger, str(number)) for number in range(len(UNUSABLE))] == [[code] for code, _ in UNUSABLE]
    assert len(owed(ledger)) == len(UNUSABLE)
    assert not any("\0" in str(row.values()) for row in rows(ledger).values())


@pytest.mark.parametrize("name", ["", "/etc/passwd", "..", "a/../b", "a..b", ".a", "-a", "a b", "a\n", "é", "x" * 129])
def test_an_id_that_could_be_a_path_is_no_id(name: str) -> None:
    with pytest.raises(ValueError, match="id"):
        envelope(name)


@pytest.mark.parametrize("name", ["a", "7", "A.b:c_d-e", "a.", "x" * 128, "3f2a.1"])
def test_ids_are_as_platforms_make_them(name: str) -> None:
    assert envelope(name).id == name


def test_a_time_is_kept_as_the_same_moment_in_utc(reception: Reception, ledger: Ledger) -> None:
    reception.accept([envelope("s1", came_at=CAME.astimezone(timezone(timedelta(hours=-11))))])

    assert rows(ledger)["s1"]["received_at"] == "2026-03-02T12:00:00.000000+00:00"


@pytest.fixture
def signing(ledger: Ledger, exercises: Path, tmp_path: Path) -> Reception:
    """The reception for a platform that signs."""
    (tmp_path / "k1").write_text(KEY)
    (tmp_path / "k1").chmod(0o600)
    key = SigningKey(key_id="k1", secret_file=str(tmp_path / "k1"))
    return Reception(ledger, {"canvas": Platform(name="canvas", signing=(key,))})


def signed(name: str, key: str = KEY, at: float = CAME.timestamp(), **changed: str) -> Envelope:
    """Return a signed submission; `changed` fields are changed after it was signed."""
    fields = {"id": name, "submission": document(), "student": "ada", "key_id": "k1", "timestamp": str(int(at))}
    signature = sign_submission(key.encode(), "canvas", fields)
    return envelope(name, **{**fields, "signature": signature, "platform": "canvas", **changed})


FORGED = (
    ("unsigned", envelope("s1", platform="canvas")),
    ("bad-signature", signed("s1", key="f" * 64)),
    ("bad-signature", signed("s1", student="eve")),
    ("bad-signature", signed("s1", course="physics")),
    ("bad-signature", signed("s2", id="s1")),
    ("unknown-key", signed("s1", key_id="k2")),
    ("stale-timestamp", signed("s1", at=CAME.timestamp() - 301)),
    ("stale-timestamp", signed("s1", at=CAME.timestamp() + 301)),
    ("bad-signature", signed("s1", student="ada\nx")),
)


def test_what_is_not_signed_as_it_must_be_never_takes_the_id(signing: Reception, ledger: Ledger) -> None:
    forged = [one for _, one in FORGED]

    *refused, taken, again = signing.accept([*forged, signed("s1"), forged[0]])

    assert {receipt.job for receipt in (*refused, again)} == {None}
    assert [receipt.refused.partition(":")[0] for receipt in refused] == [code for code, _ in FORGED]
    assert taken == Receipt(1, "received")
    assert owed(ledger) == {}


def test_a_signed_submission_that_is_replayed_is_the_same_one(signing: Reception, ledger: Ledger) -> None:
    assert signing.accept([signed("s1"), signed("s1", at=CAME.timestamp() + 9)]) == [Receipt(1, "received")] * 2


def accept(url: str, exercises: str, names: list[str]) -> list[tuple[int | None, str | None]]:
    """Take these in with one process, each in its own batch; return the receipts."""
    os.environ["GRADER_EXERCISES"] = exercises
    with Ledger(url) as ledger:
        reception = Reception(ledger, platforms.load(None))
        return [reception.accept([envelope(name, note=name)])[0][:2] for name in names]


def test_processes_that_take_in_the_same_at_once_make_one_row_of_each(
    url: str, ledger: Ledger, exercises: Path, crowd: Crowd
) -> None:
    names = [f"s{number}" for number in range(12)]

    answer = crowd.do(accept, *[(url, str(exercises), order) for order in (names, names[::-1], names)])

    assert dict(zip(names, answer[0], strict=True)) == dict(zip(names[::-1], answer[1], strict=True))
    assert answer[0] == answer[2]
    with ledger.database.connection() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(SUBMISSIONS)) == 12


def test_a_batch_as_large_as_the_intake_takes_is_taken_whole(reception: Reception, ledger: Ledger) -> None:
    batch = [envelope(f"s{number}", note=str(number), student=f"student-{number % 7}") for number in range(500)]

    assert [receipt.job for receipt in reception.accept(batch)] == list(range(1, 501))
    assert rows(ledger)["s7"]["document"] == document("7")
    assert len({row["content"] for row in rows(ledger).values()}) == 500
    assert all(len(row["digest"]) == len(sha256().hexdigest()) for row in rows(ledger).values())


def test_a_platform_with_too_many_that_wait_is_told_so_and_no_other_is(ledger: Ledger, exercises: Path) -> None:
    listed = {"canvas": Platform(name="canvas", most_waiting=2), "moodle": Platform(name="moodle")}
    two = Reception(ledger, listed)
    handed = [envelope(f"s{n}", platform="canvas", note=f"{n}") for n in range(4)]

    receipts = two.accept([*handed, envelope("m1", platform="moodle")])

    assert [receipt.state for receipt in receipts] == ["received", "received", "rejected", "rejected", "received"]
    assert codes(ledger, "s3", "canvas") == ["too-many-waiting"]
    answer = answers.result(ledger, "canvas", "s3")
    assert answer
    assert answer.next_allowed == CAME + timedelta(minutes=10)
    assert answer.attempts_used == 0
    assert rows(ledger)["s3"]["document"] == ""
    assert two.accept(handed) == receipts[:4]

    with ledger.database.connection(write=True) as connection:
        connection.execute(sa.update(SUBMISSIONS).values(state="graded"))
    later = [envelope("s9", platform="canvas", note="3")]
    assert two.accept(later)[0].state == "received"


def test_a_submission_that_was_sent_in_a_way_that_is_not_honoured_is_answered(
    reception: Reception, ledger: Ledger
) -> None:
    problem = Problem("not-in-time", "`expires` was yesterday")

    assert reception.refuse(envelope("s1"), problem).state == "rejected"
    assert codes(ledger, "s1") == ["not-in-time"]
    assert reception.refuse(envelope("s2", platform="nobody"), problem).refused.startswith("unknown-platform")


@pytest.mark.parametrize("in_person", [False, True])
def test_what_comes_together_is_taken_in_as_if_it_came_one_by_one(
    ledger: Ledger, exercises: Path, tmp_path: Path, in_person: bool
) -> None:
    rules = {"attempts": 3, "rate": {"burst": 2, "per_hour": 60}, "due": "2026-03-02T12:05:00+00:00"}
    planted.write(exercises, policy={**rules, "late_days": 1, "late_costs": 0.5})
    chance = random.Random(3)  # noqa: S311
    drawn = [
        envelope(
            f"s{chance.randrange(60)}",
            f"note {chance.randrange(6)}",
            chance.choice(["ada", "bob", "eve"]),
            came_at=CAME + timedelta(seconds=chance.randrange(600)),
        )
        for _ in range(120)
    ]
    drawn[5:5] = [envelope("bad", submission="claims: 5")] * 2

    together = Reception(ledger, platforms.load(None), in_person=in_person).accept(drawn)

    with Ledger(f"sqlite:///{tmp_path / 'other.sqlite3'}") as other:
        reception = Reception(other, platforms.load(None), in_person=in_person)
        assert together == [receipt for each in drawn for receipt in reception.accept([each])]
        assert rows(ledger) == rows(other)
        assert owed(ledger) == owed(other)
    assert {receipt.state for receipt in together} == {"received", "rejected", None}
    assert {row["credit"] for row in rows(ledger).values()} == {1.0, 0.5}
