"""`grade exercises`: list and show them, begin a new one, look a folder of them through, weigh one's own sentences."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from grader import exercises as shelf
from grader.base import home
from grader.base.errors import ExerciseError
from grader.base.language import N_, _, ngettext
from grader.cli.commands.schema import rendered
from grader.cli.options import TABLES, deliver
from grader.exercises.names import statistic
from grader.exercises.thresholds import thresholds_of
from grader.report.text.labels import padded
from grader.report.text.words import plural_points
from grader.schema import Exercise, Threshold, title

LABEL = 12
"""Cells."""
FAMILIES = {"decoder": N_("decoder"), "encoder": N_("encoder")}
SHOW = "ID"
"""The command that shows one exercise; no id is written in capitals."""
INVALID = 2
"""The exit code of an invalid input."""


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
            points = ngettext("{number} point", "{number} points", exercise.points)
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
        heads = ngettext("{number} head", "{number} heads", asked.heads)
        typer.echo(f"{title(asked)}: {heads}, {ngettext('{number} point', '{number} points', asked.points)}")
        for threshold in thresholds_of(asked):
            typer.echo(f"    {_threshold(threshold)}")
    typer.echo("\n" + _("For students: {path}", path=shelf.available()[exercise_id] / "README.md"))


class IdOrCommand(TyperGroup):
    """A group in which what is no command is an exercise's id."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's types, which Typer hides
        """The command's name, the command, and its arguments."""
        is_command = args[0] in self.commands
        return super().resolve_command(ctx, args if is_command else [SHOW, *args])


app = typer.Typer(cls=IdOrCommand, invoke_without_command=True, subcommand_metavar="[ID | COMMAND ...]")
app.command(SHOW)(exercises)


@app.callback()
def listed(context: typer.Context) -> None:
    """List the exercises, show what one asks for, write new ones and check them."""
    if context.invoked_subcommand is None:
        exercises()


@app.command()
def new(
    exercise_id: Annotated[str, typer.Argument(help="Lower-case words joined by hyphens.", metavar="ID")],
    root: Annotated[Path, typer.Option("--in", help="The folder that is to hold it.", metavar="FOLDER")] = Path(),
) -> None:
    """Write a commented starting point, which loads as it is; nothing is overwritten."""
    from grader.authoring.starting import start

    schemas = {f"{name}.json": rendered(name) + "\n" for name in ("exercise", "submission")}
    folder = start(exercise_id, root, schemas)
    typer.echo(f"{folder} is there: change {shelf.FILE_NAME}, README.md and my_heads.yaml in it, then")
    if folder.resolve().parent not in (known.resolve() for known in shelf.folders()):
        named = os.pathsep.join([*filter(None, [os.environ.get(shelf.VARIABLE)]), str(root.resolve())])
        typer.echo(f"  export {shelf.VARIABLE}={named}")
    typer.echo(f"  grade exercises check {folder}\n  grade scan {exercise_id}")


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Exercises, or folders that hold some; all that are found by default.", metavar="FOLDER"),
    ] = None,
) -> None:
    """Say all that is wrong with exercises, and what their authors may not have meant."""
    from grader.authoring import checking

    folders = checking.folders_in(paths or None)
    found = []
    for each in checking.examined(folders, home.folder() / TABLES):
        found.append(each)
        for line in checking.told(each):
            typer.echo(line)
    typer.echo(checking.summary(found))
    raise typer.Exit(INVALID if any(each.problems for each in found) else 0)


@app.command()
def sentences(
    file: Annotated[Path, typer.Argument(help="Annotated sentences in CoNLL-U.", show_default=False)],
    relations: Annotated[
        list[str] | None,
        typer.Option("--relation", help="Only this relation; may be repeated.", metavar="R"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write them as `own_sentences` to this file.", metavar="PATH")
    ] = None,
) -> None:
    """Show what sentences of one's own are worth as a probe, before they are used."""
    from grader.authoring import sentences as brought

    found = brought.read(file, relations or ())
    typer.echo(brought.text(found))
    if out is not None:
        deliver(brought.as_yaml(found), out)


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
    message = _(
        "{statistic} at least {value}", statistic=statistic(threshold.statistic), value=f"{threshold.at_least:g}"
    )
    on = ", ".join(map(_, threshold.slices))
    return _("{threshold} on {slices}", threshold=message, slices=on) if on else message
