"""Ways to guess: each knows what an exercise asks, hands claims in, and learns from what it is shown, and no more."""

from collections.abc import Sequence
from itertools import cycle, islice
from random import Random
from typing import Protocol

from grader.schema import Exercise, Report, Verdict

AS_OFTEN_AS_NOT = 0.5

Guess = tuple[str, int]
"""A kind's name, and a head counted through all layers."""


class Player(Protocol):
    """Somebody who hands in again and again."""

    def guesses(self) -> Sequence[Guess]:
        """The claims of the next attempt; none: there is nothing left to try."""

    def learn(self, shown: Report) -> None:
        """Take in the report on them, as far as the exercise shows it."""


class ClaimAll:
    """Every head under every kind, a whole budget in each attempt, learning nothing."""

    def __init__(self, exercise: Exercise, random: Random) -> None:
        """Heads in an order of its own, so that the first ones are no better than others."""
        self.budget = exercise.budget
        heads = range(exercise.transformer.layers * exercise.transformer.heads)
        everything = [(kind.name, head) for head in random.sample(heads, len(heads)) for kind in exercise.kinds]
        self.turn = cycle(everything)

    def guesses(self) -> Sequence[Guess]:
        """As many as may be claimed, then the next ones."""
        return list(islice(self.turn, self.budget))

    def learn(self, shown: Report) -> None:
        """Nothing."""


class ClaimRandom:
    """A few claims, drawn anew for each attempt, learning nothing."""

    def __init__(self, exercise: Exercise, random: Random, claims: int) -> None:
        """`claims` in each attempt."""
        heads = range(exercise.transformer.layers * exercise.transformer.heads)
        self.everything = [(kind.name, head) for kind in exercise.kinds for head in heads]
        self.random, self.claims = random, claims

    def guesses(self) -> Sequence[Guess]:
        """No claim twice."""
        return self.random.sample(self.everything, self.claims)

    def learn(self, shown: Report) -> None:
        """Nothing."""


class Oracle:
    """What it knows to be right together with claims that it tests: a single one, or all that the budget has room for.

    With `all` it learns of a refuted head what it is instead, or that it is none of the kinds; with `verdicts` the
    outcome of each claim; with `score` only how many kinds, or whether the points rose. What it tests costs points, so
    one that tests a whole budget claims what it knows alone whenever it knows more.
    """

    def __init__(self, exercise: Exercise, random: Random, *, at_once: bool) -> None:
        """`at_once`: test as many as there is room for."""
        self.exercise, self.at_once = exercise, at_once
        heads = range(exercise.transformer.layers * exercise.transformer.heads)
        self.wanted = {kind.name: kind.heads for kind in exercise.kinds}
        self.worth = {kind.name: kind.points / kind.heads for kind in exercise.kinds}
        self.right: dict[str, list[int]] = {name: [] for name in self.wanted}
        self.open = {name: random.sample(heads, len(heads)) for name in self.wanted}
        self.tests: list[Guess] = []
        self.suspects: list[Guess] = []
        """Of these some are right, and the score says not which."""
        self.claimed = 0

    @property
    def known(self) -> list[Guess]:
        """The claims that are right and still earn something."""
        return [(name, head) for name, heads in self.right.items() for head in heads[: self.wanted[name]]]

    def guesses(self) -> Sequence[Guess]:
        """The known ones, with the tests."""
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
            if verdict.outcome == "refuted" and shown.feedback == "all":
                self._learn_what_it_is(test[1], verdict)

    def _chosen(self, room: int) -> list[Guess]:
        """Open claims of incomplete kinds in turn; by totals alone one of each kind that is not known yet."""
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

    def _learn_what_it_is(self, head: int, verdict: Verdict) -> None:
        if verdict.looks_like is not None:
            self._settle((verdict.looks_like.kind.name, head), is_right=True)
        else:
            for name in self.open:
                self._settle((name, head), is_right=False)

    def _settle(self, guess: Guess, *, is_right: bool) -> None:
        name, head = guess
        if head in self.open[name]:
            self.open[name].remove(head)
            self.right[name] += [head] * is_right
        if guess in self.suspects:
            self.suspects.remove(guess)


class CopyBest:
    """The best attempt so far with one claim changed: one that was refuted, where that is shown, else any."""

    def __init__(self, exercise: Exercise, random: Random) -> None:
        """Begins with a claim for each kind that a pass needs."""
        self.exercise, self.random = exercise, random
        heads = range(exercise.transformer.layers * exercise.transformer.heads)
        names = random.sample([kind.name for kind in exercise.kinds], exercise.kinds_needed)
        self.fresh = [(kind.name, head) for kind in exercise.kinds for head in heads]
        random.shuffle(self.fresh)
        self.now = [(name, random.choice(heads)) for name in names]
        self.best = self.now
        self.value: tuple[float, int] | None = None
        self.refuted: dict[Guess, str] = {}
        """Claims seen to be wrong, with the kind that the head is instead where that is told."""

    def guesses(self) -> Sequence[Guess]:
        """The first attempt as it was drawn, then the best one with a change."""
        if self.value is not None:
            self.now = self._changed()
        return self.now

    def learn(self, shown: Report) -> None:
        """Keep the attempt if it is no worse."""
        for verdict in shown.verdicts:
            if verdict.outcome == "refuted":
                instead = verdict.looks_like.kind.name if verdict.looks_like else ""
                self.refuted[verdict.claim.name, _number(verdict, self.exercise)] = instead
        value = (shown.score, shown.kinds_confirmed)
        if self.value is None or value >= self.value:
            self.best, self.value = self.now, value

    def _changed(self) -> list[Guess]:
        wrong = [number for number, guess in enumerate(self.best) if guess in self.refuted]
        is_told = self.exercise.feedback != "score"
        grows = not wrong if is_told else self.random.random() < AS_OFTEN_AS_NOT
        if grows and len(self.best) < self.exercise.budget:
            return [*self.best, self._new("")]
        number = self.random.choice(wrong) if wrong else self.random.randrange(len(self.best))
        old = self.best[number]
        instead = self.refuted.get(old, "")
        new = (instead, old[1]) if instead and (instead, old[1]) not in self.best else self._new(old[0])
        return [*self.best[:number], new, *self.best[number + 1 :]]

    def _new(self, name: str) -> Guess:
        """A claim not tried before, of the same kind where one is named."""
        fitting = [guess for guess in self.fresh if guess[0] == name] or self.fresh
        found = fitting[0] if fitting else self.random.choice(self.best)
        self.fresh = [guess for guess in self.fresh if guess != found]
        return found


def _number(verdict: Verdict, exercise: Exercise) -> int:
    return verdict.claim.layer * exercise.transformer.heads + verdict.claim.head
