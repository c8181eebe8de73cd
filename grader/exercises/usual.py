"""The kinds that somebody asks for: by name, or all that are usual."""

from collections.abc import Iterable, Iterator
from itertools import product

from grader.base.errors import InvalidInput, Problem
from grader.exercises.names import kind_named
from grader.kinds import TYPES
from grader.kinds.definition import HeadType, OneOf, Parameter, Value
from grader.schema import Exercise, Kind

SOURCE = "kinds"
"""The name of kinds that a program gives in messages; the command line has `--kinds`."""


def named(kinds: Iterable[str | Kind], source: str = SOURCE) -> list[Kind]:
    """Return the kinds, each once, in the order in which they are named; `source` is their name in messages.

    Raises:
        InvalidInput: A name means no kind, or `kinds` is empty.
    """
    given = [kinds] if isinstance(kinds, str | Kind) else kinds
    by_name = {kind.name: kind for kind in (_named(each, source) for each in given)}
    if not by_name:
        raise InvalidInput(source, [Problem("too-few", f"name at least one kind, or leave `{source}` out to get all")])
    return list(by_name.values())


def _named(given: str | Kind, source: str) -> Kind:
    return kind_named(given, source) if isinstance(given, str) else given.kind


def usual(*, causal: bool) -> list[Kind]:
    """Return every kind that heads of a decoder (`causal`) or an encoder can be of.

    Of each type: its parameters' defaults, and every word of a parameter that has none; then the kinds with a word of
    their own, such as `next_token`.
    """
    kinds = [kind for of in TYPES.values() for kind in _usual(of)]
    return [kind for kind in named(kinds) if not (causal and kind.looks_ahead)]


def _usual(of: HeadType) -> Iterator[Kind]:
    names = [parameter.name for parameter in of.parameters]
    for values in product(*map(_values, of.parameters)):
        yield Kind.model_validate({"type": of.name, **dict(zip(names, values, strict=True))})
    for word in of.spellings:
        yield Kind.model_validate({"type": word})


def _values(parameter: Parameter) -> tuple[Value, ...]:
    """Return a parameter's usual values; a whole number without a default has none."""
    if parameter.default is not None:
        return (parameter.default,)
    return parameter.values.words if isinstance(parameter.values, OneOf) else ()


def refuse_unasked(kinds: Iterable[Kind], exercise: Exercise) -> None:
    """Refuse kinds that an exercise does not ask for: its table does not have them.

    Raises:
        InvalidInput: The exercise does not ask for one of them.
    """
    asked = [kind.name for kind in exercise.kinds]
    for kind in kinds:
        if kind.name not in asked:
            message = f"{exercise.id} does not ask for `{kind.name}`; it asks for {', '.join(asked)}"
            raise InvalidInput(SOURCE, [Problem("not-asked", message)])


def refuse_looking_ahead(kinds: Iterable[Kind], transformer: str, source: str = SOURCE) -> None:
    """Refuse kinds that no head of a decoder can be of; `source` is their name in messages.

    Raises:
        InvalidInput: One of them looks ahead.
    """
    for kind in kinds:
        if kind.looks_ahead:
            message = f"`{kind.name}` looks ahead, but {transformer} is a decoder, whose tokens see earlier ones only"
            raise InvalidInput(source, [Problem("looks-ahead", message)])
