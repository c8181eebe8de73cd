"""What pydantic found in a document, as problems at their places: each mistake once, and none that only follows."""

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grader.base.errors import Problem
from grader.documents.json_schema import Allowed
from grader.documents.messages import guess, shown, where
from grader.documents.mistakes import Mistake, culprit
from grader.documents.plain_yaml import Document


def explained(error: ValidationError, document: Document, record: type[BaseModel], limit: int) -> list[Problem]:
    """One problem for each mistake; past the limit they are not worth the time of explaining them."""
    allowed = Allowed(record)
    found = sorted(error.errors(include_url=False), key=lambda one: document.spot(one["loc"]))
    mistakes = [
        Mistake(one["type"], one["loc"], one["input"], one.get("ctx", {}), _written(document, one), allowed)
        for one in found[: limit + 1]
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
