"""When and how often an exercise takes submissions: pure functions of what came in before.

The rate is a token bucket, reckoned by its equivalent with one number, the generic cell rate algorithm
(ITU-T I.371): each submission pays for a span of time, and the bucket holds a burst's worth of it.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from grader.base.language import N_, _
from grader.schema import Policy, Rate

DAY = timedelta(days=1)


class Past(NamedTuple):
    """What a student handed in before, to one exercise."""

    attempts: int = 0
    """Submissions that count: graded ones and those on the way; the same one again is not another."""
    times: Sequence[datetime] = ()
    """When each of them was first taken in, in order."""


class Refusal(NamedTuple):
    """Why a submission is not taken in."""

    code: str
    message: str
    next_allowed: datetime | None
    """When one would be; None where none ever will."""


def refusal(policy: Policy, past: Past, when: datetime) -> Refusal | None:
    """Why a submission that comes in at this time is not taken, or None where it is."""
    if policy.opens is not None and when < policy.opens:
        return Refusal("not-open-yet", _("this exercise opens on {when}", when=_said(policy.opens)), policy.opens)
    closes = closing(policy)
    if closes is not None and when >= closes:
        message = _("this exercise closed on {when}; ask your instructor", when=_said(closes))
        return Refusal("closed", message, None)
    if policy.attempts is not None and past.attempts >= policy.attempts:
        message = N_("all {number} attempts are used; handing in one of them again returns its report")
        return Refusal("attempts-used", _(message, number=policy.attempts), None)
    if policy.rate is not None:
        free = free_at(policy.rate, past.times)
        if free is not None and when < free:
            message = _(
                "this is too soon: {burst} at once and {rate} an hour are taken; the next one from {when} on",
                burst=policy.rate.burst,
                rate=f"{policy.rate.per_hour:g}",
                when=_said(free),
            )
            return Refusal("too-soon", message, free)
    return None


def closing(policy: Policy) -> datetime | None:
    """From when on nothing is taken in; None where that never happens."""
    return None if policy.due is None else policy.due + policy.late_days * DAY


def credit(policy: Policy, when: datetime) -> float:
    """What lateness leaves of the score, 0 to 1."""
    if policy.due is None or when < policy.due:
        return 1.0
    begun = math.floor((when - policy.due) / DAY) + 1
    return round(max(0.0, 1 - begun * policy.late_costs), 4)


def free_at(rate: Rate, times: Sequence[datetime]) -> datetime | None:
    """When the bucket holds enough for one more submission; None where nothing came before."""
    cost = timedelta(hours=1) / rate.per_hour
    full: datetime | None = None  # when the bucket would be full again
    for time in times:
        full = (time if full is None else max(full, time)) + cost
    return None if full is None else full - (rate.burst - 1) * cost  # one's worth must be in it


def _said(when: datetime) -> str:
    return when.isoformat(sep=" ", timespec="seconds")
