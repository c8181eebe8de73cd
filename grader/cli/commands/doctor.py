"""`grade doctor`: is everything in place, and what to do where it is not."""

from typing import Annotated

import typer

from grader import exercises
from grader.cli.options import TransformerPath, laboratory


def doctor(
    exercise_id: Annotated[
        str | None,
        typer.Option("--exercise", help="Measure it too, and compare with its known heads.", metavar="ID"),
    ] = None,
    transformer: TransformerPath = None,
) -> None:
    """Check transformers, digests, folders, ledger, and the service where there is one; needs no internet."""
    from grader import checkup

    findings = list(checkup.everything())
    if exercise_id is not None:
        exercise = exercises.load(exercise_id)
        folder = exercises.available().get(exercise_id)
        with laboratory(exercise, transformer) as bench:
            findings += checkup.known_heads(exercise, folder, bench.table)
    for finding in findings:
        mark = "?   " if finding.unseen else "ok  " if finding.good else "LOOK"
        typer.echo(f"{mark}  {finding.what}: {finding.found}")
        if finding.advice:
            typer.echo(f"        {finding.advice}")
    raise typer.Exit(0 if all(finding.good or finding.optional for finding in findings) else 3)
