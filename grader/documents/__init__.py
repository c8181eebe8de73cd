"""Documents: the text of a submission or an exercise becomes a checked record, or a list of all its problems.

`read` does both steps. `parse` and `validated` are the two steps, for a caller that has more to check and wants to
report all problems together.
"""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.documents import characters
from grader.documents.messages import did_you_mean, listed, shown
from grader.documents.plain_yaml import Document, Plain, parse

__all__ = [
    "PROBLEMS_LIMIT",
    "SIZE_LIMIT",
    "Document",
    "Plain",
    "did_you_mean",
    "hint",
    "limited",
    "listed",
    "parse",
    "read",
    "shown",
    "validated",
]

SIZE_LIMIT = 256 * 1024
"""The most bytes of a document; a thousand claims with a note each need less."""
PROBLEMS_LIMIT = 100
"""The most problems that are reported, so that the first ones are not lost among the others."""

R = TypeVar("R", bound=BaseModel)


def read(raw: bytes, source: str, record: type[R], limit: int = SIZE_LIMIT) -> R:
    """Return the record in a document; `source` is the document's name in messages, `limit` its most bytes.

    Raises:
        InvalidInput: The document is not valid; the error carries every problem with its line and column.
    """
    document = parse(raw, source, limit)
    read_record, problems = validated(document, record)
    if read_record is None:
        raise InvalidInput(source, problems)
    return read_record


def validated(document: Document, record: type[R]) -> tuple[R | None, list[Problem]]:
    """Return the record, or None, and all problems of the document so far.

    The lists of a document are tuples, like those of the records, because pydantic's strict mode asks for it.
    """
    problems = list(document.problems)
    try:
        read_record = record.model_validate(document.data)
    except ValidationError as error:
        from grader.documents import structure  # most documents have no mistakes
        from grader.documents.mistakes import explained

        problems += explained(error, document, record, PROBLEMS_LIMIT)
        return None, limited(structure.explained(problems, document.text))
    return (None if problems else read_record), limited(problems)


def hint(word: str, words: Iterable[str]) -> str:
    """Return the name of a character that only looks right, else a "did you mean", for the end of a message."""
    complaint = characters.complaint(word)
    return f"; {complaint}" if complaint else did_you_mean(word, words)


def limited(problems: list[Problem]) -> list[Problem]:
    """Return the first PROBLEMS_LIMIT problems by line and column, and one more that says if there are others."""
    ordered = sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
    if len(ordered) <= PROBLEMS_LIMIT:
        return ordered
    last = ordered[PROBLEMS_LIMIT - 1]
    message = _("there are more than {number} problems; fix these first", number=PROBLEMS_LIMIT)
    return [*ordered[:PROBLEMS_LIMIT], Problem("more", message, last.line, last.column)]
