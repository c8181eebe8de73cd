"""A report in each of its formats, one file a format; strangers to each other.

A new format is a file here with the functions `show`, and `failed` for what has no report, and its line in `Format`.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.schema import Exercise, Picture, Report

if TYPE_CHECKING:
    from grader.grading.standings import Standings
    from grader.report.needs import Needs
    from grader.schema.queue import State


class Format(StrEnum):
    """The formats of a report: a format's name is that of its module here, its value the word after `--format`."""

    terminal = "text"
    json = "json"
    html = "html"
    gradescope = "gradescope"
    junit = "junit"
    prairielearn = "prairielearn"
    xqueue = "xqueue"


class Material(NamedTuple):
    """Everything that a format may use."""

    report: Report
    """The report, as its student may see it: the numbers and verdicts that the exercise's feedback hides are gone."""
    exercise: Exercise
    pictures: Callable[[], Mapping[int, Sequence[Picture]]] = dict
    """Returns the pictures of each claim, by its place among the verdicts, counted from 0. Drawing them takes time."""
    standings: "Callable[[], Standings] | None" = None
    """Returns the standing of every head; None where the heads were measured elsewhere."""
    needs: "Callable[[], Needs]" = dict
    """Returns what was seen before of the importance of heads; nothing is measured for it."""
    total_points: float | None = None
    """The points of a full score on the platform; None for the exercise's own points."""
    to_file: bool = False
    """True if the text goes to a file, so that it has neither colour nor the terminal's width."""


class Failure(NamedTuple):
    """The reason why there is no report, in the words of a platform's results."""

    source: str
    """The submission's name."""
    state: "State"
    """`rejected` if the input is invalid, `dead` if the fault is ours, or the state of one that has to wait."""
    problems: tuple[Problem, ...]
    exit_code: int

    @property
    def says(self) -> str:
        """The state in words."""
        from grader.schema.queue import STATES

        return _(STATES[self.state])

    @property
    def lines(self) -> list[str]:
        """The state and all problems, a line each."""
        return [self.says, *InvalidInput(self.source, self.problems).lines()]


def failed(form: Format, failure: Failure) -> str:
    """Return what stands in this format in place of a report."""
    text: str = import_module(f"{__name__}.{form.name}").failed(failure)
    return text


def rendered(form: Format, material: Material) -> str:
    """Return the report in this format; no other format is imported."""
    text: str = import_module(f"{__name__}.{form.name}").show(material)
    return text
