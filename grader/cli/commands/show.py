"""`grade show`: the picture of a head, as in the lesson, of several, or of all heads at once."""

import sys
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.base.screen import Clean
from grader.cli.console import say
from grader.cli.heads import heads_named
from grader.cli.options import Device, OutPath, TransformerPath, laboratory, print_or_write, write
from grader.cli.shown import HeadsOnText, Screen
from grader.exercises.names import kind_named
from grader.report.drawing import terminal_picture
from grader.students.texts import default

DEFAULT_EXERCISE = "mini-heads"


class PictureFormat(StrEnum):
    """The formats of a head's picture."""

    text = "text"
    json = "json"
    html = "html"
    svg = "svg"
    png = "png"


def show(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            help="Layer and head, both counted from 0: two numbers, or one word such as L0H3. Several heads are drawn "
            "one after the other; without any, all heads are drawn, each small.",
            metavar="[LAYER HEAD]...",
            show_default=False,
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(help="The text that the heads read. Default: one for the transformer.", show_default=False),
    ] = None,
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
    device: Device = None,
) -> None:
    """Draw what heads attend to: each row is a query, each column a key."""
    if text is not None and not text.strip():
        raise InvalidInput("--text", [Problem("no-words", _("the text is empty; give some words"))])
    form = _format(form, out)
    exercise = exercises.load(exercise_id)
    source, text = exercise.transformer, default(exercise) if text is None else text
    every = list(product(range(source.layers), range(source.heads)))
    heads = heads_named(places, exercise, "grade show") if places else every
    asked = kind_named(type_) if type_ else None
    with laboratory(exercise, transformer, device) as lab:
        pictures = lab.heads_on_sentence(asked, heads, text)
    if asked and not any(picture.targets for picture in pictures.values()):
        say(_("Nothing is outlined: this text does not show what such a head should attend to."), err=True)
    has_colours = not no_color and out is None and sys.stdout.isatty()
    screen = Screen(
        terminal_picture.colours_of() if has_colours else terminal_picture.NONE,
        not ascii_only and (sys.stdout.encoding or "").lower().startswith("utf"),
    )
    _give(HeadsOnText(source.name, text, pictures, are_all=not places), form, out, screen)


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


def _give(shown: HeadsOnText, form: PictureFormat, out: Path | None, screen: Screen) -> None:
    """Print or write the pictures."""
    if form is PictureFormat.text:
        print_or_write(shown.drawn(screen), out)
    elif form is PictureFormat.json:
        print_or_write(shown.listed(), out)
    else:
        drawn = shown.filed(form)
        print_or_write(Clean(drawn.decode()), None) if out is None else write(drawn, out)
