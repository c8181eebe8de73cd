"""`grade doctor`: whether everything is in place, and what to do if not."""

import json
from collections.abc import Iterator
from typing import Annotated

import typer

from grader import checkup, exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.checkup import carried
from grader.checkup.check import Check
from grader.cli.options import FORMAT, Device, OutPath, PlainFormat, TransformerPath, laboratory, print_or_write


def doctor(
    exercise_id: Annotated[
        str | None,
        typer.Option(
            "--exercise", help="Also measure this exercise, and compare its scores and known heads.", metavar="ID"
        ),
    ] = None,
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
    transformer: TransformerPath = None,
    device: Device = None,
) -> None:
    """Check transformers, digests, folders, the ledger and, if there is one, the service. Needs no internet."""
    if transformer is not None and exercise_id is None:
        message = _("--transformer needs --exercise ID, whose transformer it is; add it")
        raise InvalidInput("grade doctor", [Problem("usage", message)])
    known: list[Check] = []
    if exercise_id is not None:
        exercise = exercises.load(exercise_id)
        folder = exercises.available()[exercise_id]
        with laboratory(exercise, transformer, device) as lab:
            own = carried.compared(lab, folder) if carried.has_scores(folder) else ()
            known = [*own, *checkup.known_heads(exercise, folder, lab.table)]
    checks = [*checkup.all_checks(), *known]
    if form is PlainFormat.json:
        print_or_write(json.dumps([check._asdict() for check in checks], indent=2), out)
    else:
        print_or_write("\n".join(line for check in checks for line in _lines(check)), out)
    raise typer.Exit(0 if all(check.is_ok or check.is_optional for check in checks) else 3)


def _lines(check: Check) -> Iterator[str]:
    mark = "?   " if check.is_unknown else "ok  " if check.is_ok else "LOOK"
    yield f"{mark}  {check.subject}: {check.result}"
    if check.advice:
        yield f"        {check.advice}"
