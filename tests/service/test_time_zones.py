"""Deadlines by the wall clock of a named time zone, over the days on which its clocks change."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from grader.schema import Policy
from grader.service.policy import Past, closing, credit, refusal


def policy(**values: Any) -> Policy:  # noqa: ANN401 - as an exercise's file gives them
    return Policy.model_validate(values)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "due", "moment"),
    [
        ("Asia/Seoul", "2026-12-01 23:59", "2026-12-01 14:59"),
        ("Asia/Seoul", "2026-12-01T23:59:30", "2026-12-01 14:59:30"),
        ("Europe/Berlin", "2026-03-28 23:59", "2026-03-28 22:59"),
        ("Europe/Berlin", "2026-03-29 23:59", "2026-03-29 21:59"),
        ("America/New_York", "2026-11-01 23:59", "2026-11-02 04:59"),
        ("Australia/Lord_Howe", "2026-04-05 12:00", "2026-04-05 01:30"),
        ("UTC", "2026-12-01 23:59", "2026-12-01 23:59"),
        ("Asia/Seoul", "2026-12-01T23:59:00+01:00", "2026-12-01 22:59"),
        ("Europe/Berlin", "2026-10-25T02:30+02:00", "2026-10-25 00:30"),
        ("Europe/Berlin", "2026-10-25T02:30+01:00", "2026-10-25 01:30"),
    ],
)
def test_a_deadline_is_what_the_clocks_of_its_zone_show(zone: str, due: str, moment: str) -> None:
    deadline = policy(time_zone=zone, due=due).due

    assert deadline
    assert deadline.astimezone(UTC) == utc(moment)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"time_zone": "Europe/Berlin", "due": "2026-03-29 02:30"}, "does not exist in Europe/Berlin"),
        ({"time_zone": "America/New_York", "due": "2026-03-08 02:00"}, "does not exist in America/New_York"),
        (
            {"time_zone": "Europe/Berlin", "due": "2026-10-25 02:30"},
            "comes twice in Europe/Berlin: its clocks are put back; write 2026-10-25T02:30+02:00 or "
            "2026-10-25T02:30+01:00",
        ),
        ({"time_zone": "Asia/Soul"}, "`Asia/Soul` is not a time zone"),
        ({"time_zone": "KST"}, "`KST` is not a time zone"),
        ({"time_zone": "../etc/passwd"}, "is not a time zone"),
        ({"time_zone": ""}, "is not a time zone"),
        ({"time_zone": "localtime"}, "is not a time zone"),
        ({"due": "2026-12-01 23:59"}, "with a `time_zone`"),
        ({"time_zone": "Asia/Seoul", "due": "2026-12-01"}, "must be a date with its time"),
        ({"time_zone": "Asia/Seoul", "due": "soon"}, "must be a date with its time"),
        ({"time_zone": "Asia/Seoul", "opens": "2026-12-02 00:00", "due": "2026-12-01 23:59"}, "later than `opens`"),
    ],
)
def test_what_names_no_moment_is_refused_and_says_why(values: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        policy(**values)


@pytest.mark.parametrize(
    ("when", "left"),
    [
        ("2026-12-01 14:58:59", 1.0),
        ("2026-12-01 14:59:00", 0.9),
        ("2026-12-01 15:00:00", 0.9),  # midnight in Seoul
        ("2026-12-02 14:59:59", 0.9),
        ("2026-12-02 15:00:00", 0.8),
        ("2026-12-03 14:59:59", 0.8),
    ],
)
def test_a_late_day_is_a_calendar_day_of_the_zone(when: str, left: float) -> None:
    rules = policy(time_zone="Asia/Seoul", due="2026-12-01 23:59", late_days=2)

    assert credit(rules, utc(when)) == left
    assert refusal(rules, Past(), utc(when)) is None


@pytest.mark.parametrize(
    ("zone", "due", "closes"),
    [
        ("Asia/Seoul", "2026-12-01 23:59", "2026-12-03 15:00"),
        ("Europe/Berlin", "2026-03-27 23:59", "2026-03-29 22:00"),  # a day of 23 hours
        ("Europe/Berlin", "2026-10-23 23:59", "2026-10-25 23:00"),  # a day of 25 hours
        ("Africa/Cairo", "2026-04-21 12:00", "2026-04-23 22:00"),  # midnight of the 24th does not exist there
    ],
)
def test_it_closes_at_the_end_of_the_last_late_day(zone: str, due: str, closes: str) -> None:
    rules = policy(time_zone=zone, due=due, late_days=2)
    end = closing(rules)

    assert end
    assert end.astimezone(UTC) == utc(closes)
    assert refusal(rules, Past(), utc(closes) - timedelta(seconds=1)) is None
    refused = refusal(rules, Past(), utc(closes))
    assert refused
    assert refused.code == "closed"
    assert credit(rules, utc(closes) - timedelta(seconds=1)) == 0.8


def test_without_late_days_it_closes_at_the_deadline() -> None:
    rules = policy(time_zone="Asia/Seoul", due="2026-12-01 23:59")

    assert closing(rules) == rules.due


def test_a_zone_survives_being_written_and_read() -> None:
    rules = policy(time_zone="Asia/Seoul", opens="2026-11-01 09:00", due="2026-12-01 23:59", late_days=2)

    assert Policy.model_validate_json(rules.model_dump_json()) == rules
