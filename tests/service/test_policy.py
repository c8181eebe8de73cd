"""The times, attempts and rate of a policy; the rate is compared with a bucket that is filled drop by drop."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.schema import Policy, Rate
from grader.service.policy import Past, closing, credit, free_at, refusal

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
TOKYO = timezone(timedelta(hours=9))


class Bucket:
    """A token bucket as in textbooks: a drop falls each second, and `seconds_each` drops are a token."""

    def __init__(self, burst: int, seconds_each: int) -> None:
        self.burst, self.seconds_each = burst, seconds_each
        self.drops = burst * seconds_each
        self.at = 0

    def takes(self, second: int) -> bool:
        """Return whether a submission at this second is taken; it takes a token out."""
        self.drops = min(self.burst * self.seconds_each, self.drops + second - self.at)
        self.at = second
        if self.drops < self.seconds_each:
            return False
        self.drops -= self.seconds_each
        return True


@given(
    burst=st.integers(1, 5),
    seconds_each=st.sampled_from([1, 2, 36, 600, 3600, 36_000]),
    gaps=st.lists(st.one_of(st.integers(0, 3), st.integers(0, 100_000)), max_size=40),
)
def test_the_rate_takes_what_a_token_bucket_takes(burst: int, seconds_each: int, gaps: list[int]) -> None:
    rate = Rate(burst=burst, per_hour=3600 / seconds_each)
    bucket, taken, second = Bucket(burst, seconds_each), [], 0
    for gap in gaps:
        second += gap
        when = NOON + timedelta(seconds=second)
        free = free_at(rate, taken)
        is_taken = free is None or when >= free

        assert is_taken == bucket.takes(second)
        if is_taken:
            taken.append(when)


@given(burst=st.integers(1, 4), seconds=st.lists(st.integers(0, 20_000), min_size=1, max_size=30))
def test_the_time_that_a_refusal_names_is_the_first_at_which_one_is_taken(burst: int, seconds: list[int]) -> None:
    policy = Policy(rate=Rate(burst=burst, per_hour=6))
    times: list[datetime] = []
    for when in sorted(NOON + timedelta(seconds=second) for second in seconds):
        refused = refusal(policy, Past(len(times), times), when)
        if refused is None:
            times.append(when)
            continue

        assert (refused.code, refused.next_allowed) == ("too-soon", free_at(Rate(burst=burst, per_hour=6), times))
        assert refused.next_allowed
        assert refused.next_allowed > when
        assert refusal(policy, Past(len(times), times), refused.next_allowed) is None
        assert refusal(policy, Past(len(times), times), refused.next_allowed - timedelta(microseconds=1))


def test_so_many_at_once_as_the_burst_says_and_then_one_at_a_time() -> None:
    rate = Rate(burst=3, per_hour=6)

    assert free_at(rate, []) is None
    assert free_at(rate, [NOON] * 2) == NOON
    assert free_at(rate, [NOON] * 3) == NOON + 10 * MINUTE
    assert free_at(rate, [*[NOON] * 3, NOON + 10 * MINUTE]) == NOON + 20 * MINUTE


def test_a_rate_that_is_no_whole_number_of_seconds_never_drifts() -> None:
    rate = Rate(burst=1, per_hour=7)
    times = [NOON]
    for _ in range(699):
        times.append(free_at(rate, times) or NOON)

    assert abs(times[-1] + HOUR / 7 - (NOON + 100 * HOUR)) < timedelta(seconds=0.01)


@pytest.mark.parametrize(
    ("policy", "past", "expected"),
    [
        ({}, Past(10_000, [NOON] * 10_000), None),
        ({"opens": NOON}, Past(), None),
        ({"opens": NOON + MINUTE}, Past(), ("not-open-yet", NOON + MINUTE)),
        ({"opens": (NOON + HOUR).astimezone(TOKYO)}, Past(), ("not-open-yet", NOON + HOUR)),
        ({"due": NOON + MINUTE}, Past(), None),
        ({"due": NOON}, Past(), ("closed", None)),
        ({"due": NOON - 2 * DAY + MINUTE, "late_days": 2}, Past(), None),
        ({"due": NOON - 2 * DAY, "late_days": 2}, Past(), ("closed", None)),
        ({"attempts": 3}, Past(2), None),
        ({"attempts": 3}, Past(3), ("attempts-used", None)),
        ({"attempts": 3}, Past(4), ("attempts-used", None)),
        ({"rate": Rate(burst=1, per_hour=1)}, Past(1, [NOON - HOUR]), None),
        ({"rate": Rate(burst=1, per_hour=1)}, Past(1, [NOON - MINUTE]), ("too-soon", NOON + 59 * MINUTE)),
    ],
)
def test_a_refusal_says_why_and_when_the_next_one_is_taken(
    policy: dict[str, object], past: Past, expected: tuple[str, datetime | None] | None
) -> None:
    refused = refusal(Policy.model_validate(policy), past, NOON)

    assert (refused and (refused.code, refused.next_allowed)) == expected


def test_a_refusal_tells_the_time_in_the_exercises_own_zone() -> None:
    opens = datetime(2026, 3, 3, 9, tzinfo=TOKYO)

    refused = refusal(Policy(opens=opens), Past(), NOON)

    assert refused
    assert refused.message == "this exercise opens on 2026-03-03 09:00:00+09:00"


@pytest.mark.parametrize(
    ("late", "left"),
    [
        (-DAY, 1.0),
        (timedelta(microseconds=-1), 1.0),
        (timedelta(0), 0.9),
        (DAY - timedelta(microseconds=1), 0.9),
        (DAY, 0.8),
        (9 * DAY, 0.0),
        (300 * DAY, 0.0),
    ],
)
def test_each_late_day_once_begun_costs_its_part(late: timedelta, left: float) -> None:
    assert credit(Policy(due=NOON, late_days=365), (NOON + late).astimezone(TOKYO)) == left


def test_without_a_due_date_nothing_closes_and_nothing_is_late() -> None:
    assert closing(Policy()) is None
    assert credit(Policy(), NOON) == 1.0
