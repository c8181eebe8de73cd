"""The outcome of a submission on a terminal: its report or the reason why there is none, and the exit code."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import typer

from grader import exercises
from grader.base.errors import ExerciseError, InvalidInput
from grader.base.language import N_, _, ngettext
from grader.base.numbers import percent
from grader.cli.console import say
from grader.cli.options import print_or_write
from grader.cli.rendering import give_reason
from grader.report.failures import NoResult, failure_of
from grader.report.formats import Format, Material, rendered
from grader.report.text.decisions import decided
from grader.report.text.labels import padded
from grader.schema import Exercise
from grader.schema.queue import Result

LABEL = 12
"""Cells."""
NO_PICTURES = N_("The page has no pictures of heads: only the machine that measured the heads can draw them.")


def show_and_exit(result: Result, source: str, form: Format, out: Path | None, points: float | None = None) -> NoReturn:
    """Show the report as if it was made here, and exit; `source` is the submission's name in messages.

    Raises:
        NoResult: There is no report, or not yet.
    """
    if result.state == "rejected":
        refusal = InvalidInput(source, result.problems)
        give_reason(failure_of(refusal, source), form, out)
        for line in refusal.lines():
            say(line, err=True)
        if result.next_allowed:
            message = _("the next submission is possible from {when}", when=local_time(result.next_allowed))
            say(message, err=True)
        raise typer.Exit(InvalidInput.exit_code)
    if result.report is None or result.exercise is None:
        reason = f" ({result.reason})" if result.reason else ""
        raise NoResult(f"{_name(result)}: {_(result.says)}{reason}", result.state)
    exercise = exercises.load(result.exercise)
    from grader.grading.grade import shown

    material = Material(shown(result.report), exercise, total_points=points, to_file=out is not None)
    print_or_write(rendered(form, material), out)
    if form is Format.html:
        say(_(NO_PICTURES), err=True)
    for line in notes(result):
        say(line, err=True)
    raise typer.Exit(0 if result.report.passed else 1)


def notes(result: Result) -> Iterator[str]:
    """Yield what is not in the report, because it is about this submission and not about its claims."""
    if result.attempts is not None and result.state == "graded":
        yield _("attempts: {used} of {attempts} used", used=result.attempts_used, attempts=result.attempts)
    if result.regraded:
        yield _("regraded: {why}", why=result.regraded)
    yield from map(decided, result.adjustments)


def summary(result: Result) -> str:
    """Return everything but the report, in lines for a terminal."""
    rows = [(label, value) for label, value in _rows(result) if value]
    lines = [f"{_name(result)}: {result.state}", f"    {_(result.says)}", ""]
    lines += [f"{padded(_(label), LABEL)}  {value}" for label, value in rows]
    lines += InvalidInput("submission", result.problems).lines()
    if result.report is not None:
        command = f"grade report {result.id} --platform {result.platform}"
        lines += ["", _("to see its report, run: {command}", command=command)]
    return "\n".join(lines)


def local_time(when: datetime) -> str:
    """Return a time in this machine's zone."""
    return when.astimezone().isoformat(sep=" ", timespec="seconds")


def _name(result: Result) -> str:
    return _("{id} on platform {platform}", id=result.id, platform=result.platform)


def _rows(result: Result) -> Iterator[tuple[str, str]]:
    """Yield label and value; a value may be empty."""
    yield N_("student"), result.student or ""
    yield N_("exercise"), result.exercise or ""
    yield N_("handed in"), local_time(result.received_at)
    yield N_("finished"), local_time(result.finished_at) if result.finished_at else ""
    tries = ngettext("grading was started {number} time", "grading was started {number} times", result.tries)
    yield N_("tries"), tries if result.tries > 1 else ""
    yield N_("reason"), result.reason
    yield N_("score"), _score(result)
    if result.exercise:
        used, most = result.attempts_used, result.attempts
        unlimited = _("{used} used, no limit", used=used)
        yield N_("attempts"), unlimited if most is None else _("{used} of {attempts} used", used=used, attempts=most)
    yield from ((N_("for you"), decided(made)) for made in result.adjustments)
    yield N_("next one"), _("from {when}", when=local_time(result.next_allowed)) if result.next_allowed else ""
    yield N_("regraded"), result.regraded


def _score(result: Result) -> str:
    """Return the score that counts, with what lateness leaves of it; empty if there is none."""
    if result.score is None:
        return ""
    exercise = _exercise(result)
    score = percent(result.score, exercise.pass_at if exercise else None)
    passed = _("passed") if result.passed else _("not passed")
    late = _("late, so {credit} of the score counts", credit=percent(result.credit)) if result.credit < 1 else ""
    return ", ".join(filter(None, [score, passed, late]))


def _exercise(result: Result) -> Exercise | None:
    try:
        return exercises.load(result.exercise) if result.exercise else None
    except ExerciseError:
        return None
