"""Documents: the text of a submission or an exercise -> a checked record, or all that is wrong with it at once.

`read` is the whole way. `parse` and `validated` are its two halves, for a caller that has more to check and
wants to tell all problems together.
"""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.documents.messages import did_you_mean, listed, shown
from grader.documents.plain_yaml import Document, Plain, parse

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
        from grader.documents.explained import explained  # most documents have nothing to explain

        return None, limited(found + explained(error, document, record, PROBLEMS_LIMIT))
    return (None if found else read_record), limited(found)


def limited(problems: list[Problem]) -> list[Problem]:
    """The first hundred problems in the order of their places, and a word when there are more."""
    ordered = sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
    if len(ordered) <= PROBLEMS_LIMIT:
        return ordered
    last = ordered[PROBLEMS_LIMIT - 1]
    message = _("there are more problems after these {number}; mend these first", number=PROBLEMS_LIMIT)
    return [*ordered[:PROBLEMS_LIMIT], Problem("more", message, last.line, last.column)]
