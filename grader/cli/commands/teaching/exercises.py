"""`grade exercises`: list and show them, start a new one, check some, assess own sentences, publish scores."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from grader import exercises as shelf
from grader.base import home
from grader.base.errors import ExerciseError, GraderError, InvalidInput, Problem
from grader.base.language import N_, _, ngettext
from grader.base.numbers import percent
from grader.base.screen import Clean
from grader.cli.commands.atlas import KINDS, KindNames, named_kinds
from grader.cli.commands.schema import rendered
from grader.cli.console import say
from grader.cli.options import (
    FORMAT,
    Device,
    OutPath,
    PlainFormat,
    TransformerPath,
    laboratory,
    print_or_write,
    progress,
    write,
)
from grader.exercises.names import FAMILIES, statistic
from grader.exercises.thresholds import thresholds_of
from grader.report.text import asked as asked_words
from grader.report.text.labels import padded
from grader.report.text.words import plural_points
from grader.schema import AskedKind, Exercise, Kind, ProbeSettings, Threshold

if TYPE_CHECKING:
    from grader.authoring.from_scan import Begun

LABEL = 12
"""Cells."""
SHOW = "ID"
"""The name of the command that shows one exercise; no id has capitals."""
THRESHOLD = {"statistic", "at_least", "slices"}
"""The fields of a threshold that are shown."""
BEYOND_THE_PATTERN = {"evidence", "needed_at", "circuits"}
"""The fields of a kind that are shown where more than a pattern is asked for."""
INVALID = 2
"""The exit code of an invalid input."""


def exercises(
    exercise_id: Annotated[str | None, typer.Argument(help="Show this exercise.", metavar="ID")] = None,
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
) -> None:
    """List the exercises, or show what one asks for."""
    if exercise_id is None:
        _list(form, out)
        return
    exercise = shelf.load(exercise_id)
    if form is PlainFormat.json:
        print_or_write(json.dumps(_as_json(exercise, everything=True), indent=2), out)
    else:
        print_or_write("\n".join(_shown(exercise, exercise_id)), out)


def _list(form: PlainFormat, out: Path | None) -> None:
    """Print or write a line for each exercise.

    Raises:
        ExerciseError: Some exercises cannot be read; all others are listed.
    """
    faults: list[ExerciseError] = []
    readable = []
    for name in shelf.available():
        try:
            readable.append(shelf.load(name))
        except ExerciseError as fault:  # a bad exercise must not hide the others
            faults.append(fault)
    if form is PlainFormat.json:
        print_or_write(json.dumps([_as_json(exercise) for exercise in readable], indent=2), out)
    else:
        print_or_write("\n".join(map(_line, readable)), out)
    if faults:
        raise ExerciseError("\n".join(map(str, faults)))


def _line(exercise: Exercise) -> str:
    points = ngettext("{number} point", "{number} points", exercise.points)
    return f"{exercise.id:16} {_(exercise.title)} ({exercise.transformer.name}, {points})"


def _shown(exercise: Exercise, exercise_id: str) -> Iterator[str]:
    yield f"{_(exercise.title)}\n"
    for label, value in _rows(exercise):
        yield f"{padded(label, LABEL)}  {value}"
    yield ""
    for asked in exercise.kinds:
        yield asked_words.line(asked)
        for line in (*map(_threshold, thresholds_of(asked)), *_beyond_the_pattern(asked)):
            yield f"    {line}"
    yield "\n" + _("To claim heads, write a file such as my_heads.yaml, with the layers and heads that you found:")
    yield f"\nexercise: {exercise.id}\nclaims:"
    for asked in exercise.kinds:
        yield f"  - {asked_words.example(asked)}"
    yield "\n" + _("For students: {path}", path=shelf.students_page(shelf.available()[exercise_id]))


def _beyond_the_pattern(asked: AskedKind) -> Iterator[str]:
    """Yield what is asked for besides the pattern: that the head is needed, and what feeds it."""
    if asked.evidence == "needed":
        message = N_(
            "and needed: without it, alone or together with others, {part} of the behaviour is lost (`matters`)"
        )
        yield _(message, part=percent(asked.needed_at))
    if circuits := asked.circuits:
        number = ngettext("{number} circuit", "{number} circuits", circuits.wanted)
        points = ngettext("{number} point", "{number} points", circuits.points)
        yield _("and {circuits}, {points}: a head that feeds one of these (`feeds`)", circuits=number, points=points)


def _as_json(exercise: Exercise, *, everything: bool = False) -> dict[str, Any]:
    """Return the exercise for programs: a line of the list, or everything that is shown of one."""
    source = exercise.transformer
    line = {"id": exercise.id, "title": exercise.title, "transformer": source.name, "points": exercise.points}
    if not everything:
        return line
    rules = {name: getattr(exercise, name) for name in ("version", "budget", "wrong_costs", "pass_at", "kinds_needed")}
    kinds = [
        {
            "kind": asked.name,
            "heads": asked.heads,
            "points": asked.points,
            "thresholds": [each.model_dump(include=THRESHOLD, mode="json") for each in thresholds_of(asked)],
            **asked.model_dump(include=BEYOND_THE_PATTERN, mode="json"),
        }
        for asked in exercise.kinds
    ]
    size = {"family": source.family, "layers": source.layers, "heads": source.heads}
    return {**line, **size, **rules, "precision": exercise.probes.precision, "kinds": kinds}


class IdOrCommand(TyperGroup):
    """A group of commands in which any other word is an exercise's id."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - click's types, which Typer hides
        """Return the command's name, the command, and its arguments."""
        is_command = args[0] in self.commands
        return super().resolve_command(ctx, args if is_command else [SHOW, *args])


