"""The courier delivers every answer that is owed, whatever process dies meanwhile."""

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from grader.ledger.queue import outbox
from grader.ledger.tables import REPORTS
from grader.schema.queue import Result
from grader.service import answers
from tests.service.guarded import PLATFORMS, guarded
from tests.support.postgres import BACKENDS, database
from tests.support.servers import Valkey, wait_for
from tests.workers.support import receiver
from tests.workers.support.owing import DURABLE, Owing
from tests.workers.support.receiver import Receiver
from workers.courier import BATCH, JITTER, Patience

NAMES = [f"s{number}" for number in range(60)]


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "valkey", DURABLE) as running:
        yield running


@pytest.fixture
def there() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def posted(there: Receiver) -> list[str]:
    """Return the submissions of the posts, in order."""
    return [json.loads(post.body)["id"] for post in there.posts]


def test_every_result_is_on_its_platforms_stream_once(tmp_path: Path, valkey: Valkey) -> None:
    with Owing(tmp_path, valkey, {"canvas": "", "moodle": ""}) as owing:
        owing.owe("canvas", *NAMES)
        owing.owe_report("moodle", "graded")
        courier = owing.courier()
        owing.wait_until_nothing_is_owed()
        result = answers.result(owing.ledger, "moodle", "graded")
        courier.send(signal.SIGTERM)

        assert courier.wait() == 0
        assert [fields["id"] for fields in owing.on_stream("canvas")] == NAMES
        assert result
        (fields,) = owing.on_stream("moodle")
        assert fields == {"id": "graded", "state": "graded", "result": result.model_dump_json()}
        assert Result.model_validate_json(fields["result"]) == result


def test_a_regraded_report_is_handed_over_as_a_new_result(tmp_path: Path, valkey: Valkey, there: Receiver) -> None:
    with Owing(tmp_path, valkey, {"canvas": there.url + "/"}) as owing:
        owing.owe_report("canvas", "s1")
        owing.courier()
        owing.wait_until_nothing_is_owed()
        (entry,) = owing.ledger.entries()
        with owing.ledger.database.connection(write=True) as connection:
            outbox.put_again(connection, entry)
        owing.wait_until_nothing_is_owed()

        assert len(owing.on_stream("canvas")) == 2
    assert posted(there) == ["s1", "s1"]
    assert len({post.headers["webhook-id"] for post in there.posts}) == 2


def test_killed_couriers_lose_nothing(tmp_path: Path, valkey: Valkey, there: Receiver) -> None:
    there.then["/"] = receiver.takes_its_time
    with Owing(tmp_path, valkey, {"canvas": there.url + "/"}) as owing:
        owing.owe("canvas", *NAMES)
        for enough in (1, 25):
            courier = owing.courier()
            wait_for(lambda enough=enough: len(there.posts) >= enough, f"{enough} posts")
            courier.kill()
            courier.wait()
            assert owing.owed()
            owing.let_time_pass()
        owing.courier()
        owing.wait_until_nothing_is_owed()

        assert Counter(fields["id"] for fields in owing.on_stream("canvas")).keys() == set(NAMES)
    assert set(posted(there)) == set(NAMES)
    ids = {name: {p.headers["webhook-id"] for p in there.posts if json.loads(p.body)["id"] == name} for name in NAMES}
    assert {len(each) for each in ids.values()} == {1}


def test_a_courier_that_is_told_to_stop_ends_what_it_has_begun(tmp_path: Path, valkey: Valkey, there: Receiver) -> None:
    there.then["/"] = receiver.takes_its_time
    with Owing(tmp_path, valkey, {"canvas": there.url + "/"}) as owing:
        owing.owe("canvas", *NAMES)
        courier = owing.courier(Patience())
        wait_for(lambda: len(there.posts) >= 10, "some posts")
        courier.send(signal.SIGTERM)

        assert courier.wait() == 0
        left = {name for name, channel in owing.owed() if channel == "webhook"}
        assert sorted(posted(there)) == sorted(set(NAMES) - left)
        owing.courier()
        owing.wait_until_nothing_is_owed()
    assert sorted(posted(there)) == sorted(NAMES)


