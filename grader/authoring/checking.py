"""Folders of exercises, looked through: what makes one invalid, and what its author may not have meant.

A problem makes the exercise unusable. A warning leaves it usable: a threshold whose number comes from nowhere, a count
of passing heads that was measured otherwise, a page or an example that students would miss.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from grader import documents, exercises
from grader.base.errors import ExerciseError, GraderError, InvalidInput, Problem
from grader.documents import Document
from grader.exercises import known_heads, submissions
from grader.exercises.changes import SOURCE as TRIED_OUT
from grader.exercises.thresholds import defaults
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.measuring import transformer
from grader.measuring.score_table import ScoreTable
from grader.report.text.words import plural
from grader.schema import AskedKind, Exercise

STUDENTS_PAGE, EXAMPLE = "README.md", "my_heads.yaml"
FEWEST_WORDS, FEWEST_CHARACTERS = 3, 12
"""Of a threshold's source: less says neither what was measured nor who did."""

_PLACEHOLDER = re.compile(rf"\b(todo|tbd|fixme|xxx)\b|\?\?|{re.escape(TRIED_OUT)}", re.IGNORECASE)


class Examined(NamedTuple):
    """One folder, and what was found."""

    folder: Path
    exercise: Exercise | None
    """None where it cannot be used."""
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    compared: bool = False
    """Whether a kept score table was there to compare `passing` with."""


def folders_in(paths: Iterable[Path] | None) -> list[Path]:
    """The exercises' folders that the paths name, an exercise's own or all inside one that holds some; None: all.

    Raises:
        InvalidInput: A path is no folder, or nothing is inside it.
    """
    if paths is None:
        return [folder for root in exercises.folders() for folder in exercises.within(root)]
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.is_dir():
            raise _usage(f"there is no folder {path}")
        inside = [path] if (path / exercises.FILE_NAME).exists() else exercises.within(path)
        if not inside:
            raise _usage(f"{path}: there is neither {exercises.FILE_NAME} nor a folder in it")
        found |= {folder.resolve(): folder for folder in inside}
    return list(found.values())


def examined(folders: Iterable[Path], tables: Path) -> Iterator[Examined]:
    """Each folder looked through, whatever the others are like; `tables` is where score tables are kept."""
    first: dict[str, Path] = {}
    for folder in folders:
        found = _examined(folder, tables)
        name = folder.resolve().name
        if (earlier := first.setdefault(name, folder)) != folder:
            message = f"{folder}: {earlier} has the id {name} as well; rename one [repeated-id]"
            found = found._replace(exercise=None, problems=(*found.problems, message))
        yield found


def told(found: Examined) -> list[str]:
    """The lines about one folder: every problem, every warning, or that it is sound."""
    if found.exercise is None:
        return list(found.problems)
    exercise = found.exercise
    kinds = plural(len(exercise.kinds), "kind", "kinds")
    lines = [f"{found.folder}: {exercise.id} version {exercise.version}, {kinds}, {exercise.points} points"]
    if not found.compared:
        lines.append(f"  not measured yet; `grade scan {exercise.id}` does it, and `passing` is compared from then on")
    return lines + [f"  warning: {warning}" for warning in found.warnings]


def summary(found: Sequence[Examined]) -> str:
    """How many are invalid, and how many warnings there are."""
    invalid = sum(each.exercise is None for each in found)
    warnings = sum(len(each.warnings) for each in found)
    return (
        f"{plural(len(found), 'exercise', 'exercises')}: {invalid} invalid, {plural(warnings, 'warning', 'warnings')}"
    )


def _examined(folder: Path, tables: Path) -> Examined:
    file = folder / exercises.FILE_NAME
    try:
        exercise = exercises.load(folder)
        document = documents.parse(file.read_bytes(), str(file), exercises.SIZE_LIMIT)
        table = _kept_table(exercise, tables)
        passing = list(_passing(exercise, table, document)) if table else []
    except GraderError as error:
        return Examined(folder, None, tuple(str(error).splitlines()), ())
    doubts = [*_unsourced(exercise, document), *passing]
    lines = [*InvalidInput(str(file), doubts).lines(), *_companions(folder, exercise)]
    return Examined(folder, exercise, (), tuple(lines), table is not None)


def _kept_table(exercise: Exercise, tables: Path) -> ScoreTable | None:
    """The exercise's score table if it is kept; nothing is measured, and nothing fetched."""
    explicit = None
    if not exercise.transformer.files:
        try:
            explicit = transformer.locate(exercise.transformer, online=False).path
        except GraderError:
            return None
    bench = Laboratory(exercise, tables, explicit=explicit)
    return bench.kept_table if bench.is_measured else None


def _passing(exercise: Exercise, table: ScoreTable, document: Document) -> Iterator[Problem]:
    standings = Standings(exercise, table)
    for number, kind in enumerate(exercise.kinds):
        if (found := standings.passing(kind.name)) != kind.passing:
            message = f"`passing` is {kind.passing}, but {found} of {standings.heads} heads pass as {kind.name}"
            yield document.problem("other-passing", message, ("kinds", number, "passing"))


def _unsourced(exercise: Exercise, document: Document) -> Iterator[Problem]:
    for number, kind in enumerate(exercise.kinds):
        for item, threshold in enumerate(kind.thresholds):
            source = threshold.source.strip()
            is_short = len(source) < FEWEST_CHARACTERS or len(source.split()) < FEWEST_WORDS
            if _PLACEHOLDER.search(source) or (is_short and not _is_default(kind, item)):
                message = (
                    f"`source` says not where {threshold.at_least:g} comes from: `{documents.shown(source)}`; name"
                )
                place = ("kinds", number, "thresholds", item, "source")
                yield document.problem("no-source", f"{message} what was measured, or who published it", place)


def _is_default(kind: AskedKind, item: int) -> bool:
    """Whether the threshold has the default's number, whose source is known."""
    own = kind.thresholds[item]
    return any((own.statistic, own.at_least) == (each.statistic, each.at_least) for each in defaults(kind.type))


def _companions(folder: Path, exercise: Exercise) -> Iterator[str]:
    """What is wrong with the files beside `exercise.yaml`."""
    for name, purpose in ((STUDENTS_PAGE, "the page that students start from"), (EXAMPLE, "an example submission")):
        if not (folder / name).is_file():
            yield f"{folder / name}: there is none; it is {purpose} [missing-file]"
    for look in (_example, _known_heads):
        try:
            yield from look(folder, exercise)
        except (InvalidInput, ExerciseError) as error:
            yield from str(error).splitlines()


def _example(folder: Path, exercise: Exercise) -> Iterator[str]:
    file = folder / EXAMPLE
    if file.is_file():
        submissions.load(file, exercise_override=folder)
        if (named := submissions.read(file.read_bytes(), str(file)).exercise) != exercise.id:
            yield f"{file}: `exercise` is `{named}`, not `{exercise.id}` [other-exercise]"


def _known_heads(folder: Path, exercise: Exercise) -> Iterator[str]:
    known = known_heads.of_exercise(folder)
    known_heads.refuse_misfits(known, exercise, str(folder / known_heads.FILE_NAME))
    yield from ()


def _usage(message: str) -> InvalidInput:
    return InvalidInput("grade exercises check", [Problem("usage", message)])
