"""Natural-looking sentences with gold arcs between their words, made from a grammar's frames and a seed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from grader.base.errors import ExerciseError
from grader.base.language import N_, _
from grader.measuring.probes import draw
from grader.measuring.probes.grammar import GRAMMARS
from grader.measuring.probes.grammar.definition import Grammar, Scene, Word

RELATIONS = tuple(GRAMMARS["en"].relations)
"""The relations that the frames can show."""
SLOTS = ("first", "second", "third")
MARKS = "!?"
POSSESSIVE = "'s"


@dataclass(frozen=True)
class Arc:
    """One relation between two words of a sentence: the later word is the query, the earlier one the target."""

    relation: str
    query: int
    target: int
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Sentence:
    """Words with their classes (universal part-of-speech tags) and the gold arcs between them."""

    words: tuple[str, ...]
    classes: tuple[str, ...]
    arcs: tuple[Arc, ...]


class _Turn(NamedTuple):
    """The digits of a sentence's number among those of its frame: all their combinations come equally often."""

    number: int

    @property
    def crossed(self) -> bool:
        """True if each verb belongs to the trade of a noun that is not its subject."""
        return self.number % 2 == 1

    @property
    def even(self) -> bool:
        """True for the first of two tenses, and for nouns that all have the subject's number."""
        return self.number // 2 % 2 == 0

    @property
    def opener(self) -> int:
        """The kind of opener, once all that comes before has been seen."""
        return self.number // 4


class _Item(NamedTuple):
    """A part of a frame, such as `?2b.see`: its mark, the number of its arc, and a letter with its form, or a word."""

    mark: str
    arc: str
    letter: str
    form: str
    text: str

    @property
    def deed(self) -> bool:
        """True for the verb of a trade, whatever its ending."""
        return self.form.partition("-")[0] == "do"

    @classmethod
    def read(cls, item: str) -> "_Item":
        mark = item[0] if item[0] in MARKS else ""
        numbered = item.removeprefix(mark)
        text = numbered.lstrip("123")
        letter, _dot, form = text.partition(".")
        return cls(mark, numbered.removesuffix(text), letter, form, text)


class _Marked(NamedTuple):
    """The words of a sentence and one arc in it, from which its slices follow."""

    words: tuple[Word, ...]
    query: int
    target: int
    arc: str
    crossed: bool | None
    """None if the verb is nobody's trade."""

    def inner(self) -> range:
        """Return the places of the words between the two."""
        return range(self.target + 1, self.query)

    def nouns(self) -> list[int]:
        """Return the places of the nouns and names before the query."""
        return [place for place in range(self.query) if self.words[place].name in ("NOUN", "PROPN")]


def sentences(relation: str, seed: int, count: int, language: str = "en") -> tuple[Sentence, ...]:
    """Return `count` sentences, each with at least one arc of the relation.

    Raises:
        ExerciseError: The language's grammar lacks the relation.
    """
    grammar = GRAMMARS[language]
    if relation not in grammar.relations:
        message = N_("the grammar of the language {language} has no sentences for {relation}, only for: {known}")
        raise ExerciseError(_(message, language=language, relation=relation, known=", ".join(grammar.relations)))
    random, decks = draw.stream(seed, f"frames:{relation}"), dict[str, list[int]]()
    return tuple(_sentence(grammar, relation, random, decks, number) for number in range(count))


def _sentence(grammar: Grammar, relation: str, random: Random, decks: dict[str, list[int]], number: int) -> Sentence:
    of = grammar.relations[relation]
    round_, place = divmod(number, len(of.frames))
    turn = _Turn(round_ + place)
    cast = grammar.cast(random, turn.even if relation == "verb_subject" else None)
    frame = grammar.refer(random, of.frames[place], turn.number, cast)
    past = of.past[0 if turn.even else -1]
    used = [word for actor in cast.values() for word in (actor.noun, actor.state)]
    scene = Scene(random, decks, past, cast, {}, used, f"{place}")
    kind = turn.opener % len(of.openers)
    opener, closer = scene.deal(of.openers[kind], f"opener {kind}"), scene.deal(of.closers, "closer")
    items = [_Item.read(item) for item in f"{opener} {frame} {closer} .".split()]
    if of.crossed and turn.crossed:
        crossed = _crossed(random, items, grammar.people)
        scene.trades |= {cast[letter].noun: cast[other].noun for letter, other in crossed.items()}
    return _read(grammar, scene, items, relation, place)


