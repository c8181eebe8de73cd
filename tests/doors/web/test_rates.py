"""The rate of a token: a bucket that is full at first."""

from grader.doors.web.rates import FORGET_AT, Rates


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_holds_a_minutes_requests_and_fills_again() -> None:
    clock = Clock()
    rates = Rates(60, clock)

    assert [rates.wait("a") for _ in range(60)] == [0.0] * 60
    assert rates.wait("a") == 1.0
    assert rates.wait("b") == 0.0
    clock.now += 1.0
    assert (rates.wait("a"), rates.wait("a")) == (0.0, 1.0)
    clock.now += 3600.0
    assert [rates.wait("a") for _ in range(61)] == [0.0] * 60 + [1.0]


def test_full_buckets_are_forgotten() -> None:
    clock = Clock()
    rates = Rates(60, clock)
    for sender in range(FORGET_AT):
        rates.wait(sender)
    clock.now += 60.0
    rates.wait("new")

    assert len(rates._full_at) == 1
