"""`grade show`: one head's picture, as in the lesson."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.cli.options import TransformerPath, laboratory
from grader.errors import InvalidInput, Problem
from grader.schema import Kind

DEFAULT_EXERCISE = "mini-heads"
DEFAULT_TEXT = "The baker near the old bridge waved, and the baker near the old bridge smiled."


def show(
    layer: Annotated[int, typer.Argument(min=0, help="Counted from 0.")],
    head: Annotated[int, typer.Argument(min=0, help="Counted from 0.")],
    text: Annotated[str, typer.Option(help="The text to look at.")] = DEFAULT_TEXT,
    exercise_id: Annotated[
        str, typer.Option("--exercise", help="Its transformer is the one shown.", metavar="ID")
    ] = DEFAULT_EXERCISE,
    out: Annotated[Path | None, typer.Option(help="Write a .png or .svg here.", metavar="PATH")] = None,
    transformer: TransformerPath = None,
) -> None:
    """Draw what one head attends to: each row is a query, each column a key."""
    exercise = exercises.load(exercise_id)
    source = exercise.transformer
    if layer >= source.layers or head >= source.heads:
        raise InvalidInput(
            "grade show",
            [
                Problem(
                    "no-such-head",
                    f"{source.name} has no head L{layer}H{head}: layers are 0 to {source.layers - 1}, "
                    f"heads 0 to {source.heads - 1}",
                )
            ],
        )
    with laboratory(exercise, transformer) as bench:
        picture = bench.on_sentence(Kind(type="positional"), layer, head, text).picture
    picture = picture.model_copy(update={"targets": ()})
    from grader.report import picture as drawing

    if out is not None:
        drawing.save(picture, out)
        typer.echo(f"written to {out}", err=True)
        return
    colour = sys.stdout.isatty()
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    typer.echo(
        drawing.terminal(picture, width=shutil.get_terminal_size((100, 24)).columns, colour=colour, unicode=unicode)
    )
