"""Answers that are owed: each is delivered at least once, under one id, and kept until then."""

from collections import Counter
from datetime import timedelta

import sqlalchemy as sa

from grader.ledger import Ledger, Regrade
from grader.ledger.queue import outbox as boxes
from grader.ledger.queue.jobs import Jobs
from grader.ledger.queue.outbox import Delivery, Outbox
from grader.ledger.tables import DELIVERIES
from grader.service import answers
from grader.service.platforms import Platform
from grader.service.reception import Reception
from tests.ledger.queue.test_jobs import leased
from tests.service.crowd import Crowd
from tests.service.planted import ID, envelope, let_time_pass, owed, rows
from tests.support.ledgers import sealed

SOON = timedelta(seconds=30)


def owe(reception: Reception, count: int, platform: str = "local", first: int = 1) -> None:
    """Owe this number of answers, of rejected submissions `s1` and so on."""
    names = [f"s{number}" for number in range(first, first + count)]
    receipts = reception.accept([envelope(name, submission="[]", platform=platform) for name in names])
    assert {receipt.state for receipt in receipts} == {"rejected"}


def names(deliveries: list[Delivery]) -> list[str]:
    return [delivery.submission_id for delivery in deliveries]


def test_an_answer_is_given_out_once_until_it_is_delivered(
    reception: Reception, outbox: Outbox, ledger: Ledger
) -> None:
    owe(reception, 3)

    first = outbox.due("stream", 2)
    assert [(each.platform, each.tries, each.channel) for each in first] == [("local", 1, "stream")] * 2
    assert names(first + outbox.due("stream", 10)) == ["s1", "s2", "s3"]
    assert outbox.due("stream", 10) == []
    assert len({each.message for each in first}) == 2

    outbox.delivered(first)
    let_time_pass(ledger)
    (again,) = outbox.due("stream", 10)
    assert (again.submission_id, again.tries) == ("s3", 2)
    outbox.delivered([again])
    let_time_pass(ledger)
    assert outbox.due("stream", 10) == []


def test_what_a_dead_courier_took_is_given_to_another_under_the_same_id(
    reception: Reception, outbox: Outbox, ledger: Ledger
) -> None:
    owe(reception, 1)
    (taken,) = outbox.due("stream", 10)
    let_time_pass(ledger)

    (again,) = outbox.due("stream", 10)

    assert again == taken._replace(tries=2)


def test_what_could_not_be_delivered_is_tried_again_later_and_never_let_go(
    reception: Reception, outbox: Outbox, ledger: Ledger
) -> None:
    owe(reception, 1)
    (taken,) = outbox.due("stream", 10)
    outbox.failed(taken, "500 \0 \ud800", SOON)

    assert outbox.due("stream", 10) == []
    for tries in range(2, 30):
        let_time_pass(ledger)
        (taken,) = outbox.due("stream", 10)
        assert taken.tries == tries
        outbox.failed(taken, "no route", SOON)
    assert owed(ledger) == {"s1": 1}


def test_what_is_delivered_stays_so_whoever_comes_late(reception: Reception, outbox: Outbox, ledger: Ledger) -> None:
    owe(reception, 1)
    slow = outbox.due("stream", 10)
    let_time_pass(ledger)
    fast = outbox.due("stream", 10)
    outbox.delivered(fast, then=fast)

    outbox.failed(slow[0], "it was late", SOON)
    outbox.delivered(slow, then=slow)

    let_time_pass(ledger)
    assert outbox.due("stream", 10) == []
    assert len(outbox.due("webhook", 10)) == 1


def test_a_webhook_is_owed_once_the_stream_has_it(reception: Reception, outbox: Outbox) -> None:
    owe(reception, 2)
    taken = outbox.due("stream", 10)
    assert outbox.due("webhook", 10) == []

    outbox.delivered(taken, then=taken[1:])

    (hook,) = outbox.due("webhook", 10)
    assert (hook.submission_id, hook.channel, hook.tries) == ("s2", "webhook", 1)
    assert hook.message not in {each.message for each in taken}


