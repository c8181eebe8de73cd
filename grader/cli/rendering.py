"""A report in one of its formats, the same wherever it was graded."""

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
    """The formats of a report."""

    text = "text"
    json = "json"
    html = "html"
    gradescope = "gradescope"
    junit = "junit"


FormatOption = Annotated[Format, typer.Option("--format", help="The format of the report.")]
Out = Annotated[Path | None, typer.Option(help="Write the report to this file.", metavar="PATH")]


def rendered(
    form: Format,
    full: Report,
    exercise: Exercise,
    pictures: "Callable[[], Mapping[int, Sequence[Picture]]]",
    plain: bool,
    standings: "Callable[[], Standings] | None" = None,
) -> str:
    """Return the report as its student may see it; `plain` text is for a file, other text for the terminal.

    A page shows the `pictures` and, with `standings`, each head among all others, if the exercise's feedback is `all`.
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
