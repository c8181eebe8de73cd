"""The gain from guessing, attempt by attempt: players who look at no picture against each shipped exercise.

    make guessing

Passing heads are planted at random, as many for each kind as the exercise states, and graded by the real grader. The
players know what the exercise asks for and see what its feedback shows, at each of its levels. The tables show means
over the games: the best score so far, the XP so far, and the part of players who have passed, by number of attempts.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random
from statistics import fmean
from typing import NamedTuple, get_args

from benchmarks.players import ClaimAll, ClaimRandom, CopyBest, Guess, Oracle, Player
from grader import exercises
from grader.exercises.guessing import MOST_SCORE
from grader.exercises.thresholds import thresholds_of
from grader.grading.grade import grade, shown
from grader.grading.standings import Standings
from grader.ledger.entry import LedgerEntry
from grader.measuring.score_table import Grid, KindScores, ScoreTable, Slice, Statistics
from grader.schema import Claim, Exercise, Feedback, Policy, Statistic, Submission
from grader.students.xp import progress

ATTEMPTS = (1, 2, 5, 10, 20, 50)
"""The numbers of attempts that the tables show."""
GAMES, SEED = 100, 7
MOST_PASSES = 0.05
"""The highest part of guessers who may pass: one in twenty, as with the luck of a report."""
ANY = "any"
"""The feedback of a player who ignores it."""
LESSON = """\
Conclusions. In a single attempt, random claims and claiming everything are worth nothing, whatever feedback is shown;
over many attempts they add up. A player who tests claims and reads the answers finds everything in the end. `all` shows
most: what a refuted head is instead, or that it is none of the kinds. `verdicts` answers every claim of an attempt,
`score` only how many kinds were right. So a graded exercise sets `policy.attempts`, to at most what the lines above
allow for its feedback. Without a limit, an exercise is only for practice.
"""

RANDOM_CLAIMS = (1, 2, 4, 8)
"""The numbers of claims, besides the whole budget."""
LEVELS: tuple[Feedback, ...] = get_args(Feedback)

Maker = Callable[[Exercise, Random], Player]


class GameResult(NamedTuple):
    """The result of a player after some attempts, or its mean over many games."""

    mean: float
    """The mean score of the attempts, 0 to 1."""
    best: float
    """The best score so far."""
    xp: float
    """All XP so far, divided by the exercise's points."""
    passed: float
    """1 if an attempt has passed, else 0."""


def players(exercise: Exercise) -> dict[str, tuple[Maker, bool]]:
    """Return every player by name, and whether it learns from feedback."""
    sizes = sorted({size for size in RANDOM_CLAIMS if size < exercise.budget} | {exercise.budget})
    return {
        "claim all": (ClaimAll, False),
        **{f"claim {size} at random": (partial(ClaimRandom, claims=size), False) for size in sizes},
        "test one at a time": (partial(Oracle, at_once=False), True),
        "test a budget at a time": (partial(Oracle, at_once=True), True),
        "copy the last best": (CopyBest, True),
    }


def planted(exercise: Exercise, random: Random) -> ScoreTable:
    """Return a score table in which as many random heads pass for each kind as the exercise states."""
    source = exercise.transformer
    return ScoreTable(
        key="0" * 64,
        transformer=source.name,
        digest="0" * 64,
        seed=exercise.probes.seed,
        layers=source.layers,
        heads=source.heads,
        kinds=tuple(_planted(exercise, number, random) for number in range(len(exercise.kinds))),
    )


def _planted(exercise: Exercise, number: int, random: Random) -> KindScores:
    kind, source = exercise.kinds[number], exercise.transformer
    heads = range(source.layers * source.heads)
    passing = set(random.sample(heads, min(kind.passing, len(heads))))
    thresholds = thresholds_of(kind)
    needed: dict[Statistic, float] = {"share": 0.0, "hit_rate": 0.0}
    needed |= {threshold.statistic: threshold.at_least for threshold in thresholds}

    def grid(value: float) -> Grid:
        row = range(source.heads)
        return tuple(
            tuple(value * (layer * source.heads + head in passing) for head in row) for layer in range(source.layers)
        )

    columns = tuple(
        Statistics(statistic=name, value=grid(value), low=grid(value), high=grid(value))
        for name, value in needed.items()
    )
    slices = {name for threshold in thresholds for name in threshold.slices} or {"all"}
    return KindScores(
        kind=kind.kind,
        decides=thresholds[0].statistic,
        baseline=0.0,
        blind_head="none",
        slices=tuple(Slice(name=name, queries=1, statistics=columns) for name in sorted(slices)),
    )


