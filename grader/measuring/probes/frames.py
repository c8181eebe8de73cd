"""Natural-looking English sentences with gold arcs between their words, made from frames and a seed.

In a frame a plain word stands for itself (`word/CLASS` where a word has two classes), a letter for a noun phrase about
an actor (a to e persons, m to o names, t a thing, l a place, k a room, x whom the pronoun means), `letter.form` for
another form of it; `?` marks the query of the arc and `!` its target. The frames of a relation take turns, so that no
distance, no place and neither the nearest, first nor second word of the target's class is right half of the time.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from grader.measuring.probes import draw, vocabulary

FRAMES: dict[str, tuple[str, ...]] = {
    relation: tuple(" ".join(frame.split()) for frame in text.split(";"))
    for relation, text in {
        "verb_subject": """
        !a near b and c ?a.do a.o ; !a behind b and c a.rarely ?a.do a.o ; !a who a.see b and c a.rarely ?a.do a.o ;
        near b , !a beside c a.rarely ?a.do a.o ; b b.say that !a who a.see c ?a.do a.o ;
        when b b.rest , !a a.rarely ?a.do a.o ; when b beside c b.rest , !a behind d ?a.do a.o ;
        while b b.see c , !a a.rarely ?a.do a.o ; near b and c , !a who a.see d ?a.do a.o
        """,
        "noun_adjective": """
        t.art !t.adj , according to b.full , ?t.n t.is near l ;
        near b.full , t.art !t.adj , as c.full c.say , ?t.n t.is beside l ;
        b.full and c.full bought t.art !t.adj t.room ?t.n ; b.full bought t.art !t.adj , as c.full c.say , t.room ?t.n ;
        b.plain sold c.plain t.art !t.adj t.room ?t.n ; a.art !a.adj , as b.full and c.plain b.say , ?a.n a.do a.o ;
        !t near l t.is ?t.like ; near l , !t beside b t.is ?t.like ; b b.say that !a near l a.is ?a.like and a.did ;
        when b b.see c , !a a.is ?a.like and a.did ; !a who a.see b near l a.is ?a.like and a.did ;
        according to b and c , !t beside l t.is quite ?t.like
        """,
        "pronoun_antecedent": """
        a a.see b near c because ?x.pro x.is x.like ; a sold t to b because ?x.pro x.is x.like ;
        t t.is near a and b , and ?x.pro x.is quite x.like ; near a , b b.see c , but ?x.pro x.is x.like ;
        when a a.see b beside c , ?x.pro x.is x.like ; m m.see n near o because ?x.pro x.is x.like ;
        near t , a a.see b , and ?x.pro x.is x.like ; after m and n m.see o , ?x.pro x.is x.like
        """,
        "object_verb": """
        a who a.rest !a.do the a.new ?a.o ; b b.rest while a !a.do the a.new ?a.o ;
        a !a.do , as b b.say , the a.new ?a.o ; a !a.do , when b b.rest , the a.new ?a.o ;
        a !a.do , while b b.see c , the a.new ?a.o ; b b.say that a !a.do , when c c.rest , the a.new ?a.o ;
        b b.say that a who a.rest !a.do , as c c.say , the a.new ?a.o ;
        when b who b.rest b.see c , a !a.do the a.new ?a.o ;
        b b.say that c who c.rest near l !c.do , when a a.see d , the c.new ?c.o
        """,
        "noun_determiner": """
        b bought !t.art , according to c , t.adj ?t.n ; !t.art t.adj and , according to b , t.adj ?t.n t.is near l ;
        with b , c bought !t.art t.adj ?t.n ; !t.art more than a/DET little/ADJ t.adj ?t.n t.is near l ;
        b sold c !t.art t.adj and , as d d.say , t.adj ?t.n ; b found !t.art t.adj t.room ?t.n ;
        !t.art t.adj and , as b and c b.say , t.adj ?t.n t.is beside l ;
        beside b , !t.art more than a/DET little/ADJ t.adj t.room ?t.n t.is near l
        """,
        "possessive_noun": """
        near b , !a.s t.adj ?t.n t.is t.like ; !a.s , according to b , quite t.adj ?t.n t.is near l ;
        !a.s t.adj t.room ?t.n t.is near l ; !a.s t.adj and , as b b.say , t.adj ?t.n t.is near l ;
        b found !a.s t.adj t.room ?t.n ; b bought !a.s t.adj and , according to c , t.adj ?t.n ;
        b gave c !a.s t.adj t.room ?t.n ; b and c bought !a.s t.adj ?t.n
        """,
    }.items()
}
RELATIONS = tuple(FRAMES)
"""The relations that the frames can show."""

Word = tuple[str, str]
TIMES = {True: ("yesterday ,", "long ago ,", "once again ,"), False: ("today ,", "once again ,", "now and then ,")}
WHERE = ("in k ,", "inside k ,", "outside k ,")
HOUSES = (*WHERE, "at e.s house ,", "in e.s house ,", "outside e.s house ,")
NUMBERS, SLOTS = ("same_number", "other_number"), ("first", "second", "third")
RARELY = ("often", "always", "never", "usually", "sometimes", "", "", "")
DETERMINERS = {False: ("the", "the", "the", "a", "a", "this", "that"), True: vocabulary.DETERMINERS_PLURAL}
CLASSES = {word: name for name, words in vocabulary.FUNCTION_WORDS.items() for word in words}


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


@dataclass(frozen=True)
class _Actor:
    noun: str
    plural: str
    adjectives: tuple[str, ...]  # none for a name
    state: str = ""
    gender: vocabulary.Gender = "n"
    is_plural: bool = False


@dataclass(frozen=True)
class _Scene:
    """One sentence in the making: its random stream, its tense, its cast, and the words that are used already."""

    random: Random
    past: bool
    cast: dict[str, _Actor]
    used: list[str]

    def fresh(self, items: tuple[str, ...]) -> str:
        self.used.append(draw.one(self.random, [item for item in items if item not in self.used]))
        return self.used[-1]

    def deed(self, actor: _Actor, verb: tuple[str, str, str]) -> list[Word]:
        return [(verb[2 if self.past else int(actor.is_plural)], "VERB")]

    def any_deed(self, actor: _Actor, deeds: tuple[vocabulary.Deed, ...]) -> list[Word]:
        chosen = self.fresh(tuple(deed.verb for deed in deeds))
        return self.deed(actor, next(deed for deed in deeds if deed.verb == chosen))

    def determiner(self, actor: _Actor) -> list[Word]:
        return [(draw.one(self.random, DETERMINERS[actor.is_plural]), "DET")]

    def adjective(self, actor: _Actor) -> list[Word]:
        return [(self.fresh(actor.adjectives), "ADJ")]

    def maybe(self, words: list[Word]) -> list[Word]:
        return words if draw.below(self.random, 3) == 0 else []


def _noun(_: _Scene, actor: _Actor) -> list[Word]:
    if not actor.adjectives:
        return [(actor.noun.capitalize(), "PROPN")]
    return [(actor.plural if actor.is_plural else actor.noun, "NOUN")]


def _phrase(scene: _Scene, actor: _Actor) -> list[Word]:
    before = [*scene.determiner(actor), *scene.maybe(scene.adjective(actor))] if actor.adjectives else []
    return [*before, *_noun(scene, actor)]


FORMS: dict[str, Callable[[_Scene, _Actor], list[Word]]] = {
    "": _phrase,
    "n": _noun,
    "s": lambda scene, actor: _phrase(scene, replace(actor, noun=actor.noun + "'s", is_plural=False)),
    "art": _Scene.determiner,
    "adj": _Scene.adjective,
    "plain": lambda scene, actor: [*scene.determiner(actor), *_noun(scene, actor)],
    "full": lambda scene, actor: [*scene.determiner(actor), *scene.adjective(actor), *_noun(scene, actor)],
    "new": lambda scene, _: scene.maybe([(scene.fresh(("good", "new", "old", "fine")), "ADJ")]),
    "room": lambda scene, _: [(scene.fresh(vocabulary.ROOMS), "NOUN")],
    "do": lambda scene, actor: scene.deed(actor, vocabulary.ROLES[actor.noun][2:5]),
    "o": lambda _, actor: [(vocabulary.ROLES[actor.noun].object, "NOUN")],
    "see": lambda scene, actor: scene.any_deed(actor, vocabulary.TRANSITIVE),
    "rest": lambda scene, actor: scene.any_deed(actor, vocabulary.INTRANSITIVE),
    "say": lambda scene, actor: scene.any_deed(actor, vocabulary.SPEECH),
    "rarely": lambda scene, _: [(word, "ADV") for word in draw.one(scene.random, RARELY).split()],
    "is": lambda scene, actor: [((("is", "are"), ("was", "were"))[scene.past][actor.is_plural], "AUX")],
    "like": lambda _, actor: [(actor.state, "ADJ")],
    "did": lambda _, actor: [(vocabulary.STATES[actor.state], "VERB")],
    "pro": lambda _, actor: [({"m": "he", "f": "she", "n": "it"}[actor.gender], "PRON")],
}
"""The words of each form of a letter, made from the actor."""


PEOPLE, STATES = tuple(vocabulary.ROLES.items()), tuple(vocabulary.STATES)


def sentences(relation: str, seed: int, count: int) -> tuple[Sentence, ...]:
    """Return `count` sentences with one arc of the relation each."""
    random = draw.stream(seed, f"frames:{relation}")
    return tuple(_sentence(relation, random, number) for number in range(count))


def _sentence(relation: str, random: Random, number: int) -> Sentence:
    turn, place = divmod(number, len(FRAMES[relation]))
    frame, cast, groups = FRAMES[relation][place], _cast(random), tuple[str, ...]()
    past = relation != "verb_subject" and (relation != "object_verb" or turn % 2 == 0)
    where = HOUSES if relation == "possessive_noun" else WHERE
    plurals = {letter: draw.below(random, 3) == 0 and letter != "k" for letter in cast}
    if relation == "pronoun_antecedent":
        where, groups, plurals = TIMES[past], (SLOTS[turn % len(SLOTS)],), {}
        frame = _refer(random, frame, turn % len(SLOTS), cast)
    elif relation == "verb_subject":
        groups, one = (NUMBERS[turn % 2],), draw.below(random, 2) == 0
        plurals = {letter: one if letter == "a" else one != bool(turn % 2) for letter in cast}
    cast = {letter: replace(actor, is_plural=plurals.get(letter, False)) for letter, actor in cast.items()}
    opener = draw.one(random, draw.one(random, (("",), TIMES[past], where)))
    scene = _Scene(random, past, cast, [word for actor in cast.values() for word in (actor.noun, actor.state)])
    return _read(scene, f"{opener} {frame} .", Arc(relation, 0, 0, groups))


def _people(random: Random, count: int, genders: str) -> list[_Actor]:
    drawn = [
        (noun, role, draw.one(random, STATES)) for noun, role in draw.shuffled(random, PEOPLE) if role.gender in genders
    ]
    return [_Actor(noun, role.plural, vocabulary.ADJECTIVES, state, role.gender) for noun, role, state in drawn[:count]]


def _cast(random: Random) -> dict[str, _Actor]:
    """Return an actor for each letter, all of them singular."""
    thing, look = draw.one(random, vocabulary.THINGS), draw.one(random, vocabulary.LOOKS)
    room = draw.one(random, vocabulary.ROOMS)
    place = draw.one(random, [noun for noun in vocabulary.PLACES if noun not in vocabulary.ROOMS])
    return {
        **dict(zip("abcde", _people(random, 5, "mfn"), strict=True)),
        "t": _Actor(thing, vocabulary.plural(thing), vocabulary.LOOKS, look),
        "l": _Actor(place, vocabulary.plural(place), vocabulary.SIZES),
        "k": _Actor(room, vocabulary.plural(room), vocabulary.SIZES),
    }


def _refer(random: Random, frame: str, slot: int, cast: dict[str, _Actor]) -> str:
    """Return the frame with its antecedent marked; the cast gets candidates, and the pronoun fits only one of them."""
    letters = [token for token in frame.split() if token in tuple("abcmnot")]
    meant, people = letters[slot], [letter for letter in letters if letter != "t"]
    genders = draw.shuffled(random, ("m", "f"))
    candidates = {gender: _people(random, 3, gender) for gender in genders}
    names = {"m": draw.some(random, vocabulary.NAMES_M, 3), "f": draw.some(random, vocabulary.NAMES_F, 3)}
    for number, letter in enumerate(people):
        gender = genders[number if meant == "t" else int(letter == meant)]
        cast[letter] = candidates[gender].pop()
        if letter in "mno":
            cast[letter] = replace(cast[letter], noun=names[gender].pop(), adjectives=())
    cast["x"] = cast[meant]
    return " ".join("!" + token if token == meant else token for token in frame.split())


def _read(scene: _Scene, frame: str, arc: Arc) -> Sentence:
    """Return the frame in words, with the arc between the words that it marks."""
    message, marks = list[Word](), dict[str, int]()
    for item in frame.split():
        letter, _, form = item.lstrip("!?").partition(".")
        word, _, name = item.partition("/")
        message += FORMS[form](scene, scene.cast[letter]) if letter in scene.cast else [(word, name or CLASSES[word])]
        marks[item[0]] = len(message) - 1
    words, classes = [word for word, _ in message], tuple(name for _, name in message)
    for index in range(1, len(words)):
        if words[index - 1] == "a" and words[index][0] in "aeiou":
            words[index - 1] = "an"
        if words[index - 1] == words[index] == "that":
            words[index] = "the"
    words[0] = words[0].capitalize()
    query, target = marks["?"], marks["!"]
    groups = arc.groups or ("apart" if classes[target] in classes[target + 1 : query] else "nearest",)
    if arc.relation == "noun_adjective":
        groups = ("predicative" if classes[query] == "ADJ" else "attributive",)
    return Sentence(tuple(words), classes, (replace(arc, query=query, target=target, groups=groups),))
