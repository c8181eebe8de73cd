"""Heads and their kind, as they are named on the command line of `grade ablate` and `grade trace`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.documents import head_notation
from grader.exercises.names import head_named, kind_named
from grader.schema import Exercise, HeadIndex, Kind, head_name

if TYPE_CHECKING:
    from grader.laboratory import Laboratory

ExerciseArgument = Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE", show_default=False)]
KindOption = Annotated[
    str | None,
    typer.Option(
        "--kind", help="The kind, such as induction. Default: the one that they are confirmed as.", metavar="K"
    ),
]
NO_MEASURE = N_("nothing is known that must get worse without such heads; kinds with one: {kinds}")
NOT_CONFIRMED = N_("{heads}: not confirmed as any kind of {exercise}; add --kind, one of: {kinds}")


def heads_named(words: Sequence[str], exercise: Exercise, command: str) -> list[HeadIndex]:
    """Return the heads that pairs of numbers, or words such as `L1H5`, name.

    Raises:
        InvalidInput: A number is left over, the transformer has no such head, or a head is named twice.
    """
    source, places = exercise.transformer, []
    left = list(words)
    while left:
        count = 1 if head_notation.PRINTED.fullmatch(left[0]) else 2
        one, left = left[:count], left[count:]
        if len(one) < count and one[0].isdecimal() and len(words) > 1:
            message = _("layer {layer} has no head beside it: write two numbers for each head", layer=one[0])
            raise InvalidInput(command, [Problem("head-notation", message)])
        places.append(head_named(one, (source.layers, source.heads), source.name, command))
    twice = [head_name(*place) for place, count in Counter(places).items() if count > 1]
    if twice:
        message = _("named twice: {heads}; name each head once", heads=", ".join(twice))
        raise InvalidInput(command, [Problem("repeated", message)])
    return places


def kind_of(lab: "Laboratory", heads: Sequence[HeadIndex], named: str | None, command: str) -> Kind:
    """Return the kind that is named, else the one that most of the heads are confirmed as, the clearest first.

    Raises:
        InvalidInput: The exercise does not ask for it, or the heads are confirmed as none.
    """
    exercise = lab.exercise
    if named is not None:
        if (asked := exercise.asked(kind_named(named, "--kind"))) is None:
            message = N_("{exercise} does not ask for `{kind}`; it asks for {names}")
            names = ", ".join(asked.name for asked in exercise.kinds)
            raise InvalidInput(
                "--kind", [Problem("not-asked", _(message, exercise=exercise.id, kind=named, names=names))]
            )
        return asked.kind
    clearest = [of_kind.asked.kind for place in heads for of_kind in lab.standings.confirmed_as(place)]
    counts = Counter(kind.name for kind in clearest)
    kinds = sorted(clearest, key=lambda kind: (not lab.causal.measure_of(kind), -counts[kind.name]))
    if not kinds:
        named_heads, names = ", ".join(head_name(*place) for place in heads), ", ".join(_measured(lab))
        message = _(NOT_CONFIRMED, heads=named_heads, exercise=exercise.id, kinds=names)
        raise InvalidInput(command, [Problem("no-kind", message)])
    return kinds[0]


def refuse_unmeasured(kind: Kind, why: str, command: str) -> NoReturn:
    """Refuse a kind without a causal measure.

    Raises:
        InvalidInput: Always.
    """
    message = _("no causal measure for {kind}: {why}", kind=kind.name, why=why)
    raise InvalidInput(command, [Problem("no-causal-measure", message)])


def no_measure(lab: "Laboratory") -> str:
    """Return why a kind has no causal measure, and the kinds that have one."""
    return _(NO_MEASURE, kinds=", ".join(_measured(lab)) or _("none"))


def _measured(lab: "Laboratory") -> Iterable[str]:
    """Yield the names of the exercise's kinds that have a causal measure."""
    return (asked.name for asked in lab.exercise.kinds if lab.causal.measure_of(asked.kind))
