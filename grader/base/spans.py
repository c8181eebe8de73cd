"""Spans of time as people write them: `12h`, `90d`, `26w`, `6m`, `2y`."""

import re
from datetime import timedelta

from grader.base.errors import InvalidInput, Problem

UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(days=7),
    "m": timedelta(days=30),
    "y": timedelta(days=365),
}
SPAN = re.compile(rf"([1-9][0-9]{{0,3}})([{''.join(UNITS)}])")


def span(text: str, source: str, also: str = "") -> timedelta:
    """Return the time that a text gives; a year has 365 days, a month 30.

    `source` is the option's name, and `also` a word that the caller understands besides.

    Raises:
        InvalidInput: It gives none.
    """
    match = SPAN.fullmatch(text.strip().lower())
    if match is None:
        words = f", or {also}" if also else ""
        message = f"`{text}` is not a time; write a number with h, d, w, m or y, such as 90d or 2y{words}"
        raise InvalidInput(source, [Problem("bad-span", message)])
    return int(match[1]) * UNITS[match[2]]
