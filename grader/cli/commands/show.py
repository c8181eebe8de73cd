"""`grade show`: one head's picture, as in the lesson."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.cli.options import TransformerPath, laboratory
from grader.exercises.names import kind_named
from grader.schema import Kind, Picture

DEFAULT_EXERCISE = "mini-heads"
DEFAULT_TEXT = "The baker near the old bridge waved, and the baker near the old bridge smiled."
PIPE_WIDTH = 100
"""Columns where there is no window to ask."""


def show(
    layer: Annotated[int, typer.Argument(min=0, help="Counted from 0.")],
    head: Annotated[int, typer.Argument(min=0, help="Counted from 0.")],
    text: Annotated[str, typer.Option(help="The text to look at.")] = DEFAULT_TEXT,
    type_: Annotated[
        str | None,
        typer.Option("--type", help="Outline what a head of this kind ought to look at.", metavar="KIND"),
    ] = None,
    exercise_id: Annotated[
        str, typer.Option("--exercise", help="Its transformer is the one shown.", metavar="ID")
    ] = DEFAULT_EXERCISE,
    out: Annotated[
        Path | None, typer.Option(help="Write a .png, .svg or .html with both views here.", metavar="PATH")
    ] = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with plain signs only.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Draw without colours, as with NO_COLOR.")] = False,
    transformer: TransformerPath = None,
) -> None:
    """Draw what one head attends to: each row is a query, each column a key."""
    if not text.strip():
        raise InvalidInput("--text", [Problem("no-words", _("there is nothing to look at; give a text"))])
    exercise = exercises.load(exercise_id)
    source = exercise.transformer
    if layer >= source.layers or head >= source.heads:
        message = _(
            "{transformer} has no head L{layer}H{head}: layers are 0 to {last_layer}, heads 0 to {last_head}",
            transformer=source.name,
            layer=layer,
            head=head,
            last_layer=source.layers - 1,
            last_head=source.heads - 1,
        )
        raise InvalidInput("grade show", [Problem("no-such-head", message)])
    asked = kind_named(type_) if type_ else None
    with laboratory(exercise, transformer) as bench:
        picture = bench.on_sentence(asked or Kind(type="positional"), layer, head, text).picture
    if asked is None:
        picture = picture.model_copy(update={"targets": ()})
    elif not picture.targets:
        typer.echo(_("Nothing is outlined: this text alone does not tell what such a head ought to look at."), err=True)
    if out is None:
        typer.echo(_drawn(picture, unicode=not ascii_only, colour=not no_color), nl=False)
        return
    from grader.report.pages import picture as drawing

    drawing.save(picture, out)
    typer.echo(_("written to {path}", path=out), err=True)


def _drawn(picture: Picture, *, unicode: bool, colour: bool) -> str:
    """The picture as suits standard output: colours on a terminal only, and signs that its encoding can carry."""
    from grader.report.drawing import terminal_picture as drawing

    return drawing.terminal(
        picture,
        width=shutil.get_terminal_size((PIPE_WIDTH, 24)).columns,
        colours=drawing.colours_of() if colour and sys.stdout.isatty() else drawing.NONE,
        unicode=unicode and (sys.stdout.encoding or "").lower().startswith("utf"),
    )
