"""Submissions, checked against their exercise; all problems are reported at once.

A kind that the exercise does not ask for is not a problem here: grading gives it the outcome "not graded".
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from pydantic import ValidationError

from grader import documents, exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.documents import Document, Plain, listed
from grader.documents.plain_yaml import KeyPath
from grader.exercises import causal_claims
from grader.schema import Claim, Exercise, Submission, head_name

UNKNOWN = "unknown-exercise"
"""The code of the problem that there is no exercise with the id that a submission names."""
CLAIMS_LIMIT = 1000
"""The limit in the record; of more claims, only the first are checked."""

_WORD = re.compile(r"[^\W_]")
_TOO_MANY = N_("{number} claims, but {exercise} takes {budget} at most; keep the ones you are surest of")
_TOO_MANY_WITH_CIRCUITS = N_(
    "{number} claims, each `feeds` counted as one more, but {exercise} takes {budget} at most; keep the ones you are "
    "surest of"
)
_CLAIMED_ON_LINE = N_("{place} as {kind} is claimed already, on line {line}; claim it once")
_CLAIMED_BEFORE = N_("{place} as {kind} is claimed already, as claims[{number}]; claim it once")
_NO_SUCH_LAYER = N_("{place} does not exist in {transformer}: layers are 0 to {last}")
_NO_SUCH_HEAD = N_("{place} does not exist in {transformer}: heads are 0 to {last}")


def load(
    file: Path | bytes,
    source: str | None = None,
    exercise_override: str | Path | None = None,
    student: str | None = None,
    vet: Callable[[Exercise], None] = lambda exercise: None,
) -> tuple[Submission, Exercise]:
    """Return the submission in a file, or in bytes from elsewhere, and its exercise.

    `source` is the input's name in messages. `exercise_override` and `student` replace what the submission says, or
    add what it does not say. `vet` may refuse the exercise, before the submission is checked against it.

    Raises:
        InvalidInput: The submission cannot be graded. It carries all problems, with line and column.
        ExerciseError: The exercise itself is invalid.
    """
    source = source or (str(file) if isinstance(file, Path) else "submission")
    raw = _bytes(file) if isinstance(file, Path) else file
    try:
        return _checked(raw, source, exercise_override, student, vet)
    except InvalidInput as error:
        from grader.exercises import head_lists  # most files are as they should be

        if not (advice := head_lists.advice(raw, error.problems)):
            raise
        first = error.problems[0]
        raise InvalidInput(source, [replace(first, message=first.message + advice)]) from None


def _checked(
    raw: bytes,
    source: str,
    exercise_override: str | Path | None,
    student: str | None,
    vet: Callable[[Exercise], None],
) -> tuple[Submission, Exercise]:
    document = documents.parse(raw, source, documents.SIZE_LIMIT)
    exercise = None
    if student is not None:
        document = document.with_value("student", student)
    if exercise_override is not None:
        exercise = exercises.load(exercise_override)
        document = document.with_value("exercise", exercise.id)
    submission, problems = documents.validated(document, Submission)
    if exercise is None:
        exercise, unknown = _exercise(document, problems)
        problems += unknown
    if exercise is not None:
        vet(exercise)
        problems = _merged(problems, check(document, exercise, submission))
    if submission is None or exercise is None or problems:
        raise InvalidInput(source, documents.limited(problems))
    return submission, exercise


def made(values: Plain, exercise: Exercise, source: str) -> Submission:
    """Return the submission that a program made of plain values, checked as one from a file is.

    `source` is what messages call the input.

    Raises:
        InvalidInput: It cannot be graded; each problem says the claim's place in the list, such as `claims[2].layer`.
    """
    document = Document.of_values(source, values)
    submission, problems = documents.validated(document, Submission)
    problems = _merged(problems, check(document, exercise, submission))
    if submission is None or problems:
        raise InvalidInput(source, documents.limited(problems))
    return submission


def read(raw: bytes, source: str) -> Submission:
    """Return the submission in the bytes, not checked against its exercise.

    Raises:
        InvalidInput: They are not a submission.
    """
    return documents.read(raw, source, Submission)


def check(document: Document, exercise: Exercise, submission: Submission | None = None) -> list[Problem]:
    """Return the problems of a submission's claims with regard to its exercise; unreadable claims are skipped.

    `submission` is the document's content, if all of it could be read.
    """
    claims = _readable_claims(document) if submission is None else dict(enumerate(submission.claims))
    return [
        *_over_budget(document, exercise),
        *_missing_heads(document, exercise),
        *_repeated(document, claims),
        *_looking_ahead(document, claims, exercise),
        *_wordless(document, claims),
        *causal_claims.problems(document, claims, exercise),
    ]


def _merged(problems: list[Problem], with_exercise: list[Problem]) -> list[Problem]:
    """Return both, with only one problem for a number outside of both the record's and the transformer's range."""
    places = {problem.where for problem in with_exercise if problem.code == "no-such-head"}
    kept = [problem for problem in problems if not (problem.code == "out-of-range" and problem.where in places)]
    return kept + with_exercise


def _bytes(file: Path) -> bytes:
    """Return the file's bytes, at most one more than the limit."""
    try:
        with file.open("rb") as stream:
            return stream.read(documents.SIZE_LIMIT + 1)
    except OSError as error:
        problem = Problem("unreadable", _("the file cannot be read: {why}", why=error.strerror))
        raise InvalidInput(str(file), [problem]) from None


