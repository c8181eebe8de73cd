"""The registry: every type of head by its name, found in the files of `grader/kinds/types`.

A new type is a new file there whose `TYPE` is a `HeadType`; nothing else names it. Importing this package imports
no torch: masks are built by functions that import it when they are called.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from grader.kinds import types
from grader.kinds.definition import HalfWritten, HeadType, OneOf, OwnProbe, Parameter, Parameters, Value

__all__ = ["OWN_PROBES", "PARAMETERS", "SPELLINGS", "TYPES", "kind_name", "parsed", "registry"]


def registry() -> dict[str, HeadType]:
    """Every type by its name, in the order in which lists show them.

    Raises:
        HalfWritten: A type lacks something; all that all of them lack is named.
    """
    found: list[HeadType] = []
    problems: list[str] = []
    for module in iter_modules(types.__path__):
        written = getattr(import_module(f"{types.__name__}.{module.name}"), "TYPE", None)
        if not isinstance(written, HeadType):
            problems.append(f"grader/kinds/types/{module.name}.py: there is no `TYPE = HeadType(...)`")
            continue
        problems += [f"grader/kinds/types/{module.name}.py: {lack}" for lack in written.lacks()]
        found.append(replace(written, name=module.name))
    if problems:
        raise HalfWritten("\n".join(problems))
    return {each.name: each for each in sorted(found, key=lambda each: (each.order, each.name))}


TYPES: Mapping[str, HeadType] = registry()
PARAMETERS: Mapping[str, Parameter] = {each.name: each for of in TYPES.values() for each in of.parameters}
"""The parameters of all types; types that share one declare it alike."""
SPELLINGS: Mapping[str, tuple[str, Parameters]] = {
    word: (of.name, values) for of in TYPES.values() for word, values in of.spellings.items()
}
"""Other words for a type: the type, and the parameters that the word stands for."""
OWN_PROBES: Mapping[str, Callable[..., Any]] = {
    probe.name: probe.build for of in TYPES.values() for probe in of.probes if isinstance(probe, OwnProbe)
}


def kind_name(type_name: str, parameters: Parameters) -> str:
    """Return the kind in one word, such as `positional:-1` or `syntactic:verb_subject`; unique among kinds."""
    parts = [type_name]
    for parameter in TYPES[type_name].parameters:
        value = parameters[parameter.name]
        if parameter.always_named or value != parameter.default:
            parts.append(parameter.shown(value))
    return ":".join(parts)


def parsed(name: str) -> dict[str, Value]:
    """Return type and parameters as a kind's name says them, unchecked: of `positional:-1` type and offset.

    Raises:
        ValueError: A parameter ought to be a whole number; the error's text is the part that is not.
    """
    type_name, *values = name.split(":")
    found: dict[str, Value] = {"type": type_name}
    for parameter, value in zip(TYPES[type_name].parameters if type_name in TYPES else (), values, strict=False):
        found[parameter.name] = value if isinstance(parameter.values, OneOf) else _whole(value)
    return found


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(text) from None
