"""Decisions of an instructor for one student, in words for that student."""

from collections.abc import Callable

from grader.base.language import _, ngettext
from grader.base.numbers import percent
from grader.schema import Adjustment, AdjustmentKind

WORDS: dict[AdjustmentKind, Callable[[Adjustment], str]] = {
    "extension": lambda made: _("for you, the deadline is {when}", when=f"{made.until:%Y-%m-%d %H:%M %z}"),
    "attempts": lambda made: ngettext(
        "you have {number} more attempt", "you have {number} more attempts", made.more or 0
    ),
    "excused": lambda made: _("you are excused from this exercise"),
    "score": lambda made: _("your score was set to {score}", score=percent(made.score or 0.0)),
}
"""Each kind of decision in words."""


def decided(adjustment: Adjustment) -> str:
    """Return the decision and its reason as its student reads them."""
    said = WORDS[adjustment.kind](adjustment)
    return _("{decision}; the reason: {reason}", decision=said, reason=adjustment.reason)
