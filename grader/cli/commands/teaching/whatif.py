"""`grade whatif` and `grade regrade`: the effects of a changed exercise, shown or applied."""

from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.base import home
from grader.base.errors import InvalidInput, Problem
from grader.cli.console import say
from grader.cli.options import (
    FORMAT,
    Device,
    OutPath,
    SelectionOptions,
    TableFormat,
    TransformerPath,
    laboratory,
    print_or_write,
    selecting,
)
from grader.exercises import changes, guessing
from grader.exercises.kept_versions import KeptVersions
from grader.laboratory import Laboratory
from grader.ledger import Ledger
from grader.report.text import effects as effects_text
from grader.students.regrading import Regrading, StudentEffect, moved

ExerciseArgument = Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE", show_default=False)]
TableOption = Annotated[TableFormat, FORMAT]
NeverLower = Annotated[bool, typer.Option("--never-lower", help="Keep every grade that would become lower.")]


@selecting
def whatif(
    exercise_id: ExerciseArgument,
    asked: SelectionOptions,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="A change, such as induction.at_least=0.5; can be repeated.", metavar="X=Y"),
    ] = None,
    file: Annotated[Path | None, typer.Option("--exercise-file", help="The changed exercise.", metavar="FILE")] = None,
    never_lower: NeverLower = False,
    form: TableOption = TableFormat.text,
    out: OutPath = None,
) -> None:
    """Show whose grade would change, without changing it. Without options: the effect of `grade regrade`."""
    stated = exercises.load(exercise_id)
    if file is not None and settings:
        raise InvalidInput("grade whatif", [Problem("usage", "use either --set or --exercise-file, not both")])
    wanted = stated
    if file is not None:
        wanted = exercises.read(file)
        if wanted.id != stated.id:
            message = f"`id` is {wanted.id}, but the reports are for {stated.id}"
            raise InvalidInput(str(file), [Problem("other-exercise", message)])
    elif settings:
        wanted = changes.changed(stated, settings)
    lab = Laboratory(wanted, home.writable_folder(home.TABLES))
    regrading = Regrading(wanted, lab.kept_table, never_lower=never_lower, causal=lab.causal, stated=stated)
    with Ledger() as ledger:
        effects = list(regrading.effects(ledger, asked.selection(ledger, stated.policy.time_zone)))
    if complaint := guessing.complaint(wanted):
        say(f"{wanted.id} would be refused: {complaint}", err=True)
    differences = changes.differences(stated, wanted) or moved(effects)
    print_or_write(_rendered(form, effects, differences), out)


@selecting
def regrade(
    exercise_id: ExerciseArgument,
    reason: Annotated[str, typer.Option(help="The reason; students see it.", prompt=False, show_default=False)],
    asked: SelectionOptions,
    never_lower: NeverLower = False,
    form: TableOption = TableFormat.text,
    out: OutPath = None,
    transformer: TransformerPath = None,
    device: Device = None,
) -> None:
    """Grade all stored reports again with the exercise as it is now; old reports stay in the ledger."""
    if not reason.strip():
        raise InvalidInput("--reason", [Problem("empty", "give a reason; students read it")])
    exercise = exercises.load(exercise_id)
    with laboratory(exercise, transformer, device) as lab:
        regrading = Regrading(exercise, lab.table, never_lower=never_lower, causal=lab.causal)
    with Ledger() as ledger:
        KeptVersions(ledger).vet(exercise)
        effects = list(regrading.effects(ledger, asked.selection(ledger, exercise.policy.time_zone)))
        regrading.refuse_old_version(effects)
        if any(student.effects for student in effects):
            KeptVersions(ledger).use(exercise)
        for _ in regrading.apply(ledger, effects, reason):
            pass
    print_or_write(_rendered(form, effects, moved(effects)), out)
    say(f"reason: {reason}" if any(each.effects for each in effects) else "nothing has changed", err=True)


def _rendered(form: TableFormat, effects: list[StudentEffect], differences: list[str]) -> str:
    match form:
        case TableFormat.text:
            return effects_text.text(effects, differences)
        case TableFormat.json:
            return effects_text.as_json(effects, differences)
        case TableFormat.csv:
            return effects_text.as_csv(effects)
