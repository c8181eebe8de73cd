"""`grade whatif` and `grade regrade`: whom a changed exercise touches, and the change applied."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import exercises
from grader.base import home
from grader.base.errors import InvalidInput, Problem
from grader.cli.options import TABLES, TransformerPath, deliver, laboratory

if TYPE_CHECKING:
    from grader.students.regrading import StudentEffect

ExerciseArgument = Annotated[str, typer.Argument(help="Whose reports.", metavar="EXERCISE", show_default=False)]
NeverLower = Annotated[bool, typer.Option("--never-lower", help="Leave what would become less as it is.")]
OutPath = Annotated[Path | None, typer.Option(help="Write it to this file.", metavar="PATH")]


class EffectsFormat(StrEnum):
    """What the effects can be shown as."""

    text = "text"
    json = "json"
    csv = "csv"


EffectsOption = Annotated[EffectsFormat, typer.Option("--format", help="What to show the effects as.")]


def whatif(
    exercise_id: ExerciseArgument,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Such as induction.at_least=0.5; may be repeated.", metavar="X=Y")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--exercise-file", help="The exercise as it would be.", metavar="FILE")
    ] = None,
    never_lower: NeverLower = False,
    form: EffectsOption = EffectsFormat.text,
    out: OutPath = None,
) -> None:
    """Show whose grade would change, and change nothing. Without options: what `grade regrade` would do."""
    from grader.exercises import changes, guessing

    stated = exercises.load(exercise_id)
    if file is not None and settings:
        raise InvalidInput("grade whatif", [Problem("usage", "give either --set or --exercise-file")])
    wanted = stated
    if file is not None:
        wanted = exercises.read(file)
        if wanted.id != stated.id:
            message = f"`id` is {wanted.id}, but the reports are on {stated.id}"
            raise InvalidInput(str(file), [Problem("other-exercise", message)])
    elif settings:
        wanted = changes.changed(stated, settings)
    from grader.laboratory import Laboratory
    from grader.ledger import Ledger
    from grader.students import regrading

    table = Laboratory(wanted, home.writable_folder(TABLES)).kept_table
    with Ledger() as ledger:
        effects = list(regrading.Regrading(wanted, table, never_lower=never_lower).effects(ledger))
    if complaint := guessing.complaint(wanted):
        typer.echo(f"{wanted.id} would be refused: {complaint}", err=True)
    told = changes.differences(stated, wanted) or regrading.moved(effects)
    deliver(_rendered(form, effects, told), out)


def regrade(
    exercise_id: ExerciseArgument,
    reason: Annotated[str, typer.Option(help="Why; students see it.", prompt=False, show_default=False)],
    never_lower: NeverLower = False,
    form: EffectsOption = EffectsFormat.text,
    out: OutPath = None,
    transformer: TransformerPath = None,
) -> None:
    """Grade every kept report again by the exercise as its file states it now; old reports stay in the ledger."""
    from grader.ledger import Ledger
    from grader.students.regrading import Regrading, moved

    if not reason.strip():
        raise InvalidInput("--reason", [Problem("empty", "say why; students read it")])
    exercise = exercises.load(exercise_id)
    with laboratory(exercise, transformer) as bench:
        regrading = Regrading(exercise, bench.table, never_lower=never_lower)
    with Ledger() as ledger:
        effects = list(regrading.effects(ledger))
        regrading.refuse_old_version(effects)
        for _ in regrading.apply(ledger, effects, reason):
            pass
    deliver(_rendered(form, effects, moved(effects)), out)
    typer.echo(f"reason: {reason}" if any(each.effects for each in effects) else "nothing was written", err=True)


def _rendered(form: EffectsFormat, effects: "list[StudentEffect]", changes: list[str]) -> str:
    from grader.report.text import effects as shown

    match form:
        case EffectsFormat.text:
            return shown.text(effects, changes)
        case EffectsFormat.json:
            return shown.as_json(effects, changes)
        case EffectsFormat.csv:
            return shown.as_csv(effects)
