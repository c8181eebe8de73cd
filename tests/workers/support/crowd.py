"""A crowd of students who hand in: submissions of every fate, all different except intended repeats."""

import random
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple

from grader.schema import Claim, Kind, Submission
from tests.workers.support import practice
from tests.workers.support.service import document, entry, measured

Place = tuple[int, int]
"""Layer, then head."""
Fate = Literal["graded", "ungradable", "rejected"]
FATES: Sequence[Fate] = ("graded", "ungradable", "rejected")
WEIGHTS = (92, 4, 4)
"""The number of submissions with each fate, of a hundred."""
SAME_AGAIN = 0.05
"""The part of the submissions that were handed in before, under another id."""
WITH_EVIDENCE = 0.1
"""The part of the claims that brings a sentence, so that the transformer runs."""
COURSES = ("", "course-1", "course-2")
"""Where submissions come from: no course, or one of the platform's."""
FROM_COURSE = 0.7
"""The part of the students of a course who come in from it, so that it gets their scores."""
TWICE = 0.3
"""The part of these who do so twice."""
CLAIMS = 6
KNOWING = 0.5
"""The part of the submissions with mostly what their student knows: random claims earn no XP."""
KNOWN = 4
"""The fewest right claims that a student knows."""
GUESSES = 2
"""The random claims of a student who knows some heads."""
NOT_ASKED = Kind(type="syntactic", relation="verb_subject")
MISTAKES = (
    f"exercise: {practice.ID}\nclaims: 5",
    f"exercise: {practice.ID}\nclaims: []",
    "exercise: no-such-heads\nclaims: [{layer: 0, head: 0, type: induction}]",
    f"exercise: {practice.ID}\nclaims: [{{layer: 99, head: 0, type: induction}}]",
    "claims: [",
    "",
)
NAMES = ("Emma Wagon", "Nora Belling", "Ivan Stone", "Ruth Alder")
VERBS = ("waved", "smiled", "slept", "sang")


class Handed(NamedTuple):
    """One submission as it is handed in, with its fate."""

    id: str
    student: str
    text: str
    fate: Fate
    course: str

    @property
    def fields(self) -> dict[str, str]:
        """Its intake entry."""
        return entry(self.id, self.text, self.student) | ({"course": self.course} if self.course else {})

    @property
    def submission(self) -> Submission:
        """The submission that is graded."""
        return Submission.model_validate_json(self.text).model_copy(update={"student": self.student})


class Launch(NamedTuple):
    """A student who comes in from a course."""

    student: str
    course: str


def crowd(number: int, students: int, chance: random.Random) -> list[Handed]:
    """Return this number of submissions of this number of students."""
    handed: list[Handed] = []
    for count in range(number):
        name, student = f"s-{count}", f"student-{chance.randrange(students)}"
        if handed and chance.random() < SAME_AGAIN:
            handed.append(chance.choice(handed)._replace(id=name))
            continue
        fate = chance.choices(FATES, WEIGHTS)[0]
        text = (
            f"# {count}\n{chance.choice(MISTAKES)}" if fate == "rejected" else _document(count, student, fate, chance)
        )
        handed.append(Handed(name, student, text, fate, chance.choice(COURSES)))
    return handed


def launches(handed: Sequence[Handed], chance: random.Random) -> list[Launch]:
    """Return who comes in from which course, some of them twice."""
    everybody = sorted({Launch(each.student, each.course) for each in handed if each.course})
    return [each for each in everybody if chance.random() < FROM_COURSE for _ in range(1 + (chance.random() < TWICE))]


def _document(count: int, student: str, fate: Fate, chance: random.Random) -> str:
    all_claims = _decided()
    if fate == "ungradable":
        choice = [(NOT_ASKED, place) for place in _places()]
    elif chance.random() < KNOWING:
        known = _known(student)
        choice = known + chance.sample([claim for claim in all_claims if claim not in known], GUESSES)
    else:
        choice = all_claims
    claims = [_claim(count, each, chance) for each in chance.sample(choice, chance.randint(1, CLAIMS))]
    return document(*claims, exercise=practice.ID)


def _kinds() -> list[Kind]:
    return [asked.kind for asked in measured().exercise.kinds]


def _places() -> list[Place]:
    transformer = measured().exercise.transformer
    return [(layer, head) for layer in range(transformer.layers) for head in range(transformer.heads)]


@cache
def _decided() -> list[tuple[Kind, Place]]:
    """Return the claims that are not too close to call; one that is decides nothing, and alone it is ungradable."""
    found = measured().standings.by_kind
    every = [(kind, place) for kind in _kinds() for place in _places()]
    return [(kind, place) for kind, place in every if found[kind.name][place].outcome != "not_graded"]


def _known(student: str) -> list[tuple[Kind, Place]]:
    """Return the heads that the student knows, with their kinds: always the same, but others for each student."""
    found, chance = measured().standings.by_kind, random.Random(student)  # noqa: S311
    right = [(kind, place) for kind in _kinds() for place in _places() if found[kind.name][place].confirmed]
    return chance.sample(right, chance.randint(KNOWN, len(right)))


def _claim(count: int, claimed: tuple[Kind, Place], chance: random.Random) -> Claim:
    (kind, place) = claimed
    words: dict[str, object] = {"note": f"number {count}"}
    if chance.random() < WITH_EVIDENCE:
        name, verb = chance.choice(NAMES), chance.choice(VERBS)
        words["evidence"] = f"{name} {verb} {count} times, and {name} {chance.choice(VERBS)}"
    return Claim.model_validate({**kind.model_dump(), "layer": place[0], "head": place[1], **words})