def _crossed(random: Random, items: list[_Item], people: str) -> dict[str, str]:
    """Return another person's letter for each person with a deed: one that stands before, and does something too."""
    doers = [item.letter for item in items if item.deed]
    trades, seen = dict[str, str](), list[str]()
    for item in items:
        if item.deed:
            free = [letter for letter in seen if letter != item.letter and letter not in trades.values()]
            trades[item.letter] = draw.one(random, [letter for letter in free if letter in doers] or free)
        elif item.letter in tuple(people) and item.letter not in seen:
            seen.append(item.letter)
    return trades


def _read(grammar: Grammar, scene: Scene, items: list[_Item], relation: str, frame: int) -> Sentence:
    """Return the items in words, with the arcs between the words that they mark."""
    message, ends = list[Word](), dict[str, dict[str, int]]()
    crossed = dict[str, bool]()
    for item in items:
        scene.slot = f"{frame} {item}"
        if item.letter in scene.cast:
            message += grammar.forms[item.form](scene, scene.cast[item.letter])
        else:
            word, _slash, name = item.text.partition("/")
            message.append(Word(word, name or grammar.classes[word]))
        if item.mark:
            ends.setdefault(item.arc, {})[item.mark] = len(message) - 1
        if item.mark and item.deed:
            crossed[item.arc] = scene.cast[item.letter].noun in scene.trades
    marked = [
        _Marked(tuple(message), places["?"], places["!"], arc, crossed.get(arc)) for arc, places in sorted(ends.items())
    ]
    words = [word.text for word in message]
    grammar.finish(words)
    arcs = tuple(Arc(relation, each.query, each.target, GROUPS[relation](each)) for each in marked)
    return Sentence(tuple(words), tuple(word.name for word in message), arcs)


def _trade(arc: _Marked) -> tuple[str, ...]:
    return () if arc.crossed is None else ("crossed" if arc.crossed else "own_trade",)


def _number(arc: _Marked) -> tuple[str, ...]:
    """Return the slice of a main verb if all the nouns that compete have the subject's number, or none of them has."""
    numbers = {arc.words[place].plural for place in arc.nouns() if place != arc.target}
    if arc.arc or None in numbers or len(numbers) != 1:
        return ()
    return ("same_number" if arc.words[arc.target].plural in numbers else "other_number",)


def _owns(arc: _Marked, place: int) -> bool:
    return arc.words[place].text.endswith(POSSESSIVE)


def _between(arc: _Marked) -> tuple[str, ...]:
    names = [word.name for word in arc.words[arc.target + 1 : arc.query]]
    return ("apart" if arc.words[arc.target].name in names else "nearest",)


GROUPS: Mapping[str, Callable[[_Marked], tuple[str, ...]]] = {
    "verb_subject": lambda arc: (*_number(arc), *_trade(arc), "embedded" if arc.arc else "main"),
    "noun_adjective": lambda arc: ("predicative" if arc.words[arc.query].name == "ADJ" else "attributive",),
    "pronoun_antecedent": lambda arc: (SLOTS[arc.nouns().index(arc.target)],),
    "object_verb": lambda arc: (*_between(arc), *_trade(arc)),
    "noun_determiner": _between,
    "possessive_noun": lambda arc: ("apart" if any(_owns(arc, place) for place in arc.inner()) else "nearest",),
}
"""The slices of an arc in addition to `all`, by relation."""
