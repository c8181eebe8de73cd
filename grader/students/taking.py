"""Hints taken one after the other: each is paid once, and remembered."""

from typing import NamedTuple

from grader.base.names import plain
from grader.ledger import LOCAL, Ledger
from grader.ledger.people.hints import Hint, take, taken
from grader.schema import AskedKind, Exercise
from grader.students import hints, identity
from grader.students.hints import Rung


class Taker(NamedTuple):
    """A student who takes hints."""

    platform: str
    student: str
    names: frozenset[str]
    """The names under which the student's hints are kept."""

    @classmethod
    def here(cls, ledger: Ledger, student: str, login: str) -> "Taker":
        """Return a student at this terminal, who may be the one with this login name."""
        names = identity.names(student, login, {each.student for each in ledger.students()})
        return cls(LOCAL, plain(student), frozenset(names))

    @classmethod
    def on(cls, platform: str, student: str) -> "Taker":
        """Return a student for whom a platform vouches: nobody else's hints are theirs."""
        return cls(platform, plain(student), frozenset({plain(student)}))


class LadderTaken(NamedTuple):
    """The hints for one kind, and those among them that a student has not taken."""

    ladder: list[Rung]
    new: list[Rung]
    of: tuple[Exercise, AskedKind]
    taker: Taker

    @property
    def seen(self) -> list[Rung]:
        """The hints that were taken, in order."""
        return [rung for rung in self.ladder if rung not in self.new]

    def take_next(self, ledger: Ledger) -> Rung:
        """Return the next hint, and write down that the student took it for what it costs now."""
        exercise, asked = self.of
        rung = self.new.pop(0)
        hint = Hint(exercise.id, asked.name, rung.name, exercise.hint_costs, ledger.now())
        take(ledger, self.taker.platform, self.taker.student, hint)
        return rung


def ladder_taken(ledger: Ledger, exercise: Exercise, asked: AskedKind, taker: Taker) -> LadderTaken:
    """Return the hints for a kind and how far the student has come."""
    last = ledger.latest(taker.student, exercise.id, taker.platform)
    ladder = hints.rungs(exercise, asked, last.report if last else None)
    of_kind = (exercise.id, asked.name)
    seen = {each.rung for each in taken(ledger, taker.names, taker.platform) if (each.exercise, each.kind) == of_kind}
    return LadderTaken(ladder, [rung for rung in ladder if rung.name not in seen], (exercise, asked), taker)
