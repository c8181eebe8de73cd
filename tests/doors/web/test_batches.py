"""Requests that come at the same time are answered together, and each gets its own answer."""

import asyncio
from collections.abc import Sequence
from threading import Event

import httpx

from grader.doors.web.application import application
from grader.doors.web.batches import Batches
from tests.support.door import Door, bearer, posted, token


class Slow:
    """Work that doubles numbers, slowly: its first batch waits until the others have asked."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go_on = Event()

    def __call__(self, asked: Sequence[int]) -> list[int]:
        """Return the numbers doubled; fail at zero."""
        self.batches.append([*asked])
        assert self.go_on.wait(60)
        if 0 in asked:
            raise ZeroDivisionError
        return [2 * each for each in asked]


async def asked_together(work: Slow, *numbers: int, gone: int = -1) -> list[int | BaseException]:
    """Return the answers to the first number, which is asked alone, and to the others; cancel the request of `gone`."""
    batches = Batches(work)
    asking = [asyncio.create_task(batches.answer(numbers[0]))]
    while not work.batches:
        await asyncio.sleep(0.001)
    asking += [asyncio.create_task(batches.answer(each)) for each in numbers[1:]]
    await asyncio.sleep(0)
    if gone >= 0:
        asking[gone].cancel()
    work.go_on.set()
    return await asyncio.gather(*asking, return_exceptions=True)


def test_those_who_ask_meanwhile_are_answered_together() -> None:
    work = Slow()

    assert asyncio.run(asked_together(work, 1, 2, 3, 4)) == [2, 4, 6, 8]
    assert work.batches == [[1], [2, 3, 4]]


def test_many_are_answered_in_parts() -> None:
    work = Slow()
    numbers = [*range(1, 252)]

    assert asyncio.run(asked_together(work, *numbers)) == [2 * each for each in numbers]
    assert [len(batch) for batch in work.batches] == [1, 100, 100, 50]


def test_each_gets_the_error_and_the_next_ones_their_answer() -> None:
    work = Slow()
    first, *others = asyncio.run(asked_together(work, 1, 0, 2))

    assert first == 2
    assert [type(each) for each in others] == [ZeroDivisionError] * 2
    assert asyncio.run(asked_together(work, 3)) == [6]


def test_one_who_goes_away_takes_nobody_along() -> None:
    first, gone, last = asyncio.run(asked_together(Slow(), 1, 2, 3, gone=1))

    assert (first, type(gone), last) == (2, asyncio.CancelledError, 6)


def test_tokens_shown_at_the_same_time_open_each_its_own(door: Door) -> None:
    students = [f"student-{number}" for number in range(30)]
    tokens = [token(door.ledger, student=student) for student in students]
    for number, student in enumerate(students):
        assert door.post(posted(f"s{number}", student=student)).status_code == 202
    refused = ["hgt_forged", token(door.ledger, "submit")]
    shown = [*tokens, *refused]

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(application(door.house))
        async with httpx.AsyncClient(transport=transport, base_url=door.house.url) as client:
            paths = [f"/submissions/s{number % 30}" for number in range(len(shown))]
            return await asyncio.gather(
                *(client.get(path, headers=bearer(each)) for path, each in zip(paths, shown, strict=True))
            )

    *own, forged, other = asyncio.run(ask())

    assert [answer.json()["student"] for answer in own] == students
    assert (forged.status_code, other.status_code) == (401, 403)
