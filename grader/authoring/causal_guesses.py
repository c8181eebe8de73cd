"""Guesses about importance and circuits, and the causal evidence that games are played on."""

from collections.abc import Callable, Sequence
from random import Random

from grader.grading.importance import DECIDING
from grader.grading.standings import Standings
from grader.schema import (
    Claim,
    Estimate,
    Exercise,
    Feeds,
    HeadIndex,
    Into,
    Kind,
    Member,
    Place,
    Replacement,
    Scope,
    SenderLeft,
    SetEffect,
    Trace,
    Writes,
)

Claims = tuple[Claim, ...]
Dress = Callable[[Exercise, Random, Claims], Claims]
"""A function that adds `matters` and `feeds` to claims."""

_INPUTS: tuple[Into, ...] = ("key", "query")


def undressed(exercise: Exercise, random: Random, claims: Claims) -> Claims:
    """Return the claims, each with `matters: alone` where the exercise asks for it: in a game, any head is needed."""
    return tuple(_saying(claim, "alone") if _is_asked(claim, exercise) else claim for claim in claims)


def importance_at_random(exercise: Exercise, random: Random, claims: Claims) -> Claims:
    """Return the claims with random words, and companions drawn from the other claims on the kind."""
    return tuple(_tossed(claim, claims, random) if _is_asked(claim, exercise) else claim for claim in claims)


def circuits_at_random(exercise: Exercise, random: Random, claims: Claims) -> Claims:
    """Return as many claims as leave room for a circuit each: from a random earlier head, or to a later one."""
    room = undressed(exercise, random, claims[: max(1, exercise.budget // 2)])
    return tuple(_in_circuit(claim, exercise, random) for claim in room)


def _is_asked(claim: Claim, exercise: Exercise) -> bool:
    asked = exercise.asked(claim)
    return asked is not None and asked.evidence == "needed"


def _saying(claim: Claim, word: str, companions: Sequence[Place] = ()) -> Claim:
    return claim.model_copy(update={"matters": word, "companions": tuple(companions)})


def _tossed(claim: Claim, claims: Claims, random: Random) -> Claim:
    others = [Place(layer=each.layer, head=each.head) for each in claims if each.name == claim.name and each != claim]
    if not others or random.random() < 0.5:
        return _saying(claim, "alone")
    return _saying(claim, "together", random.sample(others, random.randint(1, len(others))))


def _in_circuit(claim: Claim, exercise: Exercise, random: Random) -> Claim:
    layers, heads = exercise.transformer.layers, exercise.transformer.heads
    other = random.randrange(layers)
    if other == claim.layer:
        return claim
    ends = sorted([(claim.layer, claim.head), (other, random.randrange(heads))])
    sender, receiver = (Place(layer=layer, head=head) for layer, head in ends)
    feeds = Feeds.model_validate({"from": sender, "to": receiver, "into": random.choice(_INPUTS)})
    return claim.model_copy(update={"feeds": feeds})


class PlantedCauses:
    """Causal evidence for games: all heads are needed alone, and as many circuits are there as the exercise states.

    Nothing is refuted for its importance, nor for a circuit's input, so a guesser gets at least what real heads give.
    """

    def __init__(self, exercise: Exercise, standings: Standings, random: Random) -> None:
        """Let one head of each layer feed the heads of a kind in later layers, until there are enough circuits."""
        self.exercise, heads = exercise, exercise.transformer.heads
        self.senders = [random.randrange(heads) for _ in range(exercise.transformer.layers)]
        self.fed: dict[str, set[tuple[int, HeadIndex]]] = {}
        for asked in exercise.kinds:
            of_kind = standings.by_kind.get(asked.name)
            if asked.circuits is not None and of_kind is not None:
                receivers = [place for place in of_kind if of_kind[place].confirmed]
                slots = [(layer, place) for place in receivers for layer in range(place[0])]
                self.fed[asked.name] = set(random.sample(slots, min(len(slots), asked.circuits.passing)))

    def effect(self, kind: Kind, heads: Sequence[HeadIndex]) -> SetEffect:
        """Return an effect of all of the behaviour, to which each head adds as much."""
        whole: dict[Replacement, Estimate] = dict.fromkeys(DECIDING, _exactly(1.0))
        none: dict[Replacement, Estimate] = dict.fromkeys(DECIDING, _exactly(0.0))
        return SetEffect(
            kind=kind,
            measure="planted",
            heads=tuple(Place(layer=layer, head=head) for layer, head in heads),
            behaviour=_exactly(1.0),
            effect=whole,
            control={},
            members=tuple(Member(layer=layer, head=head, adds=whole, keeps=none) for layer, head in heads),
        )

    def trace(self, kind: Kind, receiver: HeadIndex) -> Trace:
        """Return a trace in which nothing is left without the planted senders, and everything without all others."""
        fed = self.fed.get(kind.name, set())
        senders = [
            (layer, head, 0.0 if (layer, receiver) in fed and head == self.senders[layer] else 1.0)
            for layer in range(receiver[0])
            for head in range(self.exercise.transformer.heads)
        ]
        return Trace(
            kind=kind,
            layer=receiver[0],
            head=receiver[1],
            score=1.0,
            interval=(1.0, 1.0),
            senders=tuple(
                SenderLeft(layer=layer, head=head, left=left, interval=(left, left), mean=_exactly(left))
                for layer, head, left in sorted(senders, key=lambda each: each[2])
            ),
        )

    def scope(self, kind: Kind, head: HeadIndex) -> Scope | None:
        """Return nothing: it decides nothing."""

    def writes(self, kind: Kind, heads: Sequence[HeadIndex]) -> Writes | None:
        """Return nothing: it decides nothing."""


def _exactly(value: float) -> Estimate:
    return Estimate(value=value, interval=(value, value))
