"""Exercises, found by id and loaded; a bad one is always an error.

An exercise is a folder with an `exercise.yaml`, and its id is the folder's name. The shipped exercises come first, then
those in the folders that the environment variable `GRADER_EXERCISES` names, joined as in `PATH`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property, lru_cache
from pathlib import Path

from grader import documents
from grader.base.errors import ExerciseError, InvalidInput, Problem, UnknownExercise
from grader.base.language import N_, _, spoken
from grader.exercises import guessing
from grader.schema import Exercise, Kind, TransformerSource, is_identifier

FILE_NAME = "exercise.yaml"
VARIABLE = "GRADER_EXERCISES"
"""The environment variable that names folders of more exercises."""
SIZE_LIMIT = 4 * 1024 * 1024
"""Bytes; an instructor's own sentences take space."""
RESERVED = ("check", "new", "publish", "sentences", "verify")
"""The subcommands of `grade exercises`, which no exercise may have as its id."""

_SEEN: ContextVar["_Seen | None"] = ContextVar("_SEEN", default=None)
"""The present `once`; None outside of it."""
_PACKAGE = Path(__file__).parents[1]


def folders() -> tuple[Path, ...]:
    """Return the folders of exercises: that of the shipped ones, then those of `GRADER_EXERCISES`.

    Raises:
        ExerciseError: `GRADER_EXERCISES` names something that is not such a folder.
    """
    ours = shipped()
    return tuple({folder.resolve(): folder for folder in ([ours] if ours else []) + _given()}.values())


def own_folders() -> tuple[Path, ...]:
    """Return the folders that `GRADER_EXERCISES` names, without that of the shipped exercises.

    Raises:
        ExerciseError: It names something that is not such a folder.
    """
    ours = shipped()
    return tuple(folder for folder in folders() if ours is None or folder.resolve() != ours.resolve())


def shipped() -> Path | None:
    """Return the folder of the shipped exercises, in an installation or in a clone; None if there is none."""
    places = (_PACKAGE / "exercises_shipped", _PACKAGE.parent / "exercises")
    return next((folder for folder in places if folder.is_dir()), None)


