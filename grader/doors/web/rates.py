"""Rates: the requests that one token may send in a minute, counted in this process as a token bucket."""

from collections.abc import Callable, Hashable
from time import monotonic

FORGET_AT = 10_000
"""Buckets; with more, those that are full again are dropped."""


class Rates:
    """A bucket for each sender: full at first, and filled again within a minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self.per_minute, self._clock = per_minute, clock
        self._full_at: dict[Hashable, float] = {}

    def wait(self, sender: Hashable) -> float:
        """Take one request from the sender's bucket; return the seconds after which there is one, 0 if it was taken."""
        now, cost = self._clock(), 60 / self.per_minute
        full_at = max(now, self._full_at.get(sender, now)) + cost
        if full_at - now > 60:
            return full_at - now - 60
        if len(self._full_at) >= FORGET_AT:
            self._full_at = {each: time for each, time in self._full_at.items() if time > now}
        self._full_at[sender] = full_at
        return 0.0
