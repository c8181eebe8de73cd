"""`grade calibrate`: the thresholds among the measured heads."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.cli.options import (
    FORMAT,
    Device,
    OldHtml,
    OldJson,
    OutPath,
    PageFormat,
    TransformerPath,
    laboratory,
    old_spelling,
    print_or_write,
)
from grader.exercises import known_heads
from grader.grading.calibration import calibrate as calibrating
from grader.grading.calibration.records import Calibration
from grader.report import needs
from grader.report.text import calibration as calibration_text

if TYPE_CHECKING:
    from grader.laboratory import Laboratory
    from grader.measuring.tables.score_table import ScoreTable


def calibrate(
    exercise_id: Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE", show_default=False)],
    known: Annotated[
        Path | None,
        typer.Option(help="Labelled heads to use instead of the exercise's known_heads.yaml.", metavar="FILE"),
    ] = None,
    form: Annotated[PageFormat, FORMAT] = PageFormat.text,
    out: OutPath = None,
    as_json: OldJson = False,
    html: OldHtml = None,
    with_untrained: Annotated[
        bool,
        typer.Option("--untrained", help="Also measure the architecture with random weights, to see chance scores."),
    ] = False,
    with_lookalikes: Annotated[
        bool,
        typer.Option(
            "--lookalikes",
            help="Instead plant heads that know something else than the kinds, and show which would be confirmed.",
        ),
    ] = False,
    every_head: Annotated[bool, typer.Option("--all", help="Also list heads far below the threshold.")] = False,
    transformer: TransformerPath = None,
    device: Device = None,
) -> None:
    """Show each kind's scores, the gaps and the noise among them, and the effect of its threshold."""
    wanted = [old_spelling(form, out, html=html)] if html is not None or not as_json else []
    wanted += [old_spelling(form, out, as_json=True)] if as_json else []
    if with_lookalikes and (known or with_untrained or every_head):
        message = "--lookalikes plants heads instead of showing the measured ones; leave the other options out"
        raise InvalidInput("grade calibrate", [Problem("usage", message)])
    exercise = exercises.load(exercise_id)
    folder = exercises.available().get(exercise_id)
    labels = known_heads.read(known) if known else known_heads.of_exercise(folder)
    known_heads.refuse_misfits(labels, exercise, str(known or f"{exercise_id}/{known_heads.FILE_NAME}"))
    with laboratory(exercise, transformer, device) as lab:
        if with_lookalikes:
            _plant(lab, *wanted[-1])
            return
        calibration = calibrating.calibrate(exercise, lab.table, labels, _untrained(lab) if with_untrained else None)
        seen = needs.kept(lab)
    for form, out in wanted:
        print_or_write(_rendered(calibration, form, seen, every_head=every_head), out)


def _rendered(calibration: Calibration, form: PageFormat, seen: needs.Needs, *, every_head: bool) -> str:
    match form:
        case PageFormat.text:
            return calibration_text.text(calibration, every_head=every_head)
        case PageFormat.json:
            return calibration.model_dump_json(indent=2, ensure_ascii=True)
        case PageFormat.html:
            from grader.report.pages import calibration as calibration_page

            return calibration_page.render(calibration, seen)


def _plant(lab: "Laboratory", form: PageFormat, out: Path | None) -> None:
    """Print the battery of look-alikes on the exercise's probes.

    Raises:
        InvalidInput: The format is a page, which there is not.
        typer.Exit: A look-alike is confirmed that should not be, or the other way round; with code 1.
    """
    from grader.grading.calibration.lookalikes import tried
    from grader.measuring.battery import battery
    from grader.report.text import lookalikes as lookalikes_text

    if form is PageFormat.html:
        raise InvalidInput("grade calibrate", [Problem("usage", "--lookalikes has no page; use text or json")])
    lab.say("planting look-alikes")
    planted = list(tried(lab.exercise, battery(lab.loaded.tokenizer, lab.exercise)))
    if form is PageFormat.json:
        print_or_write(json.dumps([each.model_dump(mode="json") for each in planted], indent=2), out)
    else:
        print_or_write(lookalikes_text.text(planted), out)
    if not all(each.is_as_expected for each in planted):
        raise typer.Exit(1)


def _untrained(lab: "Laboratory") -> "ScoreTable":
    from grader.measuring.untrained import untrained

    lab.say("measuring the same architecture with random weights")
    return untrained(lab.exercise, lab.folder, lab.digest, lambda: lab.loaded, lab.progress)
