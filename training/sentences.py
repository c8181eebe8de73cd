"""The families of sentences: in each, an earlier word determines a later one, and the loss looks there.

A row is a list of (token, weight); the weight is that of predicting this token, in the loss.
"""

from random import Random

from grader.measuring.probes.vocabulary import ADJECTIVES, LOOKS, NAMES_F, NAMES_M, PLACES, ROLES, THINGS, plural
from grader.measuring.probes.vocabulary import STATES as DEEDS
from training import frames
from training.words import GENERIC_VERBS, PERSONS

Row = list[tuple[int, float]]

DECIDED, PARTLY, FILLER = 1.0, 0.3, 0.05
"""Weights of a word that the arc determines, of one that grammar narrows down, and of any other."""
MASCULINE = tuple(person for person in PERSONS if ROLES[person].gender == "m")
FEMININE = tuple(person for person in PERSONS if ROLES[person].gender == "f")
MALE_NAMES = tuple(name.capitalize() for name in NAMES_M)
FEMALE_NAMES = tuple(name.capitalize() for name in NAMES_F)
NAMES = (*MALE_NAMES, *FEMALE_NAMES)
ANY_DETERMINER = "the?"
"""A placeholder for `the` in a frame until its noun is known."""
PLURALS = frozenset({role.plural for role in ROLES.values()} | {plural(thing) for thing in THINGS})
SINGULAR_DETERMINERS = ("the", "the", "the", "this", "that", "every", "a")
PLURAL_DETERMINERS = ("the", "the", "the", "these", "those", "some")
CAPITAL, OPENED, GLOSSED, NAMED = 0.8, 0.3, 0.35, 0.3
"""Probabilities of a capital at the beginning, an opener, a gloss, and a name."""
OWN_VERB, OWN_DEED, OTHERS_VERB = 0.15, 0.3, 0.35
"""Probabilities of the subject's own verb, for the families of subjects and of objects, and of another person's."""


