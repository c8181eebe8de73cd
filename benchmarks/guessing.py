"""The gain from guessing, attempt by attempt: players who look at no picture against each shipped exercise.

    make guessing

Passing heads are planted at random, as many for each kind as the exercise states, and graded by the real grader. The
players know what the exercise asks for and see what its feedback shows, at each of its levels. The tables show means
over the games: the best score so far, the XP so far, and the part of players who have passed, by number of attempts.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, get_args

from grader import exercises
from grader.authoring.games import MOST_PASSES, GameResult, after
from grader.authoring.players import playing
from grader.exercises.guessing import MOST_SCORE
from grader.schema import Exercise, Feedback, Policy

ATTEMPTS = (1, 2, 5, 10, 20, 50)
"""The numbers of attempts that the tables show."""
GAMES = 100
ANY = "any"
"""The feedback of a player who ignores it."""
LESSON = """\
Conclusions. In a single attempt, random claims and claiming everything are worth nothing, whatever feedback is shown;
over many attempts they add up. A player who tests claims and reads the answers finds everything in the end. `all` gives
such a player no more than `verdicts`, which answers every claim of an attempt; `score` tells only how many kinds were
right. So a graded exercise sets `policy.attempts`, to at most what the lines above
allow for its feedback. Without a limit, an exercise is only for practice.
"""

LEVELS: tuple[Feedback, ...] = get_args(Feedback)


class PlayerRow(NamedTuple):
    """One player at one level of feedback."""

    name: str
    feedback: str
    after: list[GameResult]
    """The mean results, by attempt."""


def table(exercise: Exercise, games: int = GAMES, attempts: int = ATTEMPTS[-1]) -> list[PlayerRow]:
    """Return every player at every level, on the same planted heads; one that does not learn plays once."""
    asked = {level: exercise.model_copy(update={"feedback": level}) for level in LEVELS}
    rows = [
        (name, level, level if player.learns else ANY)
        for name, player in playing(exercise).items()
        for level in (LEVELS if player.learns else LEVELS[:1])
    ]
    results = after([(asked[level], name) for name, level, _ in rows], games, attempts)
    return [PlayerRow(name, told, own) for (name, _, told), own in zip(rows, results, strict=True)]


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
