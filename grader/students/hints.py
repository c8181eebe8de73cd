"""Hints that teach: a ladder for each kind, shown one rung at a time.

It leads from what to look for to a text to try. An instructor's own hint for an asked kind comes first.
"""

from collections.abc import Iterator
from typing import NamedTuple

from grader.base.language import N_, _
from grader.grading.grade import shown
from grader.kinds.definition import Ladder, of
from grader.schema import AskedKind, Exercise, Kind, Report
from grader.students.texts import tried

TITLES = {
    "own": N_("from your instructor"),
    "look": N_("what to look for"),
    "alike": N_("what only looks like it"),
    "where": N_("where such heads tend to be"),
    "try": N_("see for yourself"),
}
"""Every rung of a ladder, in order."""


UNTRIED = N_(
    "We have not tried this text on {transformer}: it may show a look-alike better than the heads that are meant, so "
    "compare several texts."
)


class Rung(NamedTuple):
    """One hint as it is shown."""

    name: str
    title: str
    lines: tuple[str, ...]


def rungs(exercise: Exercise, asked: AskedKind, last: Report | None = None) -> list[Rung]:
    """Return all hints for a kind that the exercise asks for, in order.

    The hint on look-alikes names those that the refuted claims of the student's last report fit.
    """
    return [Rung(name, _(TITLES[name]), tuple(lines)) for name, lines in _rungs(exercise, asked, last)]


def _rungs(exercise: Exercise, asked: AskedKind, last: Report | None) -> Iterator[tuple[str, list[str]]]:
    ladder = ladder_of(asked)
    if asked.hint:
        yield "own", [_(asked.hint)]
    yield "look", [_(line) for line in (ladder.look, ladder.also) if line]
    yield "alike", [_(ladder.alike), *(_confusions(last, asked) if last else ())]
    yield "where", [_(ladder.where), _("Source: {source}", source=_(ladder.source))]
    outlined = f"--type {asked.name} " if asked.head_type.from_tokens else ""
    own = tried(exercise, asked)
    text, see = own or (ladder.text, ladder.see)
    command = f'grade show LAYER HEAD --exercise {exercise.id} {outlined}--text "{text}"'
    doubt = [] if own else [_(UNTRIED, transformer=exercise.transformer.name)]
    yield "try", [_("Put in the layer and the head that you suspect:"), command, _(see), *doubt]


def _confusions(last: Report, asked: AskedKind) -> Iterator[str]:
    for verdict in shown(last).verdicts:
        if verdict.claim.name == asked.name and verdict.fits:
            name, knows = _(verdict.fits.lookalike), _(verdict.fits.knows)
            yield _("Your {head} fits the look-alike {name}. {knows}", head=verdict.claim.place, name=name, knows=knows)


def ladder_of(kind: Kind) -> Ladder:
    """Return the hints that come with the grader for this kind."""
    return of(kind.head_type.ladder, kind.parameters)
