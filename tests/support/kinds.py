"""Every kind of head for tests: one for each value of each parameter that is a word."""

from itertools import product

from grader.kinds import TYPES
from grader.kinds.definition import OneOf, Parameter
from grader.schema import Kind

WHOLE_NUMBERS = (-3, -1, +1)


def every_kind() -> list[Kind]:
    """Return the kinds of all types, backward before forward."""
    return [
        Kind(type=of.name, **dict(zip([each.name for each in of.parameters], chosen, strict=True)))
        for of in TYPES.values()
        for chosen in product(*map(values, of.parameters))
    ]


def values(parameter: Parameter) -> tuple[int | str, ...]:
    return parameter.values.words if isinstance(parameter.values, OneOf) else WHOLE_NUMBERS
