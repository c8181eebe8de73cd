"""A report in one of its formats, the same wherever it was graded."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader.report import formats
from grader.report.formats import Format, Material
from grader.schema import Exercise, Report

if TYPE_CHECKING:
    from grader.grading.standings import Standings
    from grader.schema import Picture

FormatOption = Annotated[Format, typer.Option("--format", help="The format of the report.")]
Out = Annotated[Path | None, typer.Option(help="Write the report to this file.", metavar="PATH")]

Points = Annotated[
    float | None,
    typer.Option(
        "--points",
        min=0.01,
        help="With --format gradescope: the points that a full score is worth there. Default: the exercise's own.",
        metavar="NUMBER",
    ),
]


def rendered(
    form: Format,
    full: Report,
    exercise: Exercise,
    pictures: "Callable[[], Mapping[int, Sequence[Picture]]]",
    plain: bool,
    standings: "Callable[[], Standings] | None" = None,
    total_points: float | None = None,
) -> str:
    """Return the report as its student may see it; `plain` text is for a file, other text for the terminal.

    A page shows the `pictures` and, with `standings`, each head among all others, if the exercise's feedback is `all`.
    A platform that counts in points of its own gives a full score `total_points`.
    """
    from grader.grading.grade import shown

    return formats.rendered(form, Material(shown(full), exercise, pictures, standings, total_points, to_file=plain))