app = typer.Typer(cls=IdOrCommand, invoke_without_command=True, subcommand_metavar="[ID | COMMAND ...]")
app.command(SHOW)(exercises)


@app.callback()
def listed(
    context: typer.Context, form: Annotated[PlainFormat, FORMAT] = PlainFormat.text, out: OutPath = None
) -> None:
    """List the exercises, show one, start a new one, check them, or publish scores."""
    if context.invoked_subcommand is None:
        exercises(None, form, out)


@app.command()
def new(
    exercise_id: Annotated[str, typer.Argument(help="The new id: lower-case words joined by hyphens.", metavar="ID")],
    root: Annotated[Path, typer.Option("--in", help="The folder in which to create it.", metavar="FOLDER")] = Path(),
    word: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Measure this transformer, as grade atlas does, and ask for the kinds that it has heads of.",
            metavar="TRANSFORMER",
        ),
    ] = None,
    kinds: KindNames = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="The seed of its probes. Default: 0.")] = None,
    device: Device = None,
) -> None:
    """Create an exercise: a commented template, or one from a scan. Nothing is overwritten."""
    from grader.authoring import starting

    starting.refuse_name(exercise_id, root)
    begun: Begun | None = None
    if word is not None:
        begun = _from_scan(exercise_id, word, named_kinds(kinds), seed or 0, device)
    elif (kinds, seed, device) != (None, None, None):
        message = "--kinds, --seed and --device are for the scan of a transformer; name it with --from"
        raise InvalidInput("grade exercises new", [Problem("usage", message)])
    schemas = {f"{name}.json": rendered(name) + "\n" for name in ("exercise", "submission")}
    folder = starting.start(exercise_id, root, schemas, begun.files if begun else None)
    for note in begun.notes if begun else ():
        say(note, err=True)
    say(f"Created {folder}. Change {shelf.FILE_NAME}, README.md and my_heads.yaml in it, then run:")
    if folder.resolve().parent not in (known.resolve() for known in shelf.folders()):
        folders = os.pathsep.join([*filter(None, [os.environ.get(shelf.VARIABLE)]), str(root.resolve())])
        say(f"  export {shelf.VARIABLE}={folders}")
    if begun and begun.variable:
        say(f"  export {begun.variable}")
    say(f"  grade exercises check {folder}\n  grade scan {exercise_id}")


