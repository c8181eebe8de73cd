"""A wrong policy is reported with its place, the wrong value and what is allowed."""

from pathlib import Path

import pytest

from grader import exercises
from grader.base.errors import ExerciseError
from tests.support.exercise_sample import ID, TEXT, write


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("{due: 2026-12-01}", "17:15: `due` must be a date with time and time zone, such as 2026-12-01T23:59:00+01:00, "
         "not `2026-12-01`; the time and the time zone are missing (+01:00, Z for UTC, or `time_zone`) [bad-date]"),
        ("{opens: 2026-12-01T09:00:00}",
         "not `2026-12-01T09:00:00`; the time zone is missing (+01:00, Z for UTC, or `time_zone`)"),
        ("{due: tomorrow}", "not `tomorrow` [bad-date]"),
        ("{due: 2026-13-01T09:00:00Z}", "not `2026-13-01T09:00:00Z` [bad-date]"),
        ("{due: [a]}", "`due` must be a date with time and time zone, such as 2026-12-01T23:59:00+01:00, not a list"),
        ("{rate: {burst: 3, per_hour: 0}}", "17:37: `per_hour` must be from 0.001 to 3600, not `0`"),
        ("{rate: 3}", "17:16: `rate` must be a mapping with `burst:`, `per_hour:`, not `3`"),
        ("{rate: {burst: 3}}", "`per_hour` is missing in policy.rate; required: burst, per_hour"),
        ("{late_days: 3}", "17:21: `late_days` are counted from `due`; write `due` as well"),
        ("{opens: 2026-12-02T09:00:00Z, due: 2026-12-01T09:00:00Z}", "17:44: `due` must be later than `opens`"),
        ("{late_costs: 10%}", "17:22: `late_costs` must be a number, not `10%`"),
        ("{attempt: 3}", "17:10: unknown key `attempt` in policy; allowed: attempts, rate, time_zone, opens, due, "
         "late_days, late_costs, late_passes, counts; did you mean `attempts`?"),
        ("{time_zone: Asia/Soul}", "17:21: `Asia/Soul` is not a time zone; write its IANA name"),
        ("{time_zone: Europe/Berlin, due: 2026-03-29 02:30}", "17:41: `due`: 2026-03-29 02:30 does not exist in "
         "Europe/Berlin: its clocks are put forward; give another time [bad-date]"),
        ("3", "17:9: `policy` must be a mapping with any of `attempts:`, `rate:`, `time_zone:`, `opens:`, `due:`,"),
    ],
)  # fmt: skip
def test_a_policy_that_errs_is_told_with_its_place_and_what_is_allowed(policy: str, message: str, course: Path) -> None:
    write(course, f"{TEXT}policy: {policy}\n")

    with pytest.raises(ExerciseError) as caught:
        exercises.load(ID)

    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
