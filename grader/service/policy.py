"""Policy: the times, attempts and rate at which an exercise takes submissions; pure functions.

The rate is a token bucket, computed with the equivalent generic cell rate algorithm (ITU-T I.371): each submission
costs a span of time, and the bucket holds enough for one burst.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from grader.base.language import N_, _
from grader.schema import Policy, Rate

DAY = timedelta(days=1)


class Past(NamedTuple):
    """A student's earlier submissions to one exercise."""

    attempts: int = 0
    """Different submissions that count: graded ones and those on their way."""
    times: Sequence[datetime] = ()
    """The times at which each of them first came in, in order."""


class Refusal(NamedTuple):
    """The reason why a submission is not taken."""

    code: str
    message: str
    next_allowed: datetime | None
    """The time from which one would be taken; None for never."""


def refusal(policy: Policy, past: Past, when: datetime) -> Refusal | None:
    """Return why a submission that comes in at this time is not taken; None if it is."""
    if policy.opens is not None and when < policy.opens:
        return Refusal("not-open-yet", _("this exercise opens on {when}", when=_written(policy.opens)), policy.opens)
    closes = closing(policy)
    if closes is not None and when >= closes:
        message = _("this exercise closed on {when}; ask your instructor", when=_written(closes))
        return Refusal("closed", message, None)
    if policy.attempts is not None and past.attempts >= policy.attempts:
        message = N_("all {number} attempts are used; handing in one of them again returns its report")
        return Refusal("attempts-used", _(message, number=policy.attempts), None)
    if policy.rate is not None:
        free = free_at(policy.rate, [min(time, when) for time in past.times])  # the clock may have been set back
        if free is not None and when < free:
            message = _(
                "this is too soon: {burst} at once and {rate} an hour are accepted; the next one from {when} on",
                burst=policy.rate.burst,
                rate=f"{policy.rate.per_hour:g}",
                when=_written(free),
            )
            return Refusal("too-soon", message, free)
    return None


def closing(policy: Policy) -> datetime | None:
    """Return the time from which nothing is taken; None for never."""
    return None if policy.due is None else policy.due + policy.late_days * DAY


def credit(policy: Policy, when: datetime) -> float:
    """Return the part of the score that lateness leaves, 0 to 1."""
    if policy.due is None or when < policy.due:
        return 1.0
    begun = math.floor((when - policy.due) / DAY) + 1
    return round(max(0.0, 1 - begun * policy.late_costs), 4)


def free_at(rate: Rate, times: Sequence[datetime]) -> datetime | None:
    """Return when the bucket holds enough for one more submission; None if nothing came before."""
    cost = timedelta(hours=1) / rate.per_hour
    full: datetime | None = None  # the time at which the bucket is full again
    for time in times:
        full = (time if full is None else max(full, time)) + cost
    return None if full is None else full - (rate.burst - 1) * cost  # enough for one must be in it


def _written(when: datetime) -> str:
    return when.isoformat(sep=" ", timespec="seconds")