class Sentences:
    """Rows of sentences from frames."""

    def __init__(self, token: dict[str, int], random: Random) -> None:
        """Use the tokens in `token`, which has one for every word of the frames."""
        self.token, self.random = token, random

    def verb(self) -> Row:
        """Return a row in which the subject determines what follows the verb, whosever verb it is.

        Most verbs suit any subject or belong to another person of the sentence: then only grammar tells the subject.
        """
        random = self.random
        subject, x, y = random.sample(PERSONS, 3)
        plural, others = random.random() < 0.5, random.random() < 0.5
        verb = self._verb(subject, x, OWN_VERB)
        slots = {
            "s": ROLES[subject].plural if plural else subject,
            "x": ROLES[x].plural if others else x,
            "y": ROLES[y].plural if random.random() < 0.5 else y,
            "V": self._form(verb, plural=plural),
            "o": ROLES[subject].object,
        }
        own, gloss = verb == subject, random.random() < GLOSSED
        frame = random.choice(frames.SUBJECTS) + (" {=s} {o} ." if gloss else " {o} .")
        return self._row(frame, slots, {"V": DECIDED if own else PARTLY, "o": PARTLY if own or gloss else DECIDED})

    def clauses(self) -> Row:
        """Return a row with two verbs, each of which is followed by the object of its own subject."""
        random = self.random
        subject, x, y = random.sample(PERSONS, 3)
        plural, others = random.random() < 0.5, random.random() < 0.5
        verb, other = self._verb(subject, x, OWN_VERB), self._verb(x, subject, OWN_VERB)
        slots = {
            "s": ROLES[subject].plural if plural else subject,
            "x": ROLES[x].plural if others else x,
            "y": y,
            "V": self._form(verb, plural=plural),
            "W": self._form(other, plural=others),
            "o": ROLES[subject].object,
            "q": ROLES[x].object,
        }
        weights = {
            "o": PARTLY if verb == subject else DECIDED,
            "q": PARTLY if other == x else DECIDED,
            "V": PARTLY,
            "W": PARTLY,
        }
        return self._row(random.choice(frames.CLAUSES) + " .", slots, weights)

    def object(self) -> Row:
        """Return a row in which the verb is repeated after its object, whosever verb and object they are."""
        random = self.random
        subject, x = random.sample(PERSONS, 2)
        verb = self._verb(subject, x, OWN_DEED)
        deed = ROLES[verb].past if verb and random.random() < 0.7 else self._form(verb, plural=False)
        thing = ROLES[subject if random.random() < 0.5 else x].object
        row = {"s": subject, "V": deed, "o": thing, "x": x}
        return self._row(random.choice(frames.OBJECTS) + " {=V} .", row, {})

    def pronoun(self) -> Row:
        """A sentence whose antecedent decides the word after the pronoun; the candidates' places are balanced."""
        random = self.random
        he = random.choice(("he", "he", "she", "she", "it"))
        right, wrong, third = self._person(he), self._not(he), self._not(he)
        people = [right, wrong]
        random.shuffle(people)
        frame = random.choice(frames.PRONOUNS)
        if "{C}" in frame:
            people.append(third)
            random.shuffle(people)
        slots = dict(zip("ABC", [*people, third], strict=False)) | {"he": he}
        if right in ROLES and random.random() > GLOSSED:
            slots |= {"past": ROLES[right].past, "o": ROLES[right].object}
        else:
            slots |= {"past": right, "o": random.choice(("waved", "waited", "left"))}
        return self._row(frame + " {past} {o} .", slots, {"past": DECIDED, "o": FILLER})

    def state(self) -> Row:
        """Return a row in which a person's state determines what the person does."""
        random = self.random
        state, other = random.sample(tuple(DEEDS), 2)
        slots = {"f": state, "g": other, "deed": DEEDS[state], "other": DEEDS[other]}
        return self._row(random.choice(frames.STATES), slots, {"deed": DECIDED})

    def attribute(self, among: tuple[str, ...] = frames.ATTRIBUTES) -> Row:
        """Return a row in which the adjective is repeated after its noun."""
        return self._row(self.random.choice(among), self._plain_or_plural(), {})

    def predicate(self) -> Row:
        """Return a row in which the noun is repeated after its adjective."""
        return self._row(self.random.choice(frames.PREDICATES), self._plain_or_plural(), {})

    def determiner(self, among: tuple[str, ...] = frames.DETERMINERS) -> Row:
        """Return a row in which the determiner is repeated after its noun."""
        slots = self._plain_or_plural()
        fitting = PLURAL_DETERMINERS if slots["t"] in PLURALS else SINGULAR_DETERMINERS
        return self._row(self.random.choice(among), slots | {"d": self.random.choice(fitting)}, {})

    def owner(self, among: tuple[str, ...] = frames.OWNERS) -> Row:
        """Return a row in which the owner is repeated after what is owned."""
        return self._row(self.random.choice(among), self._plain_or_plural(), {})

    def story(self) -> Row:
        """Return plain sentences in which names and things return."""
        random = self.random
        people, things = random.sample(NAMES, 2), random.sample(THINGS, 2)
        hero = random.choice(PERSONS)
        row: Row = []
        for _ in range(random.randint(3, 6)):
            slots = {
                "s": hero if random.random() < 0.7 else random.choice(PERSONS),
                "N": people[0],
                "M": people[1],
                "t": random.choice(things),
            }
            row += self._row(random.choice(frames.STORIES), slots, dict.fromkeys(("N", "M", "t", "s"), PARTLY))
        return row

    def _verb(self, subject: str, other: str, own: float) -> str:
        """Return the person whose verb comes: the subject, with probability `own`, the other one, or nobody ("")."""
        drawn = self.random.random()
        return subject if drawn < own else other if drawn < own + OTHERS_VERB else ""

    def _form(self, person: str, *, plural: bool) -> str:
        """Return the person's verb, or one of any subject for "", after a plural or a singular."""
        if person:
            return ROLES[person].verb if plural else ROLES[person].verb_s
        verb = self.random.choice(tuple(GENERIC_VERBS))
        return GENERIC_VERBS[verb] if plural else verb

    def _person(self, pronoun: str) -> str:
        if pronoun == "it":
            return self.random.choice(THINGS)
        named = self.random.random() < NAMED
        if pronoun == "he":
            return self.random.choice(MALE_NAMES if named else MASCULINE)
        return self.random.choice(FEMALE_NAMES if named else FEMININE)

    def _not(self, pronoun: str) -> str:
        """Return a person or a thing that the pronoun cannot stand for."""
        others = {"he": ("she", "she", "it"), "she": ("he", "he", "it"), "it": ("he", "she")}
        return self._person(self.random.choice(others[pronoun]))

    def _plain_or_plural(self) -> dict[str, str]:
        random = self.random
        thing, person = random.choice(THINGS), random.choice(PERSONS)
        many = random.random() < 0.4
        return {
            "t": plural(thing) if many else thing,
            "s": ROLES[person].plural if many else person,
            "be": "were" if many else "was",
        }

    def _row(self, frame: str, slots: dict[str, str], weights: dict[str, float]) -> Row:
        """Return the filled frame: the given slots, and random words for the others; glosses have full weight."""
        random = self.random
        filled = self._drawn() | slots
        opener = random.choice(frames.OPENERS) + " " if random.random() < OPENED else ""
        words: list[tuple[str, float]] = []
        for item in (opener + frame).split():
            gloss = item.startswith("{=")
            slot = item.strip("{=}") if item.startswith("{") else ""
            word = filled[slot] if slot else ANY_DETERMINER if item == "the" else item
            words.append((word, DECIDED if gloss else weights.get(slot, FILLER)))
        return self._tokens(self._determined(words))

    def _drawn(self) -> dict[str, str]:
        random = self.random
        return (
            dict(zip("ab", random.sample((*ADJECTIVES, *LOOKS), 2), strict=True))
            | dict(zip("sxyw", random.sample(PERSONS, 4), strict=True))
            | {"p": random.choice(PLACES), "t": random.choice(THINGS)}
        )

    def _determined(self, words: list[tuple[str, float]]) -> list[tuple[str, float]]:
        """Return the words with each `the` as a determiner that fits its noun, and without one before a name."""
        determined: list[tuple[str, float]] = []
        for place, (word, weight) in enumerate(words):
            if word != ANY_DETERMINER:
                determined.append((word, weight))
                continue
            noun = next((w for w, _ in words[place + 1 :] if w in PLURALS or w in PERSONS or w in THINGS), "")
            if words[place + 1][0] in NAMES:
                continue
            fitting = PLURAL_DETERMINERS if noun in PLURALS else SINGULAR_DETERMINERS
            determined.append((self.random.choice(fitting), weight))
        return determined

    def _tokens(self, words: list[tuple[str, float]]) -> Row:
        capital = self.random.random() < CAPITAL
        row: Row = []
        for place, (word, weight) in enumerate(words):
            begins = place == 0 or words[place - 1][0] == "."
            upper = word[0].upper() + word[1:]
            row.append((self.token[upper if capital and begins and upper in self.token else word], weight))
        return row
