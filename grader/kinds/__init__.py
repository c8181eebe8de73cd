"""The registry of all types of head, by name, from the files in `grader/kinds/types`.

A new type is a new file there with a `HeadType` called `TYPE`; no other file names it. Importing this package does not
import torch: the functions that build masks import it when they are called.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from grader.kinds import lookalikes, types
from grader.kinds.definition import HalfWritten, HeadType, OwnProbe, Parameter, Parameters

__all__ = ["LOOKALIKES", "OWN_PROBES", "PARAMETERS", "SPELLINGS", "TYPES", "kind_name", "registry"]


def registry() -> dict[str, HeadType]:
    """Return every type by its name, in the order of lists.

    Raises:
        HalfWritten: A type lacks something; the error names everything that is missing in all types.
    """
    head_types: list[HeadType] = []
    problems: list[str] = []
    for module in iter_modules(types.__path__):
        head_type = getattr(import_module(f"{types.__name__}.{module.name}"), "TYPE", None)
        if not isinstance(head_type, HeadType):
            problems.append(f"grader/kinds/types/{module.name}.py: there is no `TYPE = HeadType(...)`")
            continue
        problems += [f"grader/kinds/types/{module.name}.py: {problem}" for problem in head_type.problems()]
        head_types.append(replace(head_type, name=module.name))
    problems += _clashes(head_types)
    if problems:
        raise HalfWritten("\n".join(problems))
    return {head_type.name: head_type for head_type in sorted(head_types, key=lambda each: (each.order, each.name))}


def _clashes(head_types: list[HeadType]) -> Iterator[str]:
    """Yield what contradicts another type."""
    names = {each.name for each in head_types}
    declared: dict[str, Parameter] = {}
    called: dict[str, object] = {}
    for each in head_types:
        file = f"grader/kinds/types/{each.name}.py"
        yield from (f"{file}: `spellings`: {word} is a type" for word in each.spellings if word in names)
        for words, values in each.also_called.items():
            meaning = (each.name, *values.items())
            twice = [word for word in words.split(", ") if called.setdefault(word, meaning) != meaning]
            yield from (f"{file}: `also_called`: {word} means something else in another place" for word in twice)
        for parameter in each.parameters:
            if declared.setdefault(parameter.name, parameter) != parameter:
                yield f"{file}: `parameters`: {parameter.name} differs from that of another type"


TYPES: Mapping[str, HeadType] = registry()
PARAMETERS: Mapping[str, Parameter] = {
    parameter.name: parameter for head_type in TYPES.values() for parameter in head_type.parameters
}
"""The parameters of all types by name; types that share a parameter declare it in the same way."""
SPELLINGS: Mapping[str, tuple[str, Parameters]] = {
    word: (head_type.name, values) for head_type in TYPES.values() for word, values in head_type.spellings.items()
}
"""Other words for a type, each with the type and the parameters that it means."""
LOOKALIKES: Mapping[str, lookalikes.Lookalike] = {
    **lookalikes.LOOKALIKES,
    **{name: each for head_type in TYPES.values() for name, each in head_type.own_lookalikes.items()},
}
"""All look-alikes by name, those of single types as well."""
OWN_PROBES: Mapping[str, Callable[..., Any]] = {
    probe.name: probe.build for head_type in TYPES.values() for probe in head_type.probes if isinstance(probe, OwnProbe)
}
"""The functions that build the probes of single types, by the probe's name."""


def kind_name(type_name: str, parameters: Parameters) -> str:
    """Return the kind's unique name, such as `positional:-1` or `syntactic:verb_subject`."""
    parts = [type_name]
    for parameter in TYPES[type_name].parameters:
        value = parameters[parameter.name]
        if parameter.always_named or value != parameter.default:
            parts.append(parameter.shown(value))
    return ":".join(parts)
