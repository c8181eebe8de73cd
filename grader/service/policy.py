"""Policy: the times, attempts and rate at which an exercise takes submissions; pure functions.

The rate is a token bucket, computed with the equivalent generic cell rate algorithm (ITU-T I.371): each submission
costs a span of time, and the bucket holds enough for one burst.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from grader.base.language import N_, _
from grader.ledger.people.adjustments import Adjustments
from grader.schema import Policy, Rate

DAY = timedelta(days=1)
CROWDED = timedelta(minutes=10)
"""The wait after which a platform with too many submissions may try again."""


REFUSALS = frozenset({"not-open-yet", "closed", "attempts-used", "too-soon"})
"""The codes of refusals that follow from an exercise's times and limits."""


class Past(NamedTuple):
    """A student's earlier submissions to one exercise."""

    attempts: int = 0
    """Different submissions that count: graded ones and those on their way."""
    times: Sequence[datetime] = ()
    """The times at which those before this one first came in, in order."""


class Refusal(NamedTuple):
    """The reason why a submission is not taken."""

    code: str
    message: str
    next_allowed: datetime | None
    """The time from which one would be taken; None for never."""


def of_student(policy: Policy, decided: Adjustments) -> Policy:
    """Return the rules for one student: the exercise's own, with what an instructor decided for this student."""
    update: dict[str, object] = {}
    if decided.due is not None and policy.due is not None:
        update["due"] = max(policy.due, decided.due.astimezone(policy.due.tzinfo))
    if policy.attempts is not None:
        update["attempts"] = policy.attempts + decided.more_attempts
    return policy.model_copy(update=update)


def refusal(policy: Policy, past: Past, when: datetime) -> Refusal | None:
    """Return why a submission that comes in at this time is not taken; None if it is."""
    if policy.opens is not None and when < policy.opens.astimezone(UTC):
        return Refusal("not-open-yet", _("this exercise opens on {when}", when=_written(policy.opens)), policy.opens)
    closes = closing(policy)
    if closes is not None and when >= closes.astimezone(UTC):
        message = _("this exercise closed on {when}; ask your instructor", when=_written(closes))
        return Refusal("closed", message, None)
    if policy.attempts is not None and past.attempts >= policy.attempts:
        message = N_("all {number} attempts are used; one of them may be handed in again, which costs nothing")
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


def crowded(most: int, when: datetime) -> Refusal:
    """Return the refusal of a submission that comes in at this time while `most` others of its platform wait."""
    message = N_(
        "{number} submissions from this platform are waiting, and no more are taken until some are graded; this one "
        "costs nothing: hand it in again later, under a new id"
    )
    return Refusal("too-many-waiting", _(message, number=most), when + CROWDED)


def closing(policy: Policy) -> datetime | None:
    """Return the time from which nothing is taken; None for never."""
    due = policy.due
    if due is None or not policy.late_days:
        return due
    if policy.time_zone is None:
        return due + policy.late_days * DAY
    last = due.date() + policy.late_days * DAY
    return datetime.combine(last + DAY, time.min, tzinfo=due.tzinfo)


def credit(policy: Policy, when: datetime) -> float:
    """Return the part of the score that lateness leaves, 0 to 1."""
    if policy.due is None or when < policy.due.astimezone(UTC):
        return 1.0
    begun = late_days(policy.due, when, by_calendar=policy.time_zone is not None)
    return round(max(0.0, 1 - begun * policy.late_costs), 4)


def late_days(due: datetime, when: datetime, *, by_calendar: bool) -> int:
    """Return the number of days begun since the deadline: of 24 hours, or calendar days of the deadline's time zone.

    By the calendar, the rest of the deadline's own day and the next day are the first one together.
    """
    if by_calendar:
        return max(1, (when.astimezone(due.tzinfo).date() - due.date()).days)
    return math.floor((when - due) / DAY) + 1


def free_at(rate: Rate, times: Sequence[datetime]) -> datetime | None:
    """Return when the bucket holds enough for one more submission; None if nothing came before."""
    cost = timedelta(hours=1) / rate.per_hour
    full: datetime | None = None  # the time at which the bucket is full again
    for came in times:
        full = (came if full is None else max(full, came)) + cost
    return None if full is None else full - (rate.burst - 1) * cost  # enough for one must be in it


def _written(when: datetime) -> str:
    return when.isoformat(sep=" ", timespec="seconds")
