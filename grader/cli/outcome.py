"""What became of a submission, told on a terminal: its report, or why there is none, and the exit code that says so."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import typer

from grader import exercises
from grader.cli.options import deliver
from grader.cli.rendering import Format, rendered
from grader.errors import GraderError, InvalidInput
from grader.service.records import Result

LABEL = 12
"""Characters."""
NO_PICTURES = "without pictures of the heads: those are drawn where the heads were measured"


class NoResult(GraderError):
    """There is no report, or not yet; the student need not do anything about it."""


def conclude(result: Result, source: str, form: Format, out: Path | None) -> NoReturn:
    """Show the report as if it was made here, and end; `source` is what messages call the submission.

    Raises:
        NoResult: There is none, or not yet.
    """
    if result.state == "rejected":
        for line in InvalidInput(source, result.problems).lines():
            typer.echo(line, err=True)
        if result.next_allowed:
            typer.echo(f"the next submission is taken from {said(result.next_allowed)} on", err=True)
        raise typer.Exit(InvalidInput.exit_code)
    if result.report is None or result.exercise is None:
        reason = f" ({result.reason})" if result.reason else ""
        raise NoResult(f"{result.id} on platform {result.platform}: {result.says}{reason}")
    exercise = exercises.load(result.exercise)
    deliver(rendered(form, result.report, exercise, dict, plain=out is not None), out)
    if form is Format.html:
        typer.echo(NO_PICTURES, err=True)
    for line in beside_report(result):
        typer.echo(line, err=True)
    raise typer.Exit(0 if result.report.passed else 1)


def beside_report(result: Result) -> Iterator[str]:
    """What the report does not say, because it is about this submission and not about its claims."""
    if result.credit < 1:
        score = f": {result.score:.0%}" if result.score is not None else ""
        yield f"late: {result.credit:.0%} of the score counts{score}"
    if result.attempts is not None and result.state == "graded":
        yield f"attempts: {result.attempts_used} of {result.attempts} used"
    if result.regraded:
        yield f"regraded: {result.regraded}"


def told(result: Result) -> str:
    """All but the report, in lines for a terminal."""
    rows = [(label, value) for label, value in _rows(result) if value]
    lines = [f"{result.id} on platform {result.platform}: {result.state}", f"    {result.says}", ""]
    lines += [f"{label:{LABEL}}  {value}" for label, value in rows]
    lines += InvalidInput("submission", result.problems).lines()
    if result.report is not None:
        lines += ["", f"its report: grade report {result.id} --platform {result.platform}"]
    return "\n".join(lines)


def said(when: datetime) -> str:
    """A time by this machine's clock and zone."""
    return when.astimezone().isoformat(sep=" ", timespec="seconds")


def _rows(result: Result) -> Iterator[tuple[str, str]]:
    yield "student", result.student or ""
    yield "exercise", result.exercise or ""
    yield "handed in", said(result.received_at)
    yield "finished", said(result.finished_at) if result.finished_at else ""
    yield "tries", f"grading was begun {result.tries} times" if result.tries > 1 else ""
    yield "went wrong", result.reason
    if result.report is not None and result.score is not None:
        credit = f"; late, so {result.credit:.0%} of it counts: {result.score:.0%}" if result.credit < 1 else ""
        yield "score", f"{result.report.score:.0%}, {'passed' if result.passed else 'not passed'}{credit}"
    of = "used, of as many as you like" if result.attempts is None else f"of {result.attempts} used"
    yield "attempts", f"{result.attempts_used} {of}" if result.exercise else ""
    yield "next one", f"from {said(result.next_allowed)} on" if result.next_allowed else ""
    yield "regraded", result.regraded
