"""The value of a scalar: null, true, false, a number as in JSON, or text.

YAML 1.1 reads `yes` as true, `010` as eight, `12:30` as 750 and `2026-11-23` as a date. Here they are text, because
their author may have meant text.
"""

import math
import re
from typing import NamedTuple

from grader.base.language import _
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
    """The reason why a scalar has no value."""

    code: str
    message: str


Scalar = bool | int | float | str | None


def quoted(text: str) -> Scalar | Fault:
    """Return the text, or a fault if it has control characters, which could change the terminal that shows them."""
    if match := _UNPRINTABLE.search(text):
        message = _("the control character `{character}` is not allowed; remove it", character=shown(match.group()))
        return Fault("control-character", message)
    return text


def unquoted(text: str) -> Scalar | Fault:
    """Return the value of text without quotes."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _DECIMAL.fullmatch(text):
        if math.isfinite(number := float(text)):
            return number
        return Fault("not-finite", _("`{text}` is too large for a number", text=shown(text)))
    if _NOT_FINITE.fullmatch(text):
        return Fault("not-finite", _("`{text}` is not a finite number", text=text))
    return quoted(text)


def _integer(text: str) -> int | Fault:
    if len(text) > DIGITS_LIMIT:
        message = _("`{text}` is too large; the limit is {most} digits", text=shown(text), most=DIGITS_LIMIT)
        return Fault("out-of-range", message)
    return int(text)
