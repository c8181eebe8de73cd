"""Hints that teach: a ladder for each kind, shown one rung at a time.

It leads from what to look for to a text to try, and where an exercise asks for more than a pattern, on to what is lost
without such a head and what feeds it. An instructor's own hint for an asked kind comes first.
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
    "needed": N_("what is lost without it"),
    "feeds": N_("which head feeds which"),
}
"""Every rung of a ladder, in order."""


NEEDED = (
    N_(
        "A picture shows where a head looks, not that anything depends on it. To find out, take away what the head "
        "writes and see what gets worse; this is called ablation. Two things can stand in its place: what the head "
        "writes in a text where there is nothing to find, or its mean over many texts. Only what both show counts."
    ),
    N_(
        "Without one head, often next to nothing gets worse: others do the same, or a later layer repairs it. This "
        "does not mean that the head is idle. Take several heads of the kind away at once, add one after the other, "
        "and see when the effect begins to grow."
    ),
)
FEEDS = (
    N_(
        "A head looks for what earlier heads have written. So ask for one of the two ends: what does the later head "
        "have to know about a word to find it, and which earlier head could have written that down?"
    ),
    N_(
        "Then take away one earlier head after the other, and see how much of the later head's score is left. One "
        "that feeds it takes most of the score with it; the others leave most of it."
    ),
)

SUSPECT = N_("Put in the layer and the head that you suspect:")
SUSPECT_OR_ALL = N_("Put in the layer and the head that you suspect, or leave them out to see all heads:")
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
    text, see = (own.text, own.see) if own else (ladder.text, ladder.see)
    command = f'grade show LAYER HEAD --exercise {exercise.id} {outlined}--text "{text}"'
    doubt = [] if own else [_(UNTRIED, transformer=exercise.transformer.name)]
    yield "try", [_(SUSPECT_OR_ALL), command, _(see), *doubt]
    yield from _causal(exercise, asked)


def _causal(exercise: Exercise, asked: AskedKind) -> Iterator[tuple[str, list[str]]]:
    if asked.evidence == "needed":
        command = f"grade ablate {exercise.id} LAYER HEAD --kind {asked.name}"
        yield "needed", [*map(_, NEEDED), _(SUSPECT), command]
    receivers = [kind.name for kind in exercise.kinds if kind.circuits]
    if receivers:  # a head of any kind may be the earlier end
        later = asked.name if asked.circuits else receivers[0]
        command = f"grade trace {exercise.id} LAYER HEAD --kind {later}"
        yield "feeds", [*map(_, FEEDS), _("Put in the later head:"), command]


def _confusions(last: Report, asked: AskedKind) -> Iterator[str]:
    for verdict in shown(last).verdicts:
        if verdict.claim.name == asked.name and verdict.fits:
            name, knows = _(verdict.fits.lookalike), _(verdict.fits.knows)
            yield _("Your {head} fits the look-alike {name}. {knows}", head=verdict.claim.place, name=name, knows=knows)


def ladder_of(kind: Kind) -> Ladder:
    """Return the hints that come with the grader for this kind."""
    return of(kind.head_type.ladder, kind.parameters)