def test_a_platform_with_much_waiting_leaves_room_for_others(ledger: Ledger, outbox: Outbox, exercises: object) -> None:
    two = Reception(ledger, {name: Platform(name=name) for name in ("canvas", "moodle")})
    owe(two, 30, "canvas")
    owe(two, 3, "moodle", first=100)

    given = outbox.due("stream", 10, {"canvas": 4})

    assert Counter(each.platform for each in given) == {"canvas": 4, "moodle": 3}
    assert outbox.due("stream", 10, {"canvas": 0}) == []
    assert len(outbox.due("stream", 100, {})) == 26


def take(url: str, looks: int) -> list[int]:
    """Return the deliveries that one courier gets."""
    with Ledger(url) as ledger:
        outbox = Outbox(ledger)
        return [each.id for _ in range(looks) for each in outbox.due("stream", 7)]


def test_couriers_that_look_at_once_share_the_answers(
    url: str, reception: Reception, outbox: Outbox, crowd: Crowd
) -> None:
    owe(reception, 60)

    by_each = crowd.do(take, (url, 12), (url, 12), (url, 12))

    left = [each.id for each in outbox.due("stream", 100)]
    assert Counter([*left, *(number for each in by_each for number in each)]) == dict.fromkeys(range(1, 61), 1)


def revisions(ledger: Ledger) -> dict[str, int]:
    return {name: row["revision"] for name, row in rows(ledger).items()}


def test_an_answers_revision_grows_whenever_a_new_one_is_owed(
    reception: Reception, jobs: Jobs, outbox: Outbox, ledger: Ledger
) -> None:
    reception.accept([envelope("s1"), envelope("s2")])
    assert revisions(ledger) == {"s1": 0, "s2": 0}
    for job in (1, 2):  # with the same content, so with one report
        jobs.finish(leased(jobs, job), sealed(1, exercise=ID))
    outbox.delivered(outbox.due("stream", 9))
    assert revisions(ledger) == {"s1": 1, "s2": 1}

    reception.accept([envelope("s1")])
    outbox.regrade(sealed(1, score=0.5, content_hash="f" * 64, exercise=ID), "local", Regrade(1, "threshold"))

    assert revisions(ledger) == {"s1": 3, "s2": 2}
    told = {name: answers.result(ledger, "local", name) for name in ("s1", "s2")}
    assert {name: (each.revision, each.score) for name, each in told.items()} == {"s1": (3, 0.5), "s2": (2, 0.5)}
    assert Counter(each.submission_id for each in outbox.due("stream", 9)) == {"s1": 2, "s2": 1}


def test_an_answer_that_a_newer_one_overtook_is_followed_by_the_newest(
    reception: Reception, jobs: Jobs, outbox: Outbox, ledger: Ledger
) -> None:
    """One courier's connection holds it back; meanwhile it is regraded, and another courier delivers that."""
    reception.accept([envelope("s1")])
    jobs.finish(leased(jobs, 1), sealed(1, exercise=ID))
    held_back = outbox.due("stream", 9)
    outbox.regrade(sealed(1, score=0.5, content_hash="f" * 64, exercise=ID), "local", Regrade(1, "threshold"))
    outbox.delivered(outbox.due("stream", 9))
    assert outbox.due("stream", 9) == []

    outbox.delivered(held_back)

    (last,) = outbox.due("stream", 9)
    assert last.revision == revisions(ledger)["s1"]
    outbox.delivered([last])
    assert outbox.due("stream", 9) == []


def test_many_answers_are_noted_at_once(reception: Reception, outbox: Outbox, ledger: Ledger) -> None:
    owe(reception, 1)
    with ledger.database.connection(write=True) as connection:
        for _ in range(699):
            boxes.put(connection, [1], envelope("s1").came_at)

    taken = outbox.due("stream", 5000)
    outbox.delivered(taken, then=taken)

    assert len(taken) == 700
    with ledger.database.connection() as connection:
        waiting = sa.select(sa.func.count()).where(DELIVERIES.c.wake_at.is_not(None), DELIVERIES.c.channel == "webhook")
        assert connection.scalar(waiting) == 700
