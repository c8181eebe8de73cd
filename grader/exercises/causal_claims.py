"""Claims on importance and circuits, held against what their exercise asks."""

from collections.abc import Iterator, Mapping

from grader.base.errors import Problem
from grader.base.language import N_, _
from grader.documents import Document
from grader.documents.plain_yaml import KeyPath
from grader.schema import Claim, Exercise

_NO_MATTERS = N_(
    "`matters` is not asked for {kind}: for {exercise} its pattern is evidence enough; leave `matters` and "
    "`companions` out"
)
_NO_CIRCUITS = N_("`feeds` is not asked for: {exercise} has no points for circuits; leave it out")
_NOT_CLAIMED = N_(
    "`companions` names {place}, which is not claimed as {kind} here; claim it as well, or leave it out: only claimed "
    "heads count"
)
_NOBODY = N_(
    "`matters: together`, but no other claim on {kind} says so; name the heads in `companions` and claim them, or "
    "write `matters: alone`"
)


def problems(document: Document, claims: Mapping[int, Claim], exercise: Exercise) -> Iterator[Problem]:
    """Yield what the readable claims say that the exercise does not ask for, or that lacks its companions."""
    has_circuits = any(asked.circuits for asked in exercise.kinds)
    for number, claim in claims.items():
        path: KeyPath = ("claims", number)
        if claim.feeds is not None and not has_circuits:
            yield document.problem("feeds-not-asked", _(_NO_CIRCUITS, exercise=exercise.id), (*path, "feeds"))
        if claim.matters is not None and (asked := exercise.asked(claim)) is not None:
            if asked.evidence != "needed":
                message = _(_NO_MATTERS, kind=claim.name, exercise=exercise.id)
                yield document.problem("matters-not-asked", message, (*path, "matters"))
            elif claim.matters == "together":
                others = [each for each in claims.values() if each.name == claim.name and each is not claim]
                yield from _companions(document, claim, others, path)


def _companions(document: Document, claim: Claim, others: list[Claim], path: KeyPath) -> Iterator[Problem]:
    """Yield the companions that are not claimed; or that there are none."""
    claimed = {(each.layer, each.head) for each in others}
    for item, companion in enumerate(claim.companions):
        if companion.index not in claimed:
            message = _(_NOT_CLAIMED, place=companion, kind=claim.name)
            yield document.problem("companion-not-claimed", message, (*path, "companions", item))
    if not claim.companions and not any(each.matters == "together" for each in others):
        yield document.problem("no-companions", _(_NOBODY, kind=claim.name), (*path, "matters"))
