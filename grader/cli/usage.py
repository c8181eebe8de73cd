"""Mistakes on the command line, in our own words."""

from collections.abc import Callable, Mapping
from io import StringIO
from typing import Any

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from grader.base.language import _
from grader.documents import did_you_mean, listed, shown

Limits = Mapping[str, Any]
RULES: dict[str, Callable[[str, Limits], str]] = {
    "int_parsing": lambda given, limits: _("`{given}` is not a whole number", given=given),
    "int_from_float": lambda given, limits: _("`{given}` is not a whole number", given=given),
    "float_parsing": lambda given, limits: _("`{given}` is not a number", given=given),
    "greater_than_equal": lambda given, limits: _("{given} is below {least}", given=given, least=limits["ge"]),
    "less_than_equal": lambda given, limits: _("{given} is above {most}", given=given, most=limits["le"]),
}
"""The explanation of each of pydantic's errors."""


def explained(error: TyperException) -> str:
    """Return all lines about the mistake."""
    if isinstance(error, typer.BadParameter) and isinstance(error.__cause__, ValidationError):
        error.message = _wrong_value(error, error.__cause__.errors(include_url=False)[0])
    lines = StringIO()
    show: Callable[..., None] = getattr(error, "show")  # noqa: B009 - the library's type does not have it
    show(file=lines)
    return lines.getvalue().rstrip("\n")


def _wrong_value(error: typer.BadParameter, detail: Mapping[str, Any]) -> str:
    given = shown(detail["input"])
    choices = error.param.type_descriptor.choices if error.param else None
    if choices:
        words = [str(choice.value) for choice in choices]
        hint = did_you_mean(detail["input"], words)
        return _("`{given}` is not one of {words}{hint}", given=given, words=listed(words), hint=hint)
    rule = RULES.get(detail["type"])
    return rule(given, detail.get("ctx", {})) if rule else str(detail["msg"]).removeprefix("Value error, ")
