"""Texts to try that have been tried: those on which a transformer's own heads show what they are.

The text that shows a kind in one transformer may show only a look-alike in another, and a hint with it would lead to
claims that are refuted. So a text belongs to a transformer.
"""

from typing import NamedTuple

from grader.base.language import N_
from grader.schema import AskedKind, Exercise


class TriedText(NamedTuple):
    """A text to try."""

    text: str
    """Without `"`, `$`, backtick, `!` and backslash, so that a shell does not change it in quotes."""
    see: str
    """The question to ask about it, marked for translation."""


TRIED: dict[str, dict[str, TriedText]] = {
    "mini-gpt2": {
        "positional:-1": TriedText(
            "A lamp, seven rivers and the old king sang below the market.",
            N_(
                "Does every word look one to the left, also across the comma and where the words have nothing to do "
                "with each other?"
            ),
        ),
        "induction": TriedText(
            "Nora Belling waved at the old bridge, and then Nora Belling waved at the old bridge.",
            N_(
                "Where does the second `Nora` look: at the first `Belling`, which came after `Nora`? Then it is "
                "induction. A name that falls into pieces does it piece by piece."
            ),
        ),
        "duplicate_token": TriedText(
            "The queen found a rope in the church, and the boy sold the rope to a queen.",
            N_("Does the second `rope` look at the first `rope`, or at `in`, which came after it?"),
        ),
        "syntactic:pronoun_antecedent": TriedText(
            "Nora met the king because she was cold. The king met Nora because he was glad.",
            N_("Does `she` look at `Nora`, and `he` at `king`, each of them also where it stands farther away?"),
        ),
        "semantic": TriedText(
            "blue, black, head, brown, duck, nose, arm, pig, red, lion, "
            "foot, hand, white, wolf, purple, bear, cow, ear",
            N_(
                "Does `cow` look at `wolf`, `lion` and `pig`, and `ear` at parts of the body, rather than all at their "
                "neighbours?"
            ),
        ),
        "rare_token": TriedText(
            "people time oboe road man house family street night girl boy work",
            N_("Is there a bright column at `oboe`, and does it move when you put the word elsewhere?"),
        ),
    },
}
"""The texts of each transformer, by the kind's name; a test holds them, and the text below, against its heads."""

DEFAULT = "The baker near the old bridge waved, and the baker near the old bridge smiled."
"""The text that a head reads if none is given."""


def tried(exercise: Exercise, asked: AskedKind) -> TriedText | None:
    """Return the text on which heads of the kind show it in the exercise's transformer; None if none has been tried."""
    return TRIED.get(exercise.transformer.name, {}).get(asked.name)
