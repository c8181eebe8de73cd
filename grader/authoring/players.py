"""Players who guess: each knows what an exercise asks, hands in claims, and learns only from the feedback."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from random import Random
from typing import NamedTuple, Protocol

from grader.authoring.causal_guesses import Dress, circuits_at_random, importance_at_random, undressed
from grader.grading.counting import FEWEST
from grader.kinds import LOOKALIKES
from grader.schema import Exercise, HeadIndex, Report, Verdict

AS_OFTEN_AS_NOT = 0.5

Guess = tuple[str, int]
"""A kind's name, and a head's number, counted through all layers."""


class Player(Protocol):
    """A player who hands in again and again."""

    def guesses(self) -> Sequence[Guess]:
        """Return the claims of the next attempt; none if there is nothing left to try."""

    def learn(self, shown: Report) -> None:
        """Learn from the report, as the exercise shows it."""


class ClaimAll:
    """Claims every head under every kind, a whole budget in each attempt, and learns nothing."""

    def __init__(self, exercise: Exercise, random: Random) -> None:
        """Shuffle the heads, so that the first ones are no better than others."""
        self.budget = exercise.budget
        heads = range(exercise.transformer.layers * exercise.transformer.heads)
        all_claims = [(kind.name, head) for head in random.sample(heads, len(heads)) for kind in exercise.kinds]
        self.turn = cycle(all_claims)

    def guesses(self) -> Sequence[Guess]:
        """Return as many claims as allowed, in turn."""
        return list(islice(self.turn, self.budget))

    def learn(self, shown: Report) -> None:
        """Learn nothing."""


class ClaimRandom:
    """Draws new random claims for each attempt, and learns nothing."""

    def __init__(self, exercise: Exercise, random: Random, claims: int | None) -> None:
        """Claim `claims` heads in each attempt, or as many as allowed."""
        heads = range(exercise.transformer.layers * exercise.transformer.heads)
        self.all_claims = [(kind.name, head) for kind in exercise.kinds for head in heads]
        self.random = random
        self.claims = min(claims or exercise.budget, exercise.budget, len(self.all_claims))

    def guesses(self) -> Sequence[Guess]:
        """Return different claims."""
        return self.random.sample(self.all_claims, self.claims)

    def learn(self, shown: Report) -> None:
        """Learn nothing."""


class Oracle:
    """Tests claims, one at a time or as many as the budget allows, together with claims that it knows to be right.

    With `verdicts` it learns the outcome of each claim, with `all` also what the report names of a refuted head: the
    kind that it is instead, or a look-alike that is another kind; with `score` only the number of right kinds, or
    whether the points rose. Wrong tests cost points. So a player that tests a whole budget first hands in what it
    knows, without tests, whenever it knows more.
    """

    def __init__(self, exercise: Exercise, random: Random, *, at_once: bool) -> None:
        """With `at_once`, test as many claims as the budget allows."""
        self.exercise, self.at_once = exercise, at_once
        heads = range(exercise.transformer.layers * exercise.transformer.heads)
        self.wanted = {kind.name: kind.heads for kind in exercise.kinds}
        self.worth = {kind.name: kind.points / kind.heads for kind in exercise.kinds}
        self.right: dict[str, list[int]] = {name: [] for name in self.wanted}
        self.open = {name: random.sample(heads, len(heads)) for name in self.wanted}
        self.tests: list[Guess] = []
        self.suspects: list[Guess] = []
        """Claims of which some are right; the score does not show which."""
        self.claimed = 0

    @property
    def known(self) -> list[Guess]:
        """The claims that are right and earn something."""
        return [(name, head) for name, heads in self.right.items() for head in heads[: self.wanted[name]]]

    def guesses(self) -> Sequence[Guess]:
        """Return the known claims and the tests."""
        known = self.known
        if self.at_once and len(known) > self.claimed:
            self.tests, self.claimed = [], len(known)
            return known
        self.tests = self._chosen(self.exercise.budget - len(known) if self.at_once else 1)
        return [*known, *self.tests] if self.tests else []

    def learn(self, shown: Report) -> None:
        """Sort the tests into right, wrong and suspect."""
        if shown.feedback == "score":
            self._learn_from_totals(shown)
            return
        outcomes = {(v.claim.name, _number(v, self.exercise)): v for v in shown.verdicts}
        for test in self.tests:
            verdict = outcomes[test]
            self._settle(test, is_right=verdict.outcome == "confirmed")
            for name in named(verdict, self.exercise):
                self._settle((name, test[1]), is_right=True)

    def _chosen(self, room: int) -> list[Guess]:
        """Return open claims of incomplete kinds in turn; with only a score, one of each kind that is unknown yet."""
        if self.suspects:
            return self.suspects[: max(1, len(self.suspects) // 2)]
        incomplete = [name for name in self.wanted if self.open[name] and len(self.right[name]) < self.wanted[name]]
        if self.exercise.feedback == "score":
            unknown = [name for name in incomplete if not self.right[name]]
            return [(name, self.open[name][0]) for name in (unknown or incomplete[:1])[:room]]
        chosen: list[Guess] = []
        for depth in range(room):
            chosen += [(name, self.open[name][depth]) for name in incomplete if depth < len(self.open[name])]
        return chosen[:room]

    def _learn_from_totals(self, shown: Report) -> None:
        if not self.tests:
            return
        before = sum(bool(heads) for heads in self.right.values())
        right = shown.kinds_confirmed - before
        if len(self.tests) == 1:
            worth = sum(self.worth[name] for name, _ in self.known)
            right = int(right > 0 or shown.points > worth)
        if right in (0, len(self.tests)):
            for test in self.tests:
                self._settle(test, is_right=right > 0)
        else:
            self.suspects = self.tests

    def _settle(self, guess: Guess, *, is_right: bool) -> None:
        name, head = guess
        if head in self.open[name]:
            self.open[name].remove(head)
            self.right[name] += [head] * is_right
        if guess in self.suspects:
            self.suspects.remove(guess)


class CopyBest:
    """Changes one claim of the best attempt so far: one that was refuted, if that is shown, else any."""

    def __init__(self, exercise: Exercise, random: Random) -> None:
        """Begin with as many claims of different kinds as a pass needs."""
        self.exercise, self.random = exercise, random
        heads = range(exercise.transformer.layers * exercise.transformer.heads)
        names = random.sample([kind.name for kind in exercise.kinds], exercise.kinds_needed)
        self.fresh = [(kind.name, head) for kind in exercise.kinds for head in heads]
        random.shuffle(self.fresh)
        self.now = [(name, random.choice(heads)) for name in names]
        self.best = self.now
        self.value: tuple[float, int] | None = None
        self.refuted: dict[Guess, str] = {}
        """Claims known to be wrong, with the kind that the head is instead, if that is shown."""

    def guesses(self) -> Sequence[Guess]:
        """Return the first attempt as drawn, then the best one with a change."""
        if self.value is not None:
            self.now = self._changed()
        return self.now

    def learn(self, shown: Report) -> None:
        """Keep the attempt if it is not worse."""
        for verdict in shown.verdicts:
            if verdict.outcome == "refuted":
                instead = next(named(verdict, self.exercise), "")
                self.refuted[verdict.claim.name, _number(verdict, self.exercise)] = instead
        value = (shown.score, shown.kinds_confirmed)
        if self.value is None or value >= self.value:
            self.best, self.value = self.now, value

    def _changed(self) -> list[Guess]:
        wrong = [number for number, guess in enumerate(self.best) if guess in self.refuted]
        sees_outcomes = self.exercise.feedback != "score"
        grows = not wrong if sees_outcomes else self.random.random() < AS_OFTEN_AS_NOT
        if grows and len(self.best) < self.exercise.budget:
            return [*self.best, self._new("")]
        number = self.random.choice(wrong) if wrong else self.random.randrange(len(self.best))
        old = self.best[number]
        instead = self.refuted.get(old, "")
        new = (instead, old[1]) if instead and (instead, old[1]) not in self.best else self._new(old[0])
        return [*self.best[:number], new, *self.best[number + 1 :]]

    def _new(self, name: str) -> Guess:
        """Return a claim not tried before, of the named kind if possible."""
        fitting = [guess for guess in self.fresh if guess[0] == name] or self.fresh
        new = fitting[0] if fitting else self.random.choice(self.best)
        self.fresh = [guess for guess in self.fresh if guess != new]
        return new


class CountFromOne:
    """Claims heads one higher than those that it tests, and hands in those when the report asks if it counts from 1."""

    def __init__(self, exercise: Exercise, random: Random) -> None:
        """Test heads for the kind that most heads pass for."""
        layers, self.heads = exercise.transformer.layers, exercise.transformer.heads
        self.name = max(exercise.kinds, key=lambda kind: kind.passing).name
        self.open = [(layer, head) for layer in range(layers - 1) for head in range(self.heads - 1)]
        random.shuffle(self.open)
        self.claims = min(FEWEST, exercise.budget)
        self.tested: list[HeadIndex] = []
        self.is_told = False

    def guesses(self) -> Sequence[Guess]:
        """Return a few heads, each one higher in layer and head; or the heads themselves, once that was said."""
        if not self.is_told:
            self.tested, self.open = self.open[: self.claims], self.open[self.claims :]
        higher = not self.is_told
        return [(self.name, (layer + higher) * self.heads + head + higher) for layer, head in self.tested]

    def learn(self, shown: Report) -> None:
        """Learn if the heads that are one lower were right."""
        self.is_told = self.is_told or shown.counts_from_one


def named(verdict: Verdict, exercise: Exercise) -> Iterator[str]:
    """Yield the asked kinds that a report says a refuted head is, outright or by a look-alike."""
    if verdict.looks_like:
        yield verdict.looks_like.kind.name
    if verdict.fits:
        looks, causal = LOOKALIKES[verdict.fits.lookalike], exercise.transformer.family == "decoder"
        yield from (kind.name for kind in exercise.kinds if looks.is_of(kind.name, causal=causal))


def _number(verdict: Verdict, exercise: Exercise) -> int:
    return verdict.claim.layer * exercise.transformer.heads + verdict.claim.head


Maker = Callable[[Exercise, Random], Player]


class Known(NamedTuple):
    """One way of guessing."""

    make: Maker
    learns: bool
    """True if it depends on what the feedback shows."""
    dress: Dress = undressed
    """The function that adds to its claims."""


PLAYERS: dict[str, Known] = {
    "claim all": Known(ClaimAll, learns=False),
    "claim 1 at random": Known(partial(ClaimRandom, claims=1), learns=False),
    "claim 2 at random": Known(partial(ClaimRandom, claims=2), learns=False),
    "claim 4 at random": Known(partial(ClaimRandom, claims=4), learns=False),
    "claim 8 at random": Known(partial(ClaimRandom, claims=8), learns=False),
    "claim a budget at random": Known(partial(ClaimRandom, claims=None), learns=False),
    "test one at a time": Known(partial(Oracle, at_once=False), learns=True),
    "test a budget at a time": Known(partial(Oracle, at_once=True), learns=True),
    "copy the last best": Known(CopyBest, learns=True),
    "count from 1": Known(CountFromOne, learns=True),
}
"""The players of every exercise, by name."""
CAUSAL_PLAYERS: dict[str, Known] = {
    "importance at random": Known(partial(ClaimRandom, claims=None), learns=False, dress=importance_at_random),
    "circuits at random": Known(partial(ClaimRandom, claims=None), learns=False, dress=circuits_at_random),
}
"""Further players of exercises that ask for causal evidence, by name."""


def playing(exercise: Exercise) -> dict[str, Known]:
    """Return the players of an exercise, by name."""
    return PLAYERS | CAUSAL_PLAYERS if exercise.is_causal else PLAYERS