def test_a_post_that_does_not_end_is_given_back_when_the_courier_stops(
    tmp_path: Path, valkey: Valkey, there: Receiver
) -> None:
    there.scripts["/"] = [receiver.stalls]
    with Owing(tmp_path, valkey, {"canvas": there.url + "/"}) as owing:
        owing.owe("canvas", "s1")
        courier = owing.courier()
        wait_for(lambda: there.posts, "the post")
        courier.send(signal.SIGTERM)

        assert courier.wait() == 0
        assert owing.reasons() == {"s1": "the courier was told to stop"}
        owing.courier()
        owing.wait_until_nothing_is_owed()
    assert posted(there) == ["s1", "s1"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_couriers_hand_over_everything_once(tmp_path: Path, valkey: Valkey, there: Receiver, backend: str) -> None:
    with database(backend, tmp_path) as url, Owing(tmp_path, valkey, {"canvas": there.url + "/"}, url) as owing:
        owing.courier()
        owing.courier()
        owing.owe("canvas", *NAMES)
        owing.wait_until_nothing_is_owed()

        assert sorted(fields["id"] for fields in owing.on_stream("canvas")) == sorted(NAMES)
    assert sorted(posted(there)) == sorted(NAMES)


def test_a_queue_that_dies_and_comes_back_gets_everything(tmp_path: Path, valkey: Valkey, there: Receiver) -> None:
    with Owing(tmp_path, valkey, {"canvas": there.url + "/"}) as owing:
        courier = owing.courier()
        for first in range(0, len(NAMES), 20):
            noticed = courier.log.count("cannot work")
            owing.owe("canvas", *NAMES[first : first + 20])
            wait_for(lambda first=first: len(owing.on_stream("canvas")) > first, "some results")
            valkey.kill()
            wait_for(lambda noticed=noticed: courier.log.count("cannot work") > noticed, "the courier to notice")
            valkey.start()
            owing.let_time_pass()
        owing.wait_until_nothing_is_owed()

        assert courier.running
        assert {fields["id"] for fields in owing.on_stream("canvas")} == set(NAMES)
    assert set(posted(there)) == set(NAMES)


def test_while_the_queue_is_away_no_tries_are_used_up(tmp_path: Path, valkey: Valkey) -> None:
    with Owing(tmp_path, valkey, {"canvas": ""}) as owing:
        courier = owing.courier()
        courier.wait_for_log("started")
        valkey.kill()
        courier.wait_for_log("cannot work")
        owing.owe("canvas", "s1")
        valkey.start()
        owing.wait_until_nothing_is_owed()

        assert courier.log.count("cannot work") == 1
        courier.wait_for_log("all is well again")


def test_a_full_queue_gets_everything_once_there_is_room(tmp_path: Path) -> None:
    full = {"maxmemory": "1", "maxmemory-policy": "noeviction"}
    with Valkey(tmp_path / "valkey", full) as valkey, Owing(tmp_path, valkey, {"canvas": ""}) as owing:
        owing.owe("canvas", *NAMES)
        courier = owing.courier()
        courier.wait_for_log("cannot work")
        with valkey.client() as client:
            client.config_set("maxmemory", 0)
        owing.wait_until_nothing_is_owed()

        assert "not delivered" not in courier.log
        assert sorted(fields["id"] for fields in owing.on_stream("canvas")) == sorted(NAMES)


def test_one_stream_that_refuses_does_not_hold_up_another(tmp_path: Path, valkey: Valkey) -> None:
    with valkey.client() as client, Owing(tmp_path, valkey, {"canvas": "", "moodle": ""}) as owing:
        client.set("results:canvas", "no stream")
        owing.owe("canvas", *NAMES[: 2 * BATCH])
        owing.owe("moodle", "s1")
        owing.courier(Patience(first=600.0))
        wait_for(lambda: owing.on_stream("moodle"), "the other's result")
        wait_for(lambda: all(owing.reasons().values()), "every reason")

        assert set(owing.reasons().values()) == {
            "the queue's server refused: WRONGTYPE Operation against a key holding the wrong kind of value"
        }


def test_an_answer_that_cannot_be_read_does_not_hold_up_others(tmp_path: Path, valkey: Valkey) -> None:
    with Owing(tmp_path, valkey, {"canvas": ""}) as owing:
        owing.owe_report("canvas", "broken")
        owing.owe("canvas", "s1")
        with owing.ledger.database.connection(write=True) as connection:
            connection.execute(sa.update(REPORTS).values(report="{}"))
        owing.courier(Patience(first=600.0))
        wait_for(lambda: owing.on_stream("canvas"), "the other's result")

        wait_for(lambda: "is not a report" in owing.reasons().get("broken", ""), "the reason")
        assert [fields["id"] for fields in owing.on_stream("canvas")] == ["s1"]


def test_a_courier_lives_with_its_rights(tmp_path: Path) -> None:
    with guarded(tmp_path / "valkey") as server, Owing(tmp_path, server.valkey, dict.fromkeys(PLATFORMS, "")) as owing:
        url = server.valkey.url("courier", server.passwords["courier"])
        owing.owe("canvas", "s1")
        owing.courier(GRADER_QUEUE_URL=url)
        owing.wait_until_nothing_is_owed()

        assert server.everything.xlen("results:canvas") == 1
        assert server.everything.acl_log() == []


@pytest.mark.parametrize(("tries", "seconds"), [(1, 5), (2, 10), (3, 20), (10, 2560), (11, 3600), (100_000, 3600)])
def test_waits_double_up_to_an_hour(tries: int, seconds: float) -> None:
    waits = [Patience().before_next(tries).total_seconds() for _ in range(100)]

    assert min(waits) >= seconds * (1 - JITTER)
    assert max(waits) <= seconds * (1 + JITTER)
    assert len(set(waits)) > 1
