"""Readmitting: what was refused for its time or its number is taken after all, once the rules allow it.

An extension, more attempts or a deadline that was moved in the exercise change no refusal by themselves: an older file
may not be the one that a student would spend an attempt on. Taken up again, it counts as if it came in for the first
time, at the time at which it did.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.exercises.kept_versions import KeptVersions
from grader.ledger import Ledger
from grader.ledger.queue.incoming import Incoming, RejectedSubmission, taking_in
from grader.service import policy
from grader.service.reception import judged, read_document


class Readmission(NamedTuple):
    """A submission that was refused, as it is judged now."""

    refused: RejectedSubmission
    problems: Sequence[Problem]
    """The reasons why it stays refused; empty if it is taken."""


class _OnlyAsked(Exception):
    """The end of a transaction of which nothing stays."""


def readmissions(
    ledger: Ledger, exercise: str, which: Callable[[RejectedSubmission], bool], *, act: bool = False
) -> list[Readmission]:
    """Return how these refused submissions are judged now, in the order in which they came in.

    Each is judged after those before it; only with `act` are they taken.

    Raises:
        ExerciseError: The exercise has a fault.
    """
    versions = KeptVersions(ledger)
    versions.vet(exercises.load(exercise))
    found: list[Readmission] = []
    with suppress(_OnlyAsked), taking_in(ledger) as incoming:
        for refused in incoming.rejected(exercise):
            if refused.codes <= policy.REFUSALS and which(refused):
                found.append(Readmission(refused, _again(incoming, refused, versions)))
        if not act:
            raise _OnlyAsked
    return found


def _again(incoming: Incoming, refused: RejectedSubmission, versions: KeptVersions) -> Sequence[Problem]:
    try:
        sound = read_document(refused.document, refused.student, versions)
    except InvalidInput as error:  # the exercise has changed
        return error.problems
    judgement = judged(incoming, refused.platform, refused.came_at, sound)
    if not judgement.problems:
        incoming.readmit(refused, judgement)
    return judgement.problems
