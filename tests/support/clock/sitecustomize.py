"""A wrong clock for one process: with this folder in PYTHONPATH, its time is off by `WRONG_BY` seconds.

Only the time of day is: timers go on as before, as they do when a machine's clock is set.
"""

import datetime
import os
import time

WRONG_BY = float(os.environ["WRONG_BY"])
_time, _datetime = time.time, datetime.datetime


class _AnyDatetime(type):
    """Takes every moment for one of its own, as those that a library makes in C."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _datetime)


class WrongDatetime(_datetime, metaclass=_AnyDatetime):
    """The class `datetime`, with a wrong present."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> _datetime:  # type: ignore[override]
        """Return the wrong time."""
        return _datetime.now(tz) + datetime.timedelta(seconds=WRONG_BY)


time.time = lambda: _time() + WRONG_BY
datetime.datetime = WrongDatetime  # type: ignore[misc]
