"""`grade package`: what another platform's autograder takes, made from an exercise."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.cli.console import say
from grader.cli.options import TransformerPath, laboratory
from grader.doors.packages import making
from grader.doors.packages.registry import PACKAGES

PlatformName = StrEnum("PlatformName", {name: name for name in PACKAGES})  # type: ignore[misc]
"""The platforms, as words on the command line."""
PUBLIC = "students get the exercise's scores with it, and those tell what the exercise's feedback hides"


def package(
    platform: Annotated[PlatformName, typer.Argument(help="The platform.", show_default=False)],
    exercise_id: Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Write it to this file or folder.", metavar="PATH")],
    points: Annotated[
        float | None,
        typer.Option(
            min=0.01,
            help="The points of a full score on the platform. Default: the assignment's, else the exercise's own.",
            metavar="NUMBER",
        ),
    ] = None,
    transformer: TransformerPath = None,
) -> None:
    """Write what a platform's autograder takes for an exercise, with its scores: no torch is needed there."""
    made = PACKAGES[platform.value]
    exercise = exercises.load(exercise_id)
    with laboratory(exercise, transformer) as lab:
        order = making.order_for(exercise_id, lab, points)
    making.write(made, made.files(order), out)
    say(f"written to {out}", err=True)
    if made.is_public and exercise.feedback != "all":
        say(PUBLIC, err=True)
    say(made.next_steps.format(out=out, exercise=exercise_id))
    say(f"every step: docs/platforms/{platform.value}.md")
