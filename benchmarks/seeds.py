"""Verdicts from seed to seed: `python -m benchmarks.seeds [EXERCISE] [--seeds 20]`.

Every head is measured under every kind of the exercise with each seed. Counted are the pairs of head and kind whose
mean score is within .1 of the threshold: how often a change of the seed turns a verdict into its opposite, and how
often it makes a verdict decided or undecided.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from statistics import mean

from grader import exercises
from grader.exercises.thresholds import thresholds_of
from grader.grading.standings import KindStandings, Standing
from grader.measuring import transformer
from grader.measuring.scan import scan
from grader.schema import Exercise

NEAR = 0.1
OTHERS_APART = 7919
"""The difference between two seeds."""


@dataclass(frozen=True)
class Pair:
    """One head under one kind, with its standing under every seed."""

    kind: str
    place: tuple[int, int]
    at_least: float
    standings: list[Standing]

    @property
    def is_near(self) -> bool:
        """True if the mean score is near the threshold of the deciding statistic."""
        return abs(mean(each.measured.score for each in self.standings) - self.at_least) <= NEAR

    @property
    def outcomes(self) -> list[str]:
        """The outcome under every seed."""
        return [each.outcome for each in self.standings]


def pairs(exercise: Exercise, seeds: int) -> Iterator[Pair]:
    """Yield every pair of head and kind."""
    loaded = transformer.load(exercise.transformer, None, dtype=exercise.probes.precision)
    causal, kinds = exercise.transformer.family == "decoder", [asked.kind for asked in exercise.kinds]
    scanned = []
    for number in range(seeds):
        settings = exercise.probes.model_copy(update={"seed": exercise.probes.seed + number * OTHERS_APART})
        scanned.append(scan(loaded.model, loaded.tokenizer, settings, kinds, causal=causal))
        print(f"seed {settings.seed} measured", flush=True)  # noqa: T201 - a benchmark prints
    for asked, *of_kind in zip(exercise.kinds, *scanned, strict=True):
        standings = [KindStandings(exercise, asked, scores) for scores in of_kind]
        decides = of_kind[0].decides
        at_least = next(each.at_least for each in thresholds_of(asked) if each.statistic == decides)
        for place in standings[0]:
            yield Pair(asked.name, place, at_least, [each[place] for each in standings])


def main() -> None:
    """Run the command line of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exercise", nargs="?", default="mini-heads")
    parser.add_argument("--seeds", type=int, default=20)
    given = parser.parse_args()
    near = [pair for pair in pairs(exercises.load(given.exercise), given.seeds) if pair.is_near]
    for pair in near:
        counted = {outcome: pair.outcomes.count(outcome) for outcome in ("confirmed", "not_graded", "refuted")}
        scores = [each.measured.score for each in pair.standings]
        print(f"{pair.kind} L{pair.place[0]}H{pair.place[1]} {min(scores):.3f} to {max(scores):.3f} {counted}")  # noqa: T201
    changes = [{one, other} for pair in near for one, other in combinations(pair.outcomes, 2)]
    opposite = sum(change == {"confirmed", "refuted"} for change in changes)
    decided = sum(len(change) == 2 and "not_graded" in change for change in changes)
    either = sum({"confirmed", "refuted"} <= set(pair.outcomes) for pair in near)
    print(f"{len(near)} pairs within {NEAR} of a threshold, {len(changes)} changes of seed")  # noqa: T201
    print(f"turned into the opposite: {opposite} changes ({opposite / max(1, len(changes)):.2%}), in {either} pairs")  # noqa: T201
    print(f"became decided or undecided: {decided} changes ({decided / max(1, len(changes)):.2%})")  # noqa: T201


if __name__ == "__main__":
    main()
