"""`grade exercises`: what there is, and what one asks."""

from collections.abc import Iterator
from typing import Annotated

import typer

from grader import exercises as shelf
from grader.errors import ExerciseError
from grader.language import _, count, later
from grader.report.labels import padded
from grader.report.words import plural_points
from grader.schema import Exercise, Threshold
from grader.thresholds import thresholds_of
from grader.wording import statistic, title

LABEL = 12
"""Cells."""
FAMILIES = {"decoder": later("decoder"), "encoder": later("encoder")}


def exercises(
    exercise_id: Annotated[str | None, typer.Argument(help="Show one exercise whole.", metavar="ID")] = None,
) -> None:
    """List the exercises, or show what one asks for."""
    if exercise_id is None:
        faults: list[ExerciseError] = []
        for name in shelf.available():
            try:
                exercise = shelf.load(name)
            except ExerciseError as fault:  # one that is wrong hides no other
                faults.append(fault)
                continue
            points = count("{number} point", "{number} points", exercise.points)
            typer.echo(f"{name:16} {_(exercise.title)} ({exercise.transformer.name}, {points})")
        if faults:
            raise ExerciseError("\n".join(map(str, faults)))
        return
    exercise = shelf.load(exercise_id)
    typer.echo(f"{_(exercise.title)}\n")
    for label, value in _rows(exercise):
        typer.echo(f"{padded(label, LABEL)}  {value}")
    typer.echo()
    for asked in exercise.kinds:
        heads = count("{number} head", "{number} heads", asked.heads)
        typer.echo(f"{title(asked)}: {heads}, {count('{number} point', '{number} points', asked.points)}")
        for threshold in thresholds_of(asked):
            typer.echo(f"    {_threshold(threshold)}")
    typer.echo("\n" + _("For students: {path}", path=shelf.available()[exercise_id] / "README.md"))


def _rows(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """What is asked, each under its label."""
    source = exercise.transformer
    yield (
        _("transformer"),
        _(
            "{name}: {layers} layers of {heads} heads, {family}",
            name=source.name,
            layers=source.layers,
            heads=source.heads,
            family=_(FAMILIES[source.family]),
        ),
    )
    yield _("precision"), exercise.probes.precision
    costs = plural_points(exercise.wrong_costs)
    yield _("claims"), _("{budget} at most; a wrong one costs {points}", budget=exercise.budget, points=costs)
    yield (
        _("to pass"),
        _(
            "{score} of {points} points, {kinds} kinds",
            score=f"{exercise.pass_at:.0%}",
            points=exercise.points,
            kinds=exercise.kinds_needed,
        ),
    )


def _threshold(threshold: Threshold) -> str:
    said = _("{statistic} at least {value}", statistic=statistic(threshold.statistic), value=f"{threshold.at_least:g}")
    on = ", ".join(map(_, threshold.slices))
    return _("{threshold} on {slices}", threshold=said, slices=on) if on else said
