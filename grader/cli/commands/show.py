"""`grade show`: the picture of one head, as in the lesson."""

import shutil
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.base.screen import Clean
from grader.cli.console import say
from grader.cli.options import OutPath, TransformerPath, laboratory, print_or_write, write
from grader.exercises.names import head_named, kind_named
from grader.report.drawing import terminal_picture
from grader.schema import Kind, Picture, head_name
from grader.students.texts import DEFAULT

DEFAULT_EXERCISE = "mini-heads"
PIPE_WIDTH = 100
"""Columns if there is no window."""


class PictureFormat(StrEnum):
    """The formats of a head's picture."""

    text = "text"
    json = "json"
    html = "html"
    svg = "svg"
    png = "png"


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
    form: Annotated[
        PictureFormat | None, typer.Option("--format", help="The format. Default: by the file name, else text.")
    ] = None,
    out: OutPath = None,
    ascii_only: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Draw without colours, as with NO_COLOR.")] = False,
    transformer: TransformerPath = None,
) -> None:
    """Draw what one head attends to: each row is a query, each column a key."""
    if not text.strip():
        raise InvalidInput("--text", [Problem("no-words", _("the text is empty; give some words"))])
    form = _format(form, out)
    exercise = exercises.load(exercise_id)
    source = exercise.transformer
    layer, head = head_named(place, (source.layers, source.heads), source.name, "grade show")
    asked = kind_named(type_) if type_ else None
    with laboratory(exercise, transformer) as lab:
        picture = lab.on_sentence(asked or Kind(type="positional"), layer, head, text).picture
    caption = _("{place} on “{text}”", place=head_name(layer, head), text=text)  # the kept one is English
    picture = picture.model_copy(update={"caption": caption})
    if asked is None:
        picture = picture.model_copy(update={"targets": ()})
    elif not picture.targets:
        say(_("Nothing is outlined: this text does not show what such a head should attend to."), err=True)
    colour = not no_color and out is None and sys.stdout.isatty()
    _give(picture, form, out, lambda: _drawn(picture, unicode=not ascii_only, colour=colour))


def _format(form: PictureFormat | None, out: Path | None) -> PictureFormat:
    """Return the format that was asked for, else the one of the file's name, else text.

    Raises:
        InvalidInput: The file's name ends in none of the formats, or the format needs a file.
    """
    if form is None and out is not None:
        from grader.report.pages import picture

        return PictureFormat(picture.format_of(out))
    if form is PictureFormat.png and out is None:
        raise InvalidInput("--format", [Problem("usage", _("a picture of this format needs --out PATH"))])
    return form or PictureFormat.text


def _give(picture: Picture, form: PictureFormat, out: Path | None, text: Callable[[], str]) -> None:
    """Print or write the picture."""
    if form is PictureFormat.text:
        print_or_write(text(), out)
    elif form is PictureFormat.json:
        print_or_write(picture.model_dump_json(indent=2, ensure_ascii=True), out)
    else:
        from grader.report.pages import picture as pictures

        drawn = pictures.FORMATS[form](picture)
        print_or_write(Clean(drawn.decode()), None) if out is None else write(drawn, out)


def _drawn(picture: Picture, *, unicode: bool, colour: bool) -> str:
    """Return the picture for standard output: colours only on a terminal, characters only of its encoding."""
    return terminal_picture.terminal(
        picture,
        width=shutil.get_terminal_size((PIPE_WIDTH, 24)).columns,
        colours=terminal_picture.colours_of() if colour else terminal_picture.NONE,
        unicode=unicode and (sys.stdout.encoding or "").lower().startswith("utf"),
    )
