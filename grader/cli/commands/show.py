"""`grade show`: the picture of one head, as in the lesson."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.cli.options import TransformerPath, laboratory
from grader.exercises.names import head_named, kind_named
from grader.report.drawing import terminal_picture
from grader.schema import Kind, Picture
from grader.students.texts import DEFAULT

DEFAULT_EXERCISE = "mini-heads"
PIPE_WIDTH = 100
"""Columns if there is no window."""


def show(
    place: Annotated[
        list[str],
        typer.Argument(
            help="Layer and head, both counted from 0: two numbers, or one word such as L0H3.",
            metavar="LAYER HEAD",
            show_default=False,
        ),
    ],
    text: Annotated[str, typer.Option(help="The text that the head reads.")] = DEFAULT,
    type_: Annotated[
        str | None,
        typer.Option("--type", help="Outline the keys that a head of this kind should attend to.", metavar="KIND"),
    ] = None,
    exercise_id: Annotated[
        str, typer.Option("--exercise", help="The exercise whose transformer is shown.", metavar="ID")
    ] = DEFAULT_EXERCISE,
    out: Annotated[
        Path | None, typer.Option(help="Write both views to this .png, .svg or .html file.", metavar="PATH")
    ] = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Draw without colours, as with NO_COLOR.")] = False,
    transformer: TransformerPath = None,
) -> None:
    """Draw what one head attends to: each row is a query, each column a key."""
    if not text.strip():
        raise InvalidInput("--text", [Problem("no-words", _("the text is empty; give some words"))])
    exercise = exercises.load(exercise_id)
    source = exercise.transformer
    layer, head = head_named(place, (source.layers, source.heads), source.name, "grade show")
    asked = kind_named(type_) if type_ else None
    with laboratory(exercise, transformer) as lab:
        picture = lab.on_sentence(asked or Kind(type="positional"), layer, head, text).picture
    if asked is None:
        picture = picture.model_copy(update={"targets": ()})
    elif not picture.targets:
        typer.echo(_("Nothing is outlined: this text does not show what such a head should attend to."), err=True)
    if out is None:
        typer.echo(_drawn(picture, unicode=not ascii_only, colour=not no_color), nl=False)
        return
    from grader.report.pages import picture as page

    page.save(picture, out)
    typer.echo(_("written to {path}", path=out), err=True)


def _drawn(picture: Picture, *, unicode: bool, colour: bool) -> str:
    """Return the picture for standard output: colours only on a terminal, characters only of its encoding."""
    return terminal_picture.terminal(
        picture,
        width=shutil.get_terminal_size((PIPE_WIDTH, 24)).columns,
        colours=terminal_picture.colours_of() if colour and sys.stdout.isatty() else terminal_picture.NONE,
        unicode=unicode and (sys.stdout.encoding or "").lower().startswith("utf"),
    )
