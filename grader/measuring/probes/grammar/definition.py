"""A grammar as data: frames, the forms of their letters, and the cast that plays in them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple, TypeVar

from grader.measuring.probes import draw

T = TypeVar("T")
Gender = Literal["m", "f", "n"]


class Word(NamedTuple):
    """A word with its class; a noun also says whether it is plural, where the language shows it."""

    text: str
    name: str
    plural: bool | None = None


@dataclass(frozen=True)
class Actor:
    """A person, thing or place of a sentence."""

    noun: str
    plural: str = ""
    adjectives: tuple[str, ...] = ()
    """None for a name."""
    state: str = ""
    gender: Gender = "n"
    is_plural: bool = False


@dataclass
class Scene:
    """One sentence in the making: its tense, its cast, whose trade each verb is, and the words used already."""

    random: Random
    decks: dict[str, list[int]]
    past: bool
    cast: dict[str, Actor]
    trades: dict[str, str]
    """The noun whose trade a verb is, by the verb's subject, where these are two."""
    used: list[str]
    slot: str = ""
    """The place in the frame that is being read."""

    def fresh(self, items: tuple[str, ...]) -> str:
        """Return an item that the sentence does not have yet."""
        self.used.append(draw.one(self.random, [item for item in items if item not in self.used]))
        return self.used[-1]

    def deal(self, items: tuple[T, ...], name: str = "") -> T:
        """Return one of the items; at this place of the frame all of them come equally often."""
        deck = self.decks.setdefault(f"{self.slot} {name}", [])
        if not deck:
            deck += draw.shuffled(self.random, range(len(items)))
        return items[deck.pop()]

    def maybe(self, words: list[Word]) -> list[Word]:
        """Return the words in one of three sentences, and nothing in the others."""
        return words if self.deal((True, False, False)) else []

    def trade(self, actor: Actor) -> str:
        """Return the noun to whose trade the actor's verb belongs."""
        return self.trades.get(actor.noun, actor.noun)


class Frames(NamedTuple):
    """The frames that show a relation, and the small phrases before and behind them, which take turns."""

    frames: tuple[str, ...]
    openers: tuple[tuple[str, ...], ...] = (("",),)
    """Kinds of openers, each equally often."""
    closers: tuple[str, ...] = ("",)
    past: tuple[bool, ...] = (True,)
    """The tenses that take turns."""
    crossed: bool = False
    """True if every second sentence gives its verbs to the trades of other nouns."""


@dataclass(frozen=True)
class Grammar:
    """The sentences of a language: what is needed to make them from a seed."""

    relations: Mapping[str, Frames]
    forms: Mapping[str, Callable[[Scene, Actor], list[Word]]]
    """The words of each form of a letter, made from its actor."""
    classes: Mapping[str, str]
    """The class of each small word of the frames."""
    cast: Callable[[Random, bool | None], dict[str, Actor]]
    """Return an actor for each letter; True or False: all the others have the number of `a`, or none of them has."""
    people: str
    """The letters that stand for persons with a trade."""
    finish: Callable[[list[str]], None] = lambda words: None
    """Change words that depend on their neighbours, and the first letter."""
    refer: Callable[[Random, str, int, dict[str, Actor]], str] = lambda random, frame, number, cast: frame
    """Return the frame with the referents of its pronouns filled in, and cast them."""
