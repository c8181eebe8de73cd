"""English: natural-looking sentences from regular, common words.

A plain word stands for itself (`word/CLASS` where a word has two classes), a letter for a noun phrase about an actor (a
to f persons, m to o names, t and u things, l a place, k a room, x to z whom a pronoun means), `letter.form` for
another form of it. `?` marks the query of an arc and `!` its target; a second arc has the number 2. The frames of a
relation take turns, so that no distance, no place and neither the nearest, first, second nor last word of the target's
class is right half of the time, in both directions. What stands between the two may have a word of the same class,
with commas around it or without.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from random import Random

from grader.measuring.probes import draw, vocabulary
from grader.measuring.probes.grammar.definition import Actor, Frames, Gender, Grammar, Scene, Word

NOW = ("today ,", "once again ,", "now and then ,")
THEN = ("yesterday ,", "long ago ,", "once again ,")
WHERE = ("in k ,", "inside k ,", "outside k ,")
HOUSES = (*WHERE, "at e.s house ,", "in e.s house ,", "outside e.s house ,")
CLOSERS = ("", "", "while f f.rest", ", as f f.say")
NONE = ("",)


def _frames(text: str) -> tuple[str, ...]:
    return tuple(" ".join(frame.split()) for frame in text.split(";"))


RELATIONS = {
    "verb_subject": Frames(
        _frames("""
        !a near b and c , as d d.say , a.rarely ?a.do a.o ; !a that/PRON !2b near c ?2b.see a.rarely ?a.do a.o ;
        !a , when !2b near c ?2b.do b.o , a.rarely ?a.do a.o ;
        near b , !a beside c a.rarely ?a.say that !2d ?2d.do d.o ;
        !a near b ?a.say that !2c , when d d.rest , ?2c.do c.o ;
        when b b.see c , !a , as !2d ?2d.say , a.rarely ?a.do a.o ;
        when b b.rest , !a behind c , as d d.say , ?a.do a.o ; !a , while b b.see c and d d.rest , ?a.see e ;
        !a that/PRON b b.see , when c c.rest , a.rarely ?a.do a.o ;
        near b and c , !a that/PRON d d.see , when e e.rest , ?a.do a.o
        """),
        openers=(NONE, NOW, WHERE),
        closers=CLOSERS,
        past=(False,),
        crossed=True,
    ),
    "noun_adjective": Frames(
        _frames("""
        t.art !t.adj , according to b.full , ?t.n t.is near l ;
        near b.full , t.art !t.adj , as c.plain and d.plain c.see u.full , ?t.n t.is beside l ;
        b.full and c.full bought t.art !t.adj t.room ?t.n ;
        b.full bought t.art !t.adj , as c.plain sold u.full , t.room ?t.n ;
        b.plain sold c.plain t.art !t.adj t.room ?t.n ; a.art !a.adj , as b.full and c.plain b.say , ?a.n a.do a.o ;
        !t near u.plain t.is ?t.like ; near l , !t beside u.full t.is ?t.like ;
        b b.say that !a near c.plain a.is ?a.like and a.did ; when b b.see c , !a a.is ?a.like and a.did ;
        !a who a.see b.full near l.full a.is ?a.like ; according to b and c , !t beside u.plain t.is quite ?t.like
        """),
        openers=(NONE, THEN, WHERE),
        closers=("", "", "while f.full f.rest", ", as f.full f.say"),
    ),
    "pronoun_antecedent": Frames(
        _frames("""
        a a.see b near c because ?x.pro x.is x.like , and it was late/ADJ ;
        when a a.see b beside c , it was quite late/ADJ , but ?x.pro x.is x.like ;
        m m.see n near o because ?x.pro x.is x.like , but it was late/ADJ ;
        after m and n m.see o , it was late/ADJ , and ?x.pro x.is quite x.like ;
        a sold t to b because ?x.pro x.is x.like , ?y.pro y.is y.like and ?z.pro z.is z.like ;
        t t.is near a and b , but ?x.pro x.is x.like , ?y.pro y.is quite y.like and ?z.pro z.is z.like ;
        near t , a a.see b , and ?x.pro x.is x.like , ?y.pro y.is y.like and ?z.pro z.is quite z.like ;
        m found t near n , but ?x.pro x.is x.like , ?y.pro y.is y.like and ?z.pro z.is z.like ;
        when m sold n t , ?x.pro x.is x.like , ?y.pro y.is y.like and ?z.pro z.is z.like ;
        a and b found t , but ?x.pro x.is quite x.like , ?y.pro y.is y.like and ?z.pro z.is z.like
        """),
        openers=(NONE, THEN),
    ),
    "object_verb": Frames(
        _frames("""
        a near b who b.rest !a.do the a.new ?a.own ; with c , a !a.do near b who b.rest the a.new ?a.own ;
        near b , a !a.do beside c who c.see d the a.new ?a.own ;
        b b.rest while a !a.do , near c and d , the a.new ?a.own ;
        b b.say that a !a.do near c who c.do the c.own the a.new ?a.own ;
        when c c.rest , a , as b b.do the b.own , !a.do the a.new ?a.own ;
        when b b.see c , d , as a a.say , !d.do the d.new ?d.own ;
        a near b !a.do , as c c.say , the ?a.own and d !2d.do , with e , the d.new ?2d.own ;
        b b.say that a who a.rest !a.do , as c near d c.say , the a.new ?a.own ;
        a , when b b.do the b.own , !a.do , as d d.say , the a.new ?a.own ;
        according to b , a !a.do near d who d.see c the a.new ?a.own ;
        near d , a !a.do near b who b.rest the a.new ?a.own
        """),
        openers=(NONE, NOW, WHERE),
        closers=("", "while f f.rest", ", as f f.say"),
        past=(True, False),
        crossed=True,
    ),
    "noun_determiner": Frames(
        _frames("""
        b bought !t.art , as c c.see d , t.adj ?t.n ; !t.art t.adj and , according to b , t.adj ?t.n t.is near l ;
        with b , c bought !t.art t.adj ?t.n ; !t.art more than a/DET little/ADJ t.adj ?t.n t.is near l ;
        b sold c !t.art t.adj and , as d d.see e , t.adj ?t.n ;
        b found !t.art more than a/DET little/ADJ t.adj t.room ?t.n ;
        !t.art t.adj and , as b and c b.see d , t.adj ?t.n t.is beside l ;
        beside b , !t.art more than a/DET little/ADJ t.adj ?t.n t.is near l
        """),
        openers=(NONE, THEN, WHERE),
        closers=CLOSERS,
    ),
    "possessive_noun": Frames(
        _frames("""
        near b , !a.s t.adj ?t.n t.is t.like ; !a.s , according to b.s friend and c , quite t.adj ?t.n t.is near l ;
        !a.s t.adj t.room ?t.n t.is near l ; !a.s t.adj and , according to b.s friend , t.adj ?t.n t.is near l ;
        b found !a.s t.adj t.room ?t.n ; b bought !a.s t.adj and , according to c.s friend , t.adj ?t.n ;
        b gave c !a.s t.adj ?t.n ; b and c bought !a.s t.adj ?t.n
        """),
        openers=(NONE, THEN, HOUSES),
        closers=CLOSERS,
    ),
}
RARELY = ("often", "always", "never", "usually", "sometimes", "", "", "")
DETERMINERS = {False: ("the", "the", "the", "a", "a", "this", "that"), True: vocabulary.DETERMINERS_PLURAL}
PRONOUNS: dict[Gender, str] = {"m": "he", "f": "she", "n": "it"}
ORDERS = tuple(permutations(range(3)))
PEOPLE, STATES = tuple(vocabulary.ROLES.items()), tuple(vocabulary.STATES)


def _deed(scene: Scene, actor: Actor, verb: tuple[str, str, str]) -> list[Word]:
    return [Word(verb[2 if scene.past else int(actor.is_plural)], "VERB")]


def _any_deed(deeds: tuple[vocabulary.Deed, ...]) -> Callable[[Scene, Actor], list[Word]]:
    by_verb = {deed.verb: deed for deed in deeds}
    return lambda scene, actor: _deed(scene, actor, by_verb[scene.fresh(tuple(by_verb))])


def _determiner(scene: Scene, actor: Actor) -> list[Word]:
    return [Word(draw.one(scene.random, DETERMINERS[actor.is_plural]), "DET")]


def _adjective(scene: Scene, actor: Actor) -> list[Word]:
    return [Word(scene.fresh(actor.adjectives), "ADJ")]


def _noun(_: Scene, actor: Actor) -> list[Word]:
    if not actor.adjectives:
        return [Word(actor.noun.capitalize(), "PROPN")]
    return [Word(actor.plural if actor.is_plural else actor.noun, "NOUN", actor.is_plural)]


def _phrase(scene: Scene, actor: Actor) -> list[Word]:
    before = [*_determiner(scene, actor), *scene.maybe(_adjective(scene, actor))] if actor.adjectives else []
    return [*before, *_noun(scene, actor)]


def _object(trade: str) -> list[Word]:
    noun = vocabulary.ROLES[trade].object
    return [Word(noun, "NOUN", noun.endswith("s"))]


FORMS: dict[str, Callable[[Scene, Actor], list[Word]]] = {
    "": _phrase,
    "n": _noun,
    "s": lambda scene, actor: _phrase(scene, replace(actor, noun=actor.noun + "'s", is_plural=False)),
    "art": _determiner,
    "adj": _adjective,
    "plain": lambda scene, actor: [*_determiner(scene, actor), *_noun(scene, actor)],
    "full": lambda scene, actor: [*_determiner(scene, actor), *_adjective(scene, actor), *_noun(scene, actor)],
    "new": lambda scene, _: scene.maybe([Word(scene.fresh(("good", "new", "old", "fine")), "ADJ")]),
    "room": lambda scene, _: [Word(scene.fresh(vocabulary.ROOMS), "NOUN", plural=False)],
    "do": lambda scene, actor: _deed(scene, actor, vocabulary.ROLES[scene.trade(actor)][2:5]),
    "o": lambda scene, actor: _object(scene.trade(actor)),
    "own": lambda _, actor: _object(actor.noun),
    "see": _any_deed(vocabulary.TRANSITIVE),
    "rest": _any_deed(vocabulary.INTRANSITIVE),
    "say": _any_deed(vocabulary.SPEECH),
    "rarely": lambda scene, _: [Word(word, "ADV") for word in scene.deal(RARELY).split()],
    "is": lambda scene, actor: [Word((("is", "are"), ("was", "were"))[scene.past][actor.is_plural], "AUX")],
    "like": lambda _, actor: [Word(actor.state, "ADJ")],
    "did": lambda _, actor: [Word(vocabulary.STATES[actor.state], "VERB")],
    "pro": lambda _, actor: [Word(PRONOUNS[actor.gender], "PRON")],
}


def _people(random: Random, count: int, genders: str) -> list[Actor]:
    drawn = [
        (noun, role, draw.one(random, STATES)) for noun, role in draw.shuffled(random, PEOPLE) if role.gender in genders
    ]
    return [Actor(noun, role.plural, vocabulary.ADJECTIVES, state, role.gender) for noun, role, state in drawn[:count]]


def _cast(random: Random, same: bool | None) -> dict[str, Actor]:
    thing, look = draw.one(random, vocabulary.THINGS), draw.one(random, vocabulary.LOOKS)
    room = draw.one(random, vocabulary.ROOMS)
    place = draw.one(random, [noun for noun in vocabulary.PLACES if noun not in vocabulary.ROOMS])
    cast = {
        **dict(zip("abcdef", _people(random, 6, "mfn"), strict=True)),
        "t": Actor(thing, vocabulary.plural(thing), vocabulary.LOOKS, look),
        "l": Actor(place, vocabulary.plural(place), vocabulary.SIZES),
        "k": Actor(room, vocabulary.plural(room), vocabulary.SIZES),
    }
    one = draw.below(random, 2) == 0
    plural = {
        letter: draw.below(random, 3) == 0 and letter != "k" if same is None else one == (same or letter == "a")
        for letter in cast
    }
    return {letter: replace(actor, is_plural=plural[letter]) for letter, actor in cast.items()}


def _another_thing(cast: dict[str, Actor]) -> Actor:
    """Return a thing that all adjectives of things suit as well; it is plural where person e is, who is not there."""
    thing = cast["t"]
    noun, look = _next(vocabulary.THINGS, thing.noun), _next(vocabulary.LOOKS, thing.state)
    return Actor(noun, vocabulary.plural(noun), vocabulary.LOOKS, look, is_plural=cast["e"].is_plural)


def _next(words: tuple[str, ...], word: str) -> str:
    return words[(words.index(word) + 1) % len(words)]


def _refer(random: Random, frame: str, number: int, cast: dict[str, Actor]) -> str:
    """Return the frame with candidates instead of x, y and z; each pronoun fits only the one that is meant.

    A frame with two things gets its second one.
    """
    if "u." in frame:
        cast["u"] = _another_thing(cast)
    if "?x.pro" not in frame:
        return frame
    letters = [item for item in frame.split() if item in tuple("abcmnot")]
    order = ORDERS[number % len(ORDERS)] if "t" in letters else (number % len(letters),)
    meant = {pronoun: letters[place] for pronoun, place in zip("xyz", order, strict=False)}
    people = [letter for letter in letters if letter != "t"]
    alone = people[0] if "t" in letters else meant["x"]
    cast |= _candidates(random, people, alone) | {"t": replace(cast["t"], is_plural=False)}
    arcs = {letter: number for number, letter in enumerate(meant.values(), 1)}
    return " ".join(_referred(item, meant, arcs) for item in frame.split())


def _referred(item: str, meant: dict[str, str], arcs: dict[str, int]) -> str:
    """Return `!1a` for a candidate `a` that is meant, `?1a.pro` for its pronoun, `a.is` for `x.is`."""
    head, dot, form = item.partition(".")
    letter = meant.get(head.lstrip("?"), "")
    if item in arcs:
        return f"!{arcs[item]}{item}"
    mark = f"?{arcs[letter]}" if head[0] == "?" else ""
    return f"{mark}{letter}{dot}{form}" if letter and dot else item


def _candidates(random: Random, letters: list[str], alone: str) -> dict[str, Actor]:
    """Return persons for the letters, one of a gender of its own; m, n and o have names."""
    first, other = draw.shuffled(random, ("m", "f"))
    people = {gender: _people(random, 3, gender) for gender in (first, other)}
    names = {"m": draw.some(random, vocabulary.NAMES_M, 3), "f": draw.some(random, vocabulary.NAMES_F, 3)}
    cast = {}
    for letter in letters:
        gender = first if letter == alone else other
        actor = people[gender].pop()
        cast[letter] = replace(actor, noun=names[gender].pop(), adjectives=()) if letter in "mno" else actor
    return cast


def _finish(words: list[str]) -> None:
    for index in range(1, len(words)):
        if words[index - 1] == "a" and words[index][0] in "aeiou":
            words[index - 1] = "an"
        if words[index - 1] == words[index] == "that":
            words[index] = "the"
    words[0] = words[0].capitalize()


ENGLISH = Grammar(
    relations=RELATIONS,
    forms=FORMS,
    classes={word: name for name, words in vocabulary.FUNCTION_WORDS.items() for word in words},
    cast=_cast,
    people="abcdef",
    finish=_finish,
    refer=_refer,
)