def _given() -> list[Path]:
    try:
        given = [Path(name).expanduser() for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    except RuntimeError as error:
        raise ExerciseError(f"{VARIABLE}: there is no such user's home; write the whole path") from error
    for folder in given:
        if not folder.is_dir():
            raise ExerciseError(f"{VARIABLE}: there is no folder {folder}")
        if (folder / FILE_NAME).exists():
            raise ExerciseError(f"{VARIABLE}: {folder} is an exercise; name the folder that contains it")
    return given


class _Seen:
    """The folders that were found, and the exercises that were loaded by their id."""

    def __init__(self) -> None:
        self.loaded: dict[str, Exercise] = {}

    @cached_property
    def folders(self) -> dict[str, Path]:
        return _available()


def available() -> dict[str, Path]:
    """Return every exercise's folder by the exercise's id, in the order of the ids.

    Raises:
        ExerciseError: A folder is not an exercise, its name is not an id, or it repeats an id.
    """
    seen = _SEEN.get()
    return seen.folders if seen else _available()


def _available() -> dict[str, Path]:
    by_id: dict[str, Path] = {}
    for folder in (folder for root in folders() for folder in within(root)):
        name = folder.name
        if not is_identifier(name):
            rule = "lower-case words joined by hyphens, 64 characters at most"
            raise ExerciseError(f"{folder}: the name of an exercise's folder is {rule}")
        if not (folder / FILE_NAME).is_file():
            raise ExerciseError(f"{folder}: there is no {FILE_NAME} in it")
        if name in by_id:
            raise ExerciseError(f"two exercises have the id {name}: {by_id[name]} and {folder}; rename one")
        by_id[name] = folder
    return dict(sorted(by_id.items()))


def students_page(folder: Path) -> Path:
    """Return the page for students in an exercise's folder, in the language of messages if there is one."""
    translated = folder / f"README.{spoken()}.md"
    return translated if translated.is_file() else folder / "README.md"


def folder_of(exercise: Exercise) -> Path | None:
    """Return the folder of the exercise with this one's id; None if there is none, as with a draft."""
    try:
        return available().get(exercise.id)
    except ExerciseError:
        return None


def within(root: Path) -> list[Path]:
    """Return the folders in a folder of exercises, sorted by name, without hidden ones."""
    return [folder for folder in sorted(root.iterdir()) if folder.is_dir() and not folder.name.startswith((".", "__"))]


def load(exercise: str | Path, *, graded: bool = True) -> Exercise:
    """Return the exercise with this id (a string), or at this path of a folder or of the file in it (a `Path`).

    A string is never used as a path, because it may come from a submission or from a queue. If nothing is `graded` by
    it, its points need not follow the guess rule: they depend on what a scan finds.

    Raises:
        ExerciseError: There is no such exercise, or it is invalid.
    """
    seen = _SEEN.get() if isinstance(exercise, str) and graded else None
    if seen is None:
        return _loaded(exercise, graded=graded)
    name = str(exercise)
    if name not in seen.loaded:
        seen.loaded[name] = _loaded(name, graded=graded)
    return seen.loaded[name]


@contextmanager
def once() -> Iterator[None]:
    """Look for exercises and load each only once within this block, which is short: for many submissions at a time."""
    token = _SEEN.set(_Seen())
    try:
        yield
    finally:
        _SEEN.reset(token)


def _loaded(exercise: str | Path, *, graded: bool) -> Exercise:
    file = _folder(exercise).resolve() / FILE_NAME
    return _read(file, _content(file), file.parent.name, graded=graded)


def read(file: Path) -> Exercise:
    """Return the exercise in a file with any name in any folder, such as a draft.

    Raises:
        ExerciseError: It is invalid.
    """
    return _read(file, _content(file), None, graded=True)


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise ExerciseError(f"{file}: cannot be read: {error.strerror}") from None


@lru_cache(maxsize=64)
def _read(file: Path, content: bytes, folder: str | None, *, graded: bool) -> Exercise:
    """Return the exercise in the file's content; the same content is not parsed twice."""
    try:
        document = documents.parse(content, str(file), SIZE_LIMIT)
    except InvalidInput as error:
        raise ExerciseError(str(error)) from None
    loaded, problems = documents.validated(document, Exercise)
    if loaded:
        problems += _misfits(loaded, document, folder)
        problems += _guessing(loaded, document) if graded else []
    if loaded is None or problems:
        raise ExerciseError(str(InvalidInput(str(file), problems)))
    return loaded


def beyond_decoder(kind: Kind, transformer: TransformerSource) -> bool:
    """Return whether the kind looks at later tokens although the transformer is a decoder, which cannot."""
    return transformer.family == "decoder" and kind.looks_ahead


def _folder(exercise: str | Path) -> Path:
    if isinstance(exercise, str):
        known = available()
        if exercise not in known:
            hint = documents.hint(exercise, known)
            message = N_("there is no exercise {name}; known: {known}{hint}")
            names = ", ".join(known) or _("none")
            raise UnknownExercise(_(message, name=documents.shown(exercise), known=names, hint=hint))
        return known[exercise]
    return exercise.parent if exercise.name == FILE_NAME else exercise


def _misfits(exercise: Exercise, document: documents.Document, folder: str | None) -> list[Problem]:
    problems = []
    if folder is not None and exercise.id != folder:
        message = f"`id` is `{exercise.id}` but the folder's name is `{folder}`; they must be the same"
        problems.append(document.problem("id-not-folder", message, ("id",)))
    if exercise.id in RESERVED:
        message = f"`id` cannot be `{exercise.id}`: `grade exercises {exercise.id}` is a command"
        problems.append(document.problem("reserved-id", message, ("id",)))
    for number, kind in enumerate(exercise.kinds):
        if beyond_decoder(kind, exercise.transformer):
            message = f"{kind.name} looks ahead, but a decoder's heads cannot attend to later tokens"
            problems.append(document.problem("looks-ahead", message, ("kinds", number)))
        if kind.evidence == "needed" and not kind.causal:
            message = f"`evidence: needed`: there is no causal measure for {kind.name}; leave it out"
            problems.append(document.problem("no-measure", message, ("kinds", number, "evidence")))
    return problems


def _guessing(exercise: Exercise, document: documents.Document) -> list[Problem]:
    """Return the problem that guessing pays, if it does."""
    message = guessing.complaint(exercise)
    return [document.problem("guessing-pays", message, ("wrong_costs",))] if message else []
