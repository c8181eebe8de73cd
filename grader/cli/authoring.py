"""`grade exercises`: list and show them, begin a new one, look a folder of them through, weigh one's own sentences."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from grader import exercises as shelf
from grader import home
from grader.cli.exercises import exercises
from grader.cli.options import TABLES, deliver
from grader.cli.schema import rendered

SHOW = "ID"
"""The command that shows one exercise; no id is written in capitals."""
INVALID = 2
"""The exit code of an invalid input."""


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
