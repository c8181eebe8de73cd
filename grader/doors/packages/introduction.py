"""The words to students that stand in a package itself: the kinds, the rules, and how to look at heads."""

from typing import NamedTuple

from grader.base.language import N_, _
from grader.report.text import asked
from grader.report.text.words import plural_points
from grader.schema import Exercise

RULES = N_(
    "A claim names a head by its layer and its number in that layer, both counted from 0, and says what the head does. "
    "At most {budget} claims are taken; a wrong one costs {points}."
)
LOOK = N_("To see the heads, run this where the grader is installed:")


class Introduction(NamedTuple):
    """The parts of the text, without any markup."""

    title: str
    kinds: tuple[str, ...]
    """A line for each kind of head that is asked for."""
    rules: str
    look: str
    command: str
    """The command that shows the heads."""

    @property
    def markdown(self) -> str:
        """The whole text in Markdown."""
        kinds = "\n".join(f"- {each}" for each in self.kinds)
        return f"# {self.title}\n\n{kinds}\n\n{self.rules}\n\n{self.look}\n\n    {self.command}\n"


def introduction(exercise: Exercise) -> Introduction:
    """Return the introduction to an exercise, in the language of messages."""
    return Introduction(
        title=_(exercise.title),
        kinds=tuple(map(asked.line, exercise.kinds)),
        rules=_(RULES, budget=exercise.budget, points=plural_points(exercise.wrong_costs)),
        look=_(LOOK),
        command=f"grade explore {exercise.id}",
    )


def start(exercise: Exercise) -> str:
    """Return the file with which students begin: one claim, as it is written."""
    return f"exercise: {exercise.id}\nclaims:\n  - {asked.example(exercise.kinds[0])}\n"
