"""`grade exercises`: what there is, and what one asks."""

from typing import Annotated

import typer

from grader import exercises as shelf
from grader.thresholds import thresholds_of
from grader.wording import STATISTICS, title


def exercises(
    exercise_id: Annotated[str | None, typer.Argument(help="Show one exercise whole.", metavar="ID")] = None,
) -> None:
    """List the exercises, or show what one asks for."""
    if exercise_id is None:
        for name in shelf.available():
            exercise = shelf.load(name)
            typer.echo(f"{name:16} {exercise.title} ({exercise.transformer.name}, {exercise.points} points)")
        return
    exercise = shelf.load(exercise_id)
    source = exercise.transformer
    typer.echo(f"{exercise.title}\n")
    typer.echo(f"transformer   {source.name}: {source.layers} layers of {source.heads} heads, {source.family}")
    typer.echo(f"claims        {exercise.budget} at most; a wrong one costs {exercise.wrong_costs:g} points")
    typer.echo(f"to pass       {exercise.pass_at:.0%} of {exercise.points} points, {exercise.kinds_needed} kinds\n")
    for asked in exercise.kinds:
        heads = f"{asked.heads} head{'s' if asked.heads != 1 else ''}"
        typer.echo(f"{title(asked)}: {heads}, {asked.points} points")
        for threshold in thresholds_of(asked):
            on = f" on {', '.join(threshold.slices)}" if threshold.slices else ""
            typer.echo(f"    {STATISTICS[threshold.statistic]} at least {threshold.at_least:g}{on}")
    typer.echo(f"\nFor students: {shelf.available()[exercise_id] / 'README.md'}")
