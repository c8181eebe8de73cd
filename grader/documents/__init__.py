"""Documents: the text of a submission or an exercise -> a checked record, or all that is wrong with it at once.

`read` is the whole way. `parse` and `validated` are its two halves, for a caller that has more to check and
wants to tell all problems together.
"""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grader.documents.allowed import Allowed
from grader.documents.mistakes import Mistake, culprit
from grader.documents.plain_yaml import Document, Plain, parse
from grader.documents.wording import did_you_mean, guess, listed, shown, where
from grader.errors import InvalidInput, Problem

__all__ = [
    "PROBLEMS_LIMIT",
    "SIZE_LIMIT",
    "Document",
    "Plain",
    "did_you_mean",
    "limited",
    "listed",
    "parse",
    "read",
    "shown",
    "validated",
]

SIZE_LIMIT = 256 * 1024
"""Bytes; a thousand claims with a note each are less."""
PROBLEMS_LIMIT = 100
"""More would bury the first ones; the rest are counted."""

R = TypeVar("R", bound=BaseModel)


def read(raw: bytes, source: str, record: type[R], limit: int = SIZE_LIMIT) -> R:
    """The record that the bytes hold.

    Raises:
        InvalidInput: They hold none; it carries every problem, with line and column.
    """
    document = parse(raw, source, limit)
    read_record, problems = validated(document, record)
    if read_record is None:
        raise InvalidInput(source, problems)
    return read_record


def validated(document: Document, record: type[R]) -> tuple[R | None, list[Problem]]:
    """The record, or None, and all that is wrong with the document so far.

    The document's lists are tuples, as the records' are, so that pydantic's strict mode takes them.
    """
    found = list(document.problems)
    try:
        read_record = record.model_validate(document.data)
    except ValidationError as error:
        return None, limited(found + _explained(error, document, record))
    return (None if found else read_record), limited(found)


def limited(problems: list[Problem]) -> list[Problem]:
    """The first hundred problems in the order of their places, and a word when there are more."""
    ordered = sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
    if len(ordered) <= PROBLEMS_LIMIT:
        return ordered
    last = ordered[PROBLEMS_LIMIT - 1]
    said = f"there are more problems after these {PROBLEMS_LIMIT}; mend these first"
    return [*ordered[:PROBLEMS_LIMIT], Problem("more", said, last.line, last.column)]


def _explained(error: ValidationError, document: Document, record: type[BaseModel]) -> list[Problem]:
    """One problem for each mistake; past the limit they are not worth the time of explaining them."""
    allowed = Allowed(record)
    found = sorted(error.errors(include_url=False), key=lambda one: document.spot(one["loc"]))
    mistakes = [
        Mistake(one["type"], one["loc"], one["input"], one.get("ctx", {}), _written(document, one), allowed)
        for one in found[: PROBLEMS_LIMIT + 1]
    ]
    problems = []
    for mistake in _without_echoes(mistakes, document):
        code, message = mistake.explained()
        problems.append(document.problem(code, message, culprit(mistake), at_key=mistake.type == "extra_forbidden"))
    return problems


def _written(document: Document, found: ErrorDetails) -> str:
    """The value as the document has it: `5.10`, not 5.1."""
    return shown(None if found["input"] is None else document.written.get(found["loc"], found["input"]))


def _without_echoes(mistakes: list[Mistake], document: Document) -> list[Mistake]:
    """Without what only follows from another mistake: a key missing because it was misspelt, and the like."""
    known = {problem.where for problem in document.problems if problem.code != "duplicate-key"}
    misspelt = {
        (*mistake.parent, guess(mistake.path[-1], mistake.allowed.keys(mistake.parent)))
        for mistake in mistakes
        if mistake.type == "extra_forbidden"
    }

    def is_echo(mistake: Mistake) -> bool:
        if mistake.type == "too_short":  # pydantic counts the sound items alone
            return isinstance(mistake.given, tuple) and len(mistake.given) >= mistake.limits["min_length"]
        if mistake.type == "extra_forbidden":
            return False
        return where(mistake.path) in known or (mistake.type == "missing" and mistake.path in misspelt)

    return [mistake for mistake in mistakes if not is_echo(mistake)]
