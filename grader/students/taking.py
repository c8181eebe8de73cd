"""Hints taken one after the other: each is paid once, and remembered."""

from typing import NamedTuple

from grader.ledger import Ledger
from grader.ledger.people.hints import Hint, take, taken
from grader.schema import AskedKind, Exercise
from grader.students import hints, identity
from grader.students.hints import Rung


class LadderTaken(NamedTuple):
    """The hints for one kind, and those among them that a student has not taken."""

    ladder: list[Rung]
    new: list[Rung]
    of: tuple[Exercise, AskedKind]

    @property
    def seen(self) -> list[Rung]:
        """The hints that were taken, in order."""
        return [rung for rung in self.ladder if rung not in self.new]

    def take_next(self, ledger: Ledger, student: str) -> Rung:
        """Return the next hint, and write down that the student took it for what it costs now."""
        exercise, asked = self.of
        rung = self.new.pop(0)
        take(ledger, student, Hint(exercise.id, asked.name, rung.name, exercise.hint_costs, ledger.now()))
        return rung


def ladder_taken(ledger: Ledger, exercise: Exercise, asked: AskedKind, student: str, login: str) -> LadderTaken:
    """Return the hints for a kind and how far the student, who may be the one with this login name, has come."""
    last = ledger.latest(student, exercise.id)
    ladder = hints.rungs(exercise, asked, last.report if last else None)
    names = identity.names(student, login, {each.student for each in ledger.students()})
    of_kind = (exercise.id, asked.name)
    seen = {each.rung for each in taken(ledger, names) if (each.exercise, each.kind) == of_kind}
    return LadderTaken(ladder, [rung for rung in ladder if rung.name not in seen], (exercise, asked))
