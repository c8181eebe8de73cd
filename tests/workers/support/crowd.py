"""A crowd of students who hand in: submissions of every fate, all different but for those that are meant not to be."""

import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

from grader.schema import Claim, Kind, Submission
from tests.workers.support.service import document, entry, measured

Place = tuple[int, int]
"""Layer, then head."""
Fate = Literal["graded", "ungradable", "rejected"]
FATES: Sequence[Fate] = ("graded", "ungradable", "rejected")
WEIGHTS = (92, 4, 4)
"""Of a hundred, so many meet each fate."""
SAME_AGAIN = 0.05
"""The part of the submissions that were handed in before, under another id."""
WITH_EVIDENCE = 0.1
"""The part of the claims that brings a sentence, so that the transformer runs."""
CLAIMS = 6
KNOWING = 0.5
"""The part of the submissions that say what their student knows, and little else: claims at random earn no XP."""
KNOWN = 4
"""Right claims that a student knows, at the least."""
GUESSES = 2
"""Claims at random among those that a knowing student chooses from."""
NOT_ASKED = Kind(type="duplicate_token")
MISTAKES = (
    "exercise: mini-heads\nclaims: 5",
    "exercise: mini-heads\nclaims: []",
    "exercise: no-such-heads\nclaims: [{layer: 0, head: 0, type: induction}]",
    "exercise: mini-heads\nclaims: [{layer: 99, head: 0, type: induction}]",
    "claims: [",
    "",
)
NAMES = ("Emma Wagon", "Nora Belling", "Ivan Stone", "Ruth Alder")
VERBS = ("waved", "smiled", "slept", "sang")


class Handed(NamedTuple):
    """One submission as it is handed in, and what must become of it."""

    id: str
    student: str
    text: str
    fate: Fate

    @property
    def fields(self) -> dict[str, str]:
        """Its intake entry."""
        return entry(self.id, self.text, self.student)

    @property
    def submission(self) -> Submission:
        """What is graded."""
        return Submission.model_validate_json(self.text).model_copy(update={"student": self.student})


def crowd(number: int, students: int, chance: random.Random) -> list[Handed]:
    """So many submissions of so many students."""
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
        handed.append(Handed(name, student, text, fate))
    return handed


def _document(count: int, student: str, fate: Fate, chance: random.Random) -> str:
    all_claims = [(kind, place) for kind in _kinds() for place in _places()]
    if fate == "ungradable":
        choice = [(NOT_ASKED, place) for place in _places()]
    elif chance.random() < KNOWING:
        known = _known(student)
        choice = known + chance.sample([claim for claim in all_claims if claim not in known], GUESSES)
    else:
        choice = all_claims
    return document(*(_claim(count, each, chance) for each in chance.sample(choice, chance.randint(1, CLAIMS))))


def _kinds() -> list[Kind]:
    return [asked.kind for asked in measured().exercise.kinds]


def _places() -> list[Place]:
    transformer = measured().exercise.transformer
    return [(layer, head) for layer in range(transformer.layers) for head in range(transformer.heads)]


def _known(student: str) -> list[tuple[Kind, Place]]:
    """The heads that the student knows, each with the kind that it is: always the same, for each student others."""
    found, chance = measured().standings.by_kind, random.Random(student)  # noqa: S311
    right = [(kind, place) for kind in _kinds() for place in _places() if found[kind.name][place].confirmed]
    return chance.sample(right, chance.randint(KNOWN, len(right)))


def _claim(count: int, claimed: tuple[Kind, Place], chance: random.Random) -> Claim:
    (kind, place) = claimed
    said: dict[str, object] = {"note": f"number {count}"}
    if chance.random() < WITH_EVIDENCE:
        name, verb = chance.choice(NAMES), chance.choice(VERBS)
        said["evidence"] = f"{name} {verb} {count} times, and {name} {chance.choice(VERBS)}"
    return Claim.model_validate({**kind.model_dump(), "layer": place[0], "head": place[1], **said})
