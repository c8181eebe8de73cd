"""What a scalar stands for: null, true, false, a number as JSON writes it, or text; never a guess.

YAML 1.1 reads `yes` as true, `010` as eight, `12:30` as 750 and `2026-11-23` as a date. Here they are text,
because whoever wrote them may have meant text.
"""

import math
import re
from typing import NamedTuple

from grader.base.language import N_, _
from grader.documents.messages import shown

DIGITS_LIMIT = 18

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Fault(NamedTuple):
    """Why a scalar stands for nothing."""

    code: str
    message: str


Scalar = bool | int | float | str | None


def quoted(text: str) -> Scalar | Fault:
    """The text itself, unless it has control characters: they could redraw the terminal that shows them."""
    if found := _UNPRINTABLE.search(text):
        message = _("the control character `{character}` is not text; leave it out", character=shown(found.group()))
        return Fault("control-character", message)
    return text


def unquoted(text: str) -> Scalar | Fault:
    """What the text stands for when nothing marks it as text."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _DECIMAL.fullmatch(text):
        if math.isfinite(number := float(text)):
            return number
        return Fault("not-finite", _("`{text}` is larger than any number can be", text=shown(text)))
    if _NOT_FINITE.fullmatch(text):
        return Fault("not-finite", _("`{text}` is not a number that can be measured", text=text))
    return quoted(text)


def _integer(text: str) -> int | Fault:
    if len(text) > DIGITS_LIMIT:
        message = N_("`{text}` is too large a number: {most} digits are the most, and here are {length}")
        return Fault("out-of-range", _(message, text=shown(text), most=DIGITS_LIMIT, length=len(text)))
    return int(text)