def _exercise(document: Document, problems: list[Problem]) -> tuple[Exercise | None, list[Problem]]:
    """Return the exercise that the submission names, or the problem with the name, unless that is known already."""
    name = document.at(("exercise",))
    if not isinstance(name, str) or any(problem.where == "exercise" for problem in problems):
        return None, []
    known = exercises.available()
    if name in known:
        return exercises.load(name), []
    message = _(
        "there is no exercise `{name}`; known: {known}{hint}",
        name=documents.shown(name),
        known=listed(known) or _("none"),
        hint=documents.hint(name, known),
    )
    return None, [document.problem(UNKNOWN, message, ("exercise",))]


def _entries(document: Document) -> tuple[Plain, ...]:
    claims = document.at(("claims",))
    return claims if isinstance(claims, tuple) else ()


def _readable_claims(document: Document) -> dict[int, Claim]:
    """Return the claims that can be read, by their number in the list."""
    readable = {}
    for number, entry in enumerate(_entries(document)[:CLAIMS_LIMIT]):
        with suppress(ValidationError):
            readable[number] = Claim.model_validate(entry)
    return readable


def _over_budget(document: Document, exercise: Exercise) -> Iterator[Problem]:
    """Yield the problem at the first claim that is too many; each `feeds` is one more."""
    circuits = [isinstance(entry, dict) and entry.get("feeds") is not None for entry in _entries(document)]
    upto = list(accumulate(1 + has_circuit for has_circuit in circuits))
    if upto and upto[-1] > exercise.budget:
        message = _TOO_MANY_WITH_CIRCUITS if any(circuits) else _TOO_MANY
        message = _(message, number=upto[-1], exercise=exercise.id, budget=exercise.budget)
        first = next(number for number, count in enumerate(upto) if count > exercise.budget)
        yield document.problem("too-many-claims", message, ("claims", first))


def _missing_heads(document: Document, exercise: Exercise) -> Iterator[Problem]:
    """Yield heads that the transformer does not have, also of claims with other problems."""
    transformer = exercise.transformer
    for path in _places(document):
        layer, head = (document.at((*path, key)) for key in ("layer", "head"))
        if type(layer) is int and type(head) is int:
            for key, value, count, message in (
                ("layer", layer, transformer.layers, _NO_SUCH_LAYER),
                ("head", head, transformer.heads, _NO_SUCH_HEAD),
            ):
                if not 0 <= value < count:
                    message = _(message, place=head_name(layer, head), transformer=transformer.name, last=count - 1)
                    yield document.problem("no-such-head", message, (*path, key))


def _places(document: Document) -> Iterator[KeyPath]:
    """Yield where heads are named: by each claim, and in its companions and its circuit."""
    for number in range(len(_entries(document))):
        path: KeyPath = ("claims", number)
        yield path
        yield from ((*path, "feeds", end) for end in ("from", "to"))
        companions = document.at((*path, "companions"))
        if isinstance(companions, tuple):
            yield from ((*path, "companions", item) for item in range(len(companions)))


def _repeated(document: Document, claims: Mapping[int, Claim]) -> Iterator[Problem]:
    first: dict[tuple[str, str], int] = {}
    for number, claim in claims.items():
        earlier = first.setdefault((claim.place, claim.name), number)
        if earlier != number:
            line, _column = document.spot(("claims", earlier))
            message = _CLAIMED_ON_LINE if line else _CLAIMED_BEFORE
            message = _(message, place=claim.place, kind=claim.name, line=line, number=earlier)
            yield document.problem("duplicate-claim", message, ("claims", number))


def _looking_ahead(document: Document, claims: Mapping[int, Claim], exercise: Exercise) -> Iterator[Problem]:
    for number, claim in claims.items():
        if exercises.beyond_decoder(claim, exercise.transformer):
            given = (("claims", number, name) for name in reversed(claim.parameters))
            path = next((path for path in given if document.at(path) is not None), ("claims", number, "type"))
            message = _(
                "{kind} looks ahead, but {transformer} is a decoder: its tokens see only earlier ones "
                "(allowed: {allowed})",
                kind=claim.name,
                transformer=exercise.transformer.name,
                allowed=_(claim.head_type.in_decoders),
            )
            yield document.problem("looks-ahead", message, path)


def _wordless(document: Document, claims: Mapping[int, Claim]) -> Iterator[Problem]:
    for number, claim in claims.items():
        if claim.evidence is not None and not _WORD.search(claim.evidence):
            message = N_("`evidence` has no words: `{written}`; give a sentence, or leave it out")
            message = _(message, written=documents.shown(claim.evidence))
            yield document.problem("no-words", message, ("claims", number, "evidence"))
