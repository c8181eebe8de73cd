"""A report in one of its formats, the same whoever graded it and wherever."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.schema import Exercise, Report

if TYPE_CHECKING:
    from grader.grading.standings import Standings
    from grader.schema import Picture


class Format(StrEnum):
    """What a report can be shown as."""

    text = "text"
    json = "json"
    html = "html"
    gradescope = "gradescope"
    junit = "junit"


FormatOption = Annotated[Format, typer.Option("--format", help="What to show the report as.")]
Out = Annotated[Path | None, typer.Option(help="Write the report to this file.", metavar="PATH")]


def rendered(
    form: Format,
    full: Report,
    exercise: Exercise,
    pictures: "Callable[[], Mapping[int, Sequence[Picture]]]",
    plain: bool,
    standings: "Callable[[], Standings] | None" = None,
) -> str:
    """The report as its student may see it; `plain` text suits a file, other text the terminal.

    A page shows `pictures`, and with `standings` each head among all others, where the feedback goes so far.
    """
    from grader.grading.grade import shown

    report = shown(full)
    match form:
        case Format.text:
            from grader.report.formats import terminal

            return terminal.render(report, exercise) if plain else terminal.for_stream(report, exercise)
        case Format.json:
            from grader.report.formats import json

            return json.render(report)
        case Format.html:
            from grader.report.formats import html

            if report.feedback != "all":
                return html.render(report, {}, exercise)
            return html.render(report, pictures(), exercise, standings() if standings else None)
        case Format.gradescope:
            from grader.report.formats import gradescope

            return gradescope.render(report, exercise)
        case Format.junit:
            from grader.report.formats import junit

            return junit.render(report)
