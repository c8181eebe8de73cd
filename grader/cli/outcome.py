"""What became of a submission, told on a terminal: its report, or why there is none, and the exit code that says so."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import typer

from grader import exercises
from grader.base.errors import GraderError, InvalidInput
from grader.base.language import N_, _, ngettext
from grader.cli.options import deliver
from grader.cli.rendering import rendered
from grader.report.formats import Format
from grader.report.text.labels import padded
from grader.schema.queue import Result

LABEL = 12
"""Cells."""
NO_PICTURES = N_("without pictures of the heads: those are drawn where the heads were measured")


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
            typer.echo(_("the next submission is taken from {when} on", when=message(result.next_allowed)), err=True)
        raise typer.Exit(InvalidInput.exit_code)
    if result.report is None or result.exercise is None:
        reason = f" ({result.reason})" if result.reason else ""
        raise NoResult(f"{_named(result)}: {_(result.says)}{reason}")
    exercise = exercises.load(result.exercise)
    deliver(rendered(form, result.report, exercise, dict, plain=out is not None), out)
    if form is Format.html:
        typer.echo(_(NO_PICTURES), err=True)
    for line in beside_report(result):
        typer.echo(line, err=True)
    raise typer.Exit(0 if result.report.passed else 1)


def beside_report(result: Result) -> Iterator[str]:
    """What the report does not say, because it is about this submission and not about its claims."""
    if result.credit < 1:
        score = f": {result.score:.0%}" if result.score is not None else ""
        yield _("late: {credit} of the score counts{score}", credit=f"{result.credit:.0%}", score=score)
    if result.attempts is not None and result.state == "graded":
        yield _("attempts: {used} of {attempts} used", used=result.attempts_used, attempts=result.attempts)
    if result.regraded:
        yield _("regraded: {why}", why=result.regraded)


def told(result: Result) -> str:
    """All but the report, in lines for a terminal."""
    rows = [(label, value) for label, value in _rows(result) if value]
    lines = [f"{_named(result)}: {result.state}", f"    {_(result.says)}", ""]
    lines += [f"{padded(_(label), LABEL)}  {value}" for label, value in rows]
    lines += InvalidInput("submission", result.problems).lines()
    if result.report is not None:
        lines += ["", _("its report: {command}", command=f"grade report {result.id} --platform {result.platform}")]
    return "\n".join(lines)


def _named(result: Result) -> str:
    return _("{id} on platform {platform}", id=result.id, platform=result.platform)


def message(when: datetime) -> str:
    """A time by this machine's clock and zone."""
    return when.astimezone().isoformat(sep=" ", timespec="seconds")


def _rows(result: Result) -> Iterator[tuple[str, str]]:
    """What there is to tell, each under its label."""
    yield N_("student"), result.student or ""
    yield N_("exercise"), result.exercise or ""
    yield N_("handed in"), message(result.received_at)
    yield N_("finished"), message(result.finished_at) if result.finished_at else ""
    tries = ngettext("grading was begun {number} time", "grading was begun {number} times", result.tries)
    yield N_("tries"), tries if result.tries > 1 else ""
    yield N_("went wrong"), result.reason
    yield N_("score"), _score(result)
    if result.exercise:
        used, of = result.attempts_used, result.attempts
        as_many = _("{used} used, of as many as you like", used=used)
        yield N_("attempts"), as_many if of is None else _("{used} of {attempts} used", used=used, attempts=of)
    yield N_("next one"), _("from {when} on", when=message(result.next_allowed)) if result.next_allowed else ""
    yield N_("regraded"), result.regraded


def _score(result: Result) -> str:
    """The score, and what lateness leaves of it; nothing where there is none."""
    if result.report is None or result.score is None:
        return ""
    told = f"{result.report.score:.0%}, {_('passed') if result.passed else _('not passed')}"
    if result.credit == 1:
        return told
    return _(
        "{score}; late, so {credit} of it counts: {left}",
        score=told,
        credit=f"{result.credit:.0%}",
        left=f"{result.score:.0%}",
    )
