"""Moments: dates with their time, given with an offset from UTC or by the wall clock of a named time zone."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from grader.base.language import N_, _

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1970, 9000
"""The allowed years of a date; adding days to a later one could overflow."""
FORMAT = "moment"
"""The format in the schema; the `date-time` that editors know always has an offset."""
ZONE = "time_zone"
"""The field, before the moments in a record, that names their time zone."""
BY_THE_CLOCK = "by_the_clock"
"""The type of the error about a time that the clocks of a zone skip or show twice."""
OF_THE_MACHINE = ("localtime", "posixrules", "posix/", "right/")
"""The beginnings of names that mean another zone on another machine, or none."""


def _zone(name: str) -> str:
    try:
        if name.startswith(OF_THE_MACHINE):
            raise ValueError(name)
        _zone_of(name)
    except (ValueError, OSError, LookupError):
        message = _("`{name}` is not a time zone; write its IANA name, such as Asia/Seoul or UTC", name=name)
        raise ValueError(message) from None
    return name


ZoneName = Annotated[str, AfterValidator(_zone)]


def _moment(value: object, info: ValidationInfo) -> object:
    """Return the date that a text in ISO 8601 gives; it must have a time, and an offset or a named time zone."""
    name = (info.data or {}).get(ZONE)
    if isinstance(value, datetime):
        return value.astimezone(_zone_of(name)) if name else value
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is not None and moment.tzinfo is None and name and ":" in str(value):
        moment = _by_the_clock(moment, _zone_of(name))
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        examples = "2026-12-01T23:59:00+01:00, or 2026-12-01 23:59 with a `time_zone`"
        raise ValueError(f"`{value}` must be a date with its time and time zone, such as {examples}")
    return moment.astimezone(_zone_of(name)) if name else moment


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": FORMAT})]


def _zone_of(name: str) -> "ZoneInfo":
    from zoneinfo import ZoneInfo  # few exercises name one

    return ZoneInfo(name)


def _by_the_clock(clock: datetime, zone: "ZoneInfo") -> datetime:
    """Return the one moment at which the clocks of the zone show this; refuse a time that they skip or show twice."""
    names = {"time": f"{clock:%Y-%m-%d %H:%M}", "zone": zone.key}
    moments = [clock.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
    real = [each for each in moments if each.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == clock]
    if not real:
        raise _not_one(_("{time} does not exist in {zone}: its clocks are put forward; give another time", **names))
    if len({each.utcoffset() for each in real}) > 1:
        first, second = (each.isoformat(timespec="minutes") for each in real)
        message = N_("{time} comes twice in {zone}: its clocks are put back; write {first} or {second}")
        raise _not_one(_(message, **names, first=first, second=second))
    return real[0]


def _not_one(message: str) -> PydanticCustomError:
    return PydanticCustomError(BY_THE_CLOCK, "{message}", {"message": message})