def _from_scan(exercise_id: str, word: str, kinds: list[Kind] | None, seed: int, device: str | None) -> "Begun":
    """Return an exercise on this transformer."""
    with progress() as shown:
        from grader.authoring import from_scan
        from grader.laboratory.atlas import AtlasLaboratory

        folder, settings = home.writable_folder(home.TABLES), ProbeSettings.model_validate({"seed": seed})
        lab = AtlasLaboratory(
            word, folder, kinds=kinds, settings=settings, kinds_source=KINDS, device=device, **shown._asdict()
        )
        return from_scan.begun(exercise_id, lab)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Exercises, or folders of exercises. Default: all.", metavar="FOLDER"),
    ] = None,
) -> None:
    """Report all problems of exercises, and warn of what their authors may have overlooked."""
    from grader.authoring import checking

    folders = checking.folders_in(paths or None)
    checked = []
    for each in checking.check(folders, home.folder() / home.TABLES):
        checked.append(each)
        for line in each.lines():
            say(line)
    say(checking.summary(checked))
    raise typer.Exit(INVALID if any(each.problems for each in checked) else 0)


@app.command()
def sentences(
    file: Annotated[Path, typer.Argument(help="Annotated sentences in CoNLL-U.", show_default=False)],
    relations: Annotated[
        list[str] | None,
        typer.Option("--relation", help="Use only this relation; can be repeated.", metavar="R"),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write them as `own_sentences` to this file.", metavar="PATH")
    ] = None,
) -> None:
    """Assess your own sentences as a probe, before you use them."""
    from grader.authoring import sentences as own

    annotated = own.read(file, relations or ())
    say(own.text(annotated))
    if out is not None:
        print_or_write(Clean(own.as_yaml(annotated.sentences)), out)  # as the author wrote them


@app.command()
def publish(
    exercise_id: Annotated[str, typer.Argument(help="The exercise.", metavar="ID", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="Write it to this file instead of the exercise's folder.", metavar="PATH")
    ] = None,
    transformer: TransformerPath = None,
) -> None:
    """Measure an exercise, and write its scores into its folder. Others then grade it without the weights."""
    from grader.laboratory.publishing import measured
    from grader.measuring.tables.carried import FILE_NAME, packed

    exercise, folder = shelf.load(exercise_id), shelf.available()[exercise_id]
    with laboratory(exercise, transformer) as lab:
        content = packed(measured(lab, folder))
    write(content, out or folder / FILE_NAME)
    if exercise.feedback != "all":
        say(_("students must not get this file: it tells what the exercise's feedback hides"), err=True)
    say(
        _("{number} KB; they are used where the same weights are pinned", number=f"{len(content) / 1000:,.0f}"),
        err=True,
    )


@app.command()
def verify(
    exercise_id: Annotated[str, typer.Argument(help="The exercise.", metavar="ID", show_default=False)],
    transformer: TransformerPath = None,
) -> None:
    """Measure an exercise again, and compare the scores it carries. They must agree to four decimals."""
    from grader.checkup import carried

    exercise = shelf.load(exercise_id)
    with laboratory(exercise, transformer) as lab:
        checks = list(carried.compared(lab, shelf.available()[exercise_id]))
    for check in checks:
        say(f"{check.result}\n  {check.advice}" if check.advice else check.result)
    if any(not (check.is_ok or check.is_unknown) for check in checks):
        raise typer.Exit(INVALID)
    raise typer.Exit(GraderError.exit_code if any(check.is_unknown for check in checks) else 0)


def _rows(exercise: Exercise) -> Iterator[tuple[str, str]]:
    """Yield label and value of what the exercise asks."""
    source = exercise.transformer
    yield (
        _("transformer"),
        _(
            "{name}: {layers} layers of {heads} heads, {family}",
            name=source.name,
            layers=source.layers,
            heads=source.heads,
            family=_(FAMILIES[source.family]),
        ),
    )
    yield _("precision"), exercise.probes.precision
    costs = plural_points(exercise.wrong_costs)
    yield _("claims"), _("{budget} at most; a wrong one costs {points}", budget=exercise.budget, points=costs)
    yield (
        _("to pass"),
        _(
            "{score} of {points} points, {kinds} kinds",
            score=percent(exercise.pass_at),
            points=exercise.points,
            kinds=exercise.kinds_needed,
        ),
    )


def _threshold(threshold: Threshold) -> str:
    message = _(
        "{statistic} at least {value}", statistic=statistic(threshold.statistic), value=f"{threshold.at_least:g}"
    )
    on = ", ".join(map(_, threshold.slices))
    return _("{threshold} on {slices}", threshold=message, slices=on) if on else message
