"""`grade calibrate`: where the thresholds stand among the measured heads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import exercises
from grader.cli.options import AsJson, TransformerPath, deliver, laboratory
from grader.exercises import known_heads

if TYPE_CHECKING:
    from grader.laboratory import Laboratory
    from grader.measuring.score_table import ScoreTable


def calibrate(
    exercise_id: Annotated[str, typer.Argument(help="Whose thresholds.", metavar="EXERCISE", show_default=False)],
    known: Annotated[
        Path | None,
        typer.Option(help="Labelled heads, in place of the exercise's known_heads.yaml.", metavar="FILE"),
    ] = None,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with movable thresholds here.", metavar="PATH")
    ] = None,
    with_untrained: Annotated[
        bool,
        typer.Option("--untrained", help="Measure the architecture with random weights, too: that is chance."),
    ] = False,
    every_head: Annotated[bool, typer.Option("--all", help="List the heads far below the threshold, too.")] = False,
    transformer: TransformerPath = None,
) -> None:
    """Show every kind's scores, gaps and noise, and what its threshold does among them."""
    from grader.grading.calibration.calibrate import calibrate as calibration

    exercise = exercises.load(exercise_id)
    folder = exercises.available().get(exercise_id)
    labels = known_heads.read(known) if known else known_heads.of_exercise(folder)
    known_heads.refuse_misfits(labels, exercise, str(known or f"{exercise_id}/{known_heads.FILE_NAME}"))
    with laboratory(exercise, transformer) as bench:
        found = calibration(exercise, bench.table, labels, _untrained(bench) if with_untrained else None)
    if html is not None:
        from grader.report.pages import calibration as calibration_page

        deliver(calibration_page.render(found), html)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
    elif html is None:
        from grader.report.text import calibration as shown

        typer.echo(shown.text(found, every_head=every_head))


def _untrained(bench: "Laboratory") -> "ScoreTable":
    from grader.measuring.untrained import untrained

    bench.say("measuring the same architecture with random weights")
    return untrained(bench.exercise, bench.folder, bench.digest, lambda: bench.loaded, bench.progress)
