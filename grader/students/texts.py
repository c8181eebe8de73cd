"""Texts to try that have been tried: those on which a transformer's own heads show what they are.

The text that shows a kind in one transformer may show only a look-alike in another, and a hint with it would lead to
claims that are refuted. So a text belongs to a transformer, the default one of a picture as well. `grade exercises
check` holds each text against the heads.
"""

from collections.abc import Sequence

from grader.base.language import N_
from grader.schema import AskedKind, Exercise, TriedText

TRIED: dict[str, dict[str, TriedText]] = {
    "mini-gpt2": {
        "positional:-1": TriedText(
            text="A lamp, seven rivers and the old king sang below the market.",
            see=N_(
                "Does every word look one to the left, also across the comma and where the words have nothing to do "
                "with each other?"
            ),
        ),
        "induction": TriedText(
            text="Nora Belling waved at the old bridge, and then Nora Belling waved at the old bridge.",
            see=N_(
                "Where does the second `Nora` look: at the first `Belling`, which came after `Nora`? Then it is "
                "induction. A name that falls into pieces does it piece by piece."
            ),
        ),
        "duplicate_token": TriedText(
            text="The queen found a rope in the church, and the boy sold the rope to a queen.",
            see=N_("Does the second `rope` look at the first `rope`, or at `in`, which came after it?"),
        ),
        "syntactic:pronoun_antecedent": TriedText(
            text="Nora met the king because she was cold. The king met Nora because he was glad.",
            see=N_("Does `she` look at `Nora`, and `he` at `king`, each of them also where it stands farther away?"),
            looks={"she": ("Nora",), "he": ("king",)},
        ),
        "semantic": TriedText(
            text="blue, black, head, brown, duck, nose, arm, pig, red, lion, "
            "foot, hand, white, wolf, purple, bear, cow, ear",
            see=N_(
                "Does `cow` look at `wolf`, `lion` and `pig`, and `ear` at parts of the body, rather than all at their "
                "neighbours?"
            ),
            looks={"cow": ("duck", "pig", "lion", "wolf"), "ear": ("head", "nose", "arm", "foot", "hand")},
        ),
        "rare_token": TriedText(
            text="people time oboe road man house family street night girl boy work",
            see=N_("Is there a bright column at `oboe`, and does it move when you put the word elsewhere?"),
            looks=dict.fromkeys(("house", "family", "street", "night", "girl", "boy", "work"), ("oboe",)),
        ),
    },
}
"""The texts of each transformer, by the kind's name; tests hold them, and the texts below, against its heads."""

DEFAULT = "The baker near the old bridge waved, and the baker near the old bridge smiled."
"""The text that a head reads if none is given, in a transformer that has none of its own."""
DEFAULTS: dict[str, str] = {}
"""The text that a head reads if none is given, by the transformer's name."""


def tried(exercise: Exercise, asked: AskedKind) -> TriedText | None:
    """Return the text on which heads of the kind show it in the exercise's transformer; None if none has been tried.

    The instructor's own comes before ours.
    """
    return asked.sentence or TRIED.get(exercise.transformer.name, {}).get(asked.name)


def default(exercise: Exercise) -> str:
    """Return the text that a head of the exercise's transformer reads if none is given."""
    return DEFAULTS.get(exercise.transformer.name, DEFAULT)


def spans(text: TriedText) -> tuple[tuple[int, int, int, int], ...]:
    """Return which word of the text should look at which: the query's start and end, the key's start and end.

    They count characters from 0; an end is behind the word's last character.
    """
    return text.spans


def targets(text: TriedText, places: Sequence[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """Return which token should look at which, as (query, key), if these are the tokens' places in the text.

    A word of several tokens looks from its last one, and any of its tokens may be looked at.
    """
    return frozenset(
        (max(_within(places, *look[:2])), key) for look in spans(text) for key in _within(places, *look[2:])
    )


def _within(places: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Return the tokens with a character between the two places."""
    return [number for number, (first, last) in enumerate(places) if max(first, start) < min(last, end)]