def game(exercise: Exercise, standings: Standings, player: Player, attempts: int) -> list[GameResult]:
    """Return the result after each attempt; attempts after the exercise's last one are refused."""
    entries: list[LedgerEntry] = []
    results: list[GameResult] = []
    for number in range(1, attempts + 1):
        is_taken = exercise.policy.attempts is None or number <= exercise.policy.attempts
        if is_taken and (guesses := player.guesses()):
            submission = Submission(exercise=exercise.id, student="player", claims=_claims(exercise, guesses))
            report = grade(submission, exercise, standings.table, standings=standings)
            player.learn(shown(report))
            entries.append(LedgerEntry(number, str(number), report, datetime.fromtimestamp(number, UTC)))
        scores = [entry.report.score for entry in entries]
        xp = progress(entries).xp / exercise.points if number in ATTEMPTS else results[-1].xp
        passed = float(any(entry.report.passed for entry in entries))
        results.append(GameResult(sum(scores) / len(scores), max(scores), xp, passed))
    return results


def _claims(exercise: Exercise, guesses: Sequence[Guess]) -> tuple[Claim, ...]:
    kinds = {kind.name: kind.kind.model_dump() for kind in exercise.kinds}
    per_layer = exercise.transformer.heads
    return tuple(
        Claim.model_validate({**kinds[name], "layer": head // per_layer, "head": head % per_layer})
        for name, head in guesses
    )


class PlayerRow(NamedTuple):
    """One player at one level of feedback."""

    name: str
    feedback: str
    after: list[GameResult]
    """The mean results, by attempt."""


def table(exercise: Exercise, games: int = GAMES, attempts: int = ATTEMPTS[-1]) -> list[PlayerRow]:
    """Return every player at every level, on the same planted heads; one that does not learn plays once."""
    played: dict[tuple[str, str], list[list[GameResult]]] = defaultdict(list)
    for number in range(games):
        seed = f"{SEED} {exercise.id} {number}"
        standings = Standings(exercise, planted(exercise, Random(seed)))  # noqa: S311 - to be repeatable
        for name, (make, learns) in players(exercise).items():
            for level in LEVELS if learns else LEVELS[:1]:
                asked = exercise.model_copy(update={"feedback": level})
                player = make(asked, Random(f"{seed} {name}"))  # noqa: S311
                played[name, level if learns else ANY].append(game(asked, standings, player, attempts))
    return [PlayerRow(name, level, _averages(games_played)) for (name, level), games_played in played.items()]


def _averages(played: list[list[GameResult]]) -> list[GameResult]:
    """Return the means over the games, by attempt."""
    return [GameResult(*map(fmean, zip(*after, strict=True))) for after in zip(*played, strict=True)]


def harmless(rows: Sequence[PlayerRow], level: Feedback, limit: float, of: Callable[[GameResult], float]) -> int:
    """Return the number of attempts after which no player is over the limit; 0 if one is after the first."""
    theirs = [row.after for row in rows if row.feedback in (level, ANY)]
    longest = min(map(len, theirs))
    over = (number for number in range(longest) if any(of(after[number]) > limit for after in theirs))
    return next(over, longest)


def lines(exercise: Exercise, rows: Sequence[PlayerRow]) -> Iterator[str]:
    """Yield the exercise's table, and its meaning in words."""
    source, limit = exercise.transformer, exercise.policy.attempts
    yield (
        f"{exercise.id}: {source.layers * source.heads} heads, {len(exercise.kinds)} kinds, {exercise.budget} claims "
        f"at most, a wrong one costs {exercise.wrong_costs:g} of {exercise.points} points; "
        f"{f'{limit} attempts at most' if limit else 'no limit of attempts'}"
    )
    shown_after = [number for number in ATTEMPTS if number <= len(rows[0].after)]
    numbers = "".join(f"{number:5}" for number in shown_after)
    yield f"  {'':24}{'':9} " + "   ".join(f"{name:{len(numbers)}}" for name in ("best score", "XP", "passed"))
    yield f"  {'after this many attempts':24}{'':9} " + "   ".join([numbers] * 3)
    for row in rows:
        cells = (
            "".join(f"{100 * getattr(row.after[number - 1], name):4.0f}%" for number in shown_after)
            for name in ("best", "xp", "passed")
        )
        yield f"  {row.name:24}{row.feedback:9} " + "   ".join(cells)
    for level in LEVELS:
        score = harmless(rows, level, MOST_SCORE, lambda after: after.best)
        passed = harmless(rows, level, MOST_PASSES, lambda after: after.passed)
        yield (
            f"  feedback {level:8}  up to attempt {score} no guesser expects more than {MOST_SCORE:.0%} of the score; "
            f"up to attempt {passed} no more than {MOST_PASSES:.0%} of them pass"
        )


def main() -> None:
    """Play, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("exercises", nargs="*", help="Ids; the shipped ones by default.")
    parser.add_argument("--games", type=int, default=GAMES, help="For each player and level.")
    given = parser.parse_args()
    for name in given.exercises or exercises.available():
        exercise = exercises.load(name)
        unlimited = exercise.model_copy(update={"policy": Policy()})
        for asked in [unlimited] if exercise.policy.attempts is None else [unlimited, exercise]:
            sys.stdout.write("\n".join(lines(asked, table(asked, given.games))) + "\n\n")
            sys.stdout.flush()
    sys.stdout.write(LESSON)


if __name__ == "__main__":
    main()
