"""One submission as a platform hands it in, graded to a report or to the reason why there is none."""

import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from grader import documents
from grader.base import home
from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _, of_service, speak
from grader.exercises import FILE_NAME, submissions
from grader.laboratory import Laboratory
from grader.measuring.tables.carried import FILE_NAME as SCORES
from grader.report import formats
from grader.report.failures import told
from grader.report.formats import Failure, Format
from grader.report.graded import GradedSubmission
from grader.schema import Exercise, Policy
from grader.schema.content import claims_hash
from grader.service import policy as rules
from grader.service.policy import Past

SUFFIXES = (".yaml", ".yml", ".json")
"""The endings of a submission's file."""
SHOWN = 5
"""The most names in a message."""
NO_FILE = N_("there is no submission among the files ({names}); hand in one file, such as {file}")
SEVERAL = N_("there are several files that may be the submission ({names}); hand in one, or name it {file}")
OTHER = N_("this is a submission to {other}, but {exercise} is asked for here")


@dataclass(frozen=True)
class FromPlatform:
    """A student's submission, and what the platform says of it."""

    content: bytes
    source: str
    """The file's name in messages."""
    student: str | None = None
    at: datetime | None = None
    """The time at which it was handed in; None if the platform minds the dates and attempts by itself."""
    due: datetime | None = None
    """The deadline of this student on the platform, in place of the one in the exercise."""
    attempts: Mapping[str, datetime] = field(default_factory=dict)
    """The times at which the student's earlier attempts first came in, by the hashes of their claims. The same claims
    again are never refused, and are no later than they were."""


Answer = GradedSubmission | Failure
"""A graded submission, or the reason why there is no report."""


def answer(place: Path, read: Callable[[Exercise], FromPlatform]) -> Answer:
    """Return the answer to what `read` returns for the exercise in `place`; every error becomes one as well."""
    try:
        speak(of_service())
        laboratory = _laboratory(place.resolve(), home.writable_folder(home.TABLES), _stamps(place))
        return _graded(laboratory, place, read(laboratory.exercise))
    except Exception as error:  # noqa: BLE001 - whatever happens, the student gets an answer
        if not isinstance(error, InvalidInput):  # for the instructor's log
            traceback.print_exception(error, file=sys.stderr)
        return told(error, place.name)


def _stamps(place: Path) -> tuple[tuple[int, int], ...]:
    """Return what changes when a file of the exercise does."""
    states = [(place / name).stat() for name in (FILE_NAME, SCORES) if (place / name).exists()]
    return tuple((state.st_mtime_ns, state.st_size) for state in states)


@lru_cache(maxsize=16)
def _laboratory(place: Path, tables: Path, _stamps: tuple[tuple[int, int], ...]) -> Laboratory:
    """Return the exercise's laboratory, which a process that grades many submissions keeps until a file changes."""
    return Laboratory.of_folder(place, tables)


def rendered(result: Answer, form: Format, total_points: float | None = None) -> str:
    """Return the answer in a platform's format."""
    if isinstance(result, Failure):
        return formats.failed(form, result)
    return result.rendered(form, to_file=True, total_points=total_points)


def submission_in(folder: Path, file: str) -> Path:
    """Return the submission among a student's files: the one with this name, else the only one it could be.

    Links are left aside, because they may lead to what students must not see; so is what is hidden, such as `.git`.

    Raises:
        InvalidInput: There is none, or there are several.
    """
    found = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    found = {inside: path for inside, path in found.items() if not _is_aside(inside, folder)}
    fitting = [inside for inside in found if inside.suffix.lower() in SUFFIXES]
    named = [inside for inside in fitting if inside.name == file]
    for choice in ([each for each in named if each == Path(file)], named, fitting):
        if len(choice) == 1:
            return found[choice[0]]
    message, shown = (SEVERAL, fitting) if fitting else (NO_FILE, list(found))
    names = [documents.shown(str(inside)) for inside in shown[:SHOWN]] + ["..."] * (len(shown) > SHOWN)
    problem = Problem("no-submission", _(message, names=", ".join(names) or _("none"), file=file))
    raise InvalidInput(file, [problem])


def content_of(path: Path) -> bytes:
    """Return a file's content, at most one byte more than the limit.

    Raises:
        InvalidInput: It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(documents.SIZE_LIMIT + 1)
    except OSError as error:
        message = _("the file cannot be read: {why}", why=error.strerror)
        raise InvalidInput(path.name, [Problem("unreadable", message)]) from None


def _is_aside(inside: Path, folder: Path) -> bool:
    """Return whether the file, or a folder on its way, is hidden or a link."""
    steps = [inside, *inside.parents][:-1]  # without the folder itself
    return any(step.name.startswith(".") or (folder / step).is_symlink() for step in steps)


def _graded(laboratory: Laboratory, place: Path, handed_in: FromPlatform) -> GradedSubmission:
    exercise = laboratory.exercise
    _refuse_other(handed_in, exercise)
    submission, _same = submissions.load(handed_in.content, handed_in.source, place, handed_in.student)
    credit = _credit(exercise.policy, handed_in, claims_hash(submission.claims))
    return GradedSubmission(laboratory, laboratory.report(submission, credit))


def _refuse_other(handed_in: FromPlatform, exercise: Exercise) -> None:
    """Refuse a submission that names another exercise: its claims are about other heads."""
    document = documents.parse(handed_in.content, handed_in.source, documents.SIZE_LIMIT)
    named = document.at(("exercise",))
    if isinstance(named, str) and named != exercise.id:
        message = _(OTHER, other=documents.shown(named), exercise=exercise.id)
        raise InvalidInput(handed_in.source, [document.problem("other-exercise", message, ("exercise",))])


def _credit(policy: Policy, handed_in: FromPlatform, claims: str) -> float:
    """Return the part of the score that lateness leaves.

    Raises:
        InvalidInput: The exercise's policy does not take the submission.
    """
    if handed_in.at is None:
        return 1.0
    if policy.due is not None and handed_in.due is not None:
        due = handed_in.due.astimezone(policy.due.tzinfo)
        policy = policy.model_copy(update={"due": due})
    attempts = handed_in.attempts
    if claims in attempts:
        return rules.credit(policy, min(attempts[claims], handed_in.at))
    if refusal := rules.refusal(policy, Past(len(attempts), sorted(attempts.values())), handed_in.at):
        raise InvalidInput(handed_in.source, [Problem(refusal.code, refusal.message)])
    return rules.credit(policy, handed_in.at)
