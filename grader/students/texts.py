"""Texts to try that have been tried: those on which a transformer's own heads show what they are.

The text that shows a kind in one transformer may show only a look-alike in another, and a hint with it would lead to
claims that are refuted. So a text belongs to a transformer, the default one of a picture as well. `grade exercises
check` holds each text against the heads.
"""

from collections.abc import Sequence

from grader.base.language import N_
from grader.schema import AskedKind, Exercise, TriedText

_EVERY_WORD = N_(
    "Does every word look one to the left, also across the comma and where the words have nothing to do with each "
    "other?"
)
_SECOND_NORA = N_(
    "Where does the second `Nora` look: at the first `Belling`, which came after `Nora`? Then it is induction. A name "
    "that falls into pieces does it piece by piece."
)
_SECOND_OLD = N_(
    "Where does the second `old` look: at the first `bridge`, which came after `old`? Then it is induction. `Nora` is "
    "read in pieces here, and each piece does the same."
)
_SHE_AND_HE = N_("Does `she` look at `Nora`, and `he` at `king`, each of them also where it stands farther away?")
_LAMP = "A lamp, seven rivers and the old king sang below the market."
_TWICE = "Nora Belling waved at the old bridge, and then Nora Belling waved at the old bridge."
_NORA_AND_KING = "Nora met the king because she was cold. The king met Nora because he was glad."

TRIED: dict[str, dict[str, TriedText]] = {
    "mini-gpt2": {
        "positional:-1": TriedText(text=_LAMP, see=_EVERY_WORD),
        "induction": TriedText(text=_TWICE, see=_SECOND_OLD),
        "duplicate_token": TriedText(
            text="The queen found a rope in the church, and the boy sold the rope to a queen.",
            see=N_("Does the second `rope` look at the first `rope`, or at `in`, which came after it?"),
        ),
        "syntactic:pronoun_antecedent": TriedText(
            text=_NORA_AND_KING, see=_SHE_AND_HE, looks={"she": ("Nora",), "he": ("king",)}
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
    "smollm2": {
        "positional:-1": TriedText(text=_LAMP, see=_EVERY_WORD),
        "induction": TriedText(text=_TWICE, see=_SECOND_NORA),
        "duplicate_token": TriedText(
            text=_TWICE,
            see=N_("Does the second `Nora` look at the first `Nora`, or at `Belling`, which came after it?"),
        ),
        "syntactic:noun_adjective": TriedText(
            text="The house near the bridge is red. The lamp beside the door is new.",
            see=N_("Does `red` look at `house` and not at `bridge`? And `new` at `lamp` and not at `door`?"),
            looks={"red": ("house",), "new": ("lamp",)},
        ),
        "semantic": TriedText(
            text="horse, hammer, red, cow, saw, blue, sheep, drill, green, pig, axe, white, goat, nail, yellow",
            see=N_(
                "Does `goat` look at `horse`, `cow`, `sheep` and `pig`, and `nail` at the tools, rather than all at "
                "their neighbours?"
            ),
            looks={
                "goat": ("horse", "cow", "sheep", "pig"),
                "nail": ("hammer", "saw", "drill", "axe"),
                "yellow": ("red", "blue", "green", "white"),
            },
        ),
    },
    "minilm": {
        "positional:-1": TriedText(text=_LAMP, see=_EVERY_WORD),
        "positional:+1": TriedText(text=_LAMP, see=N_("Does every word look one to the right, also across the comma?")),
        "duplicate_token": TriedText(
            text="The baker found a lamp in the river, and the farmer sold the lamp to a baker.",
            see=N_("Does the second `lamp` look at the first `lamp`, or at `in`, which came after it?"),
        ),
        "syntactic:pronoun_antecedent": TriedText(
            text=_NORA_AND_KING, see=_SHE_AND_HE, looks={"she": ("Nora",), "he": ("king",)}
        ),
        "syntactic:noun_determiner:forward": TriedText(
            text="These old, quiet farmers sold a large, new house.",
            see=N_("Does `These` look ahead at `farmers`, and `a` at `house`, over the words between them?"),
            looks={"These": ("farmers",), "a": ("house",)},
        ),
    },
}
"""The texts of each transformer, by the kind's name; tests hold them, and the texts below, against its heads."""

DEFAULT = "The baker near the old bridge waved, and the baker near the old bridge smiled."
"""The text that a head reads if none is given, in a transformer that has none of its own."""
DEFAULTS: dict[str, str] = {"smollm2": _TWICE}
"""The text that a head reads if none is given, by the transformer's name."""


def tried(exercise: Exercise, asked: AskedKind) -> TriedText | None:
    """Return the text on which heads of the kind show it in the exercise's transformer; None if none has been tried.

    The instructor's own comes before ours.
    """
    return asked.sentence or TRIED.get(exercise.transformer.name, {}).get(asked.name)


def default(exercise: Exercise) -> str:
    """Return the text that a head of the exercise's transformer reads if none is given."""
    return DEFAULTS.get(exercise.transformer.name, DEFAULT)


def targets(text: TriedText, places: Sequence[tuple[int, int]]) -> frozenset[tuple[int, int]]:
    """Return which token should look at which, as (query, key), if these are the tokens' places in the text.

    A word of several tokens looks from its last one, and any of its tokens may be looked at.
    """
    return frozenset(
        (max(_within(places, *look[:2])), key) for look in text.spans for key in _within(places, *look[2:])
    )


def _within(places: Sequence[tuple[int, int]], start: int, end: int) -> list[int]:
    """Return the tokens with a character between the two places."""
    return [number for number, (first, last) in enumerate(places) if max(first, start) < min(last, end)]
