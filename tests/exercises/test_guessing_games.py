"""Guessing games: without feedback a guesser gets nothing, with more feedback more, and limited attempts limit that."""

from functools import cache
from random import Random

import pytest

from benchmarks import guessing
from grader import exercises
from grader.authoring import games
from grader.authoring.games import GameResult
from grader.authoring.players import PLAYERS, CopyBest, CountFromOne, Oracle, Player
from grader.exercises.guessing import MOST_SCORE, MOST_XP
from grader.grading.standings import Standings
from grader.schema import Exercise, Policy
from tests.exercises.test_guessing import SHIPPED

ATTEMPTS, GAMES = 5, 40
ERROR = 0.006
"""The standard error of a mean over so many attempts, of which one in twenty earns some 40 % of the XP."""
LEARNERS = tuple(name for name, player in PLAYERS.items() if player.learns)


@cache
def rows(name: str) -> list[guessing.PlayerRow]:
    return guessing.table(unlimited(name), GAMES, ATTEMPTS)


def unlimited(name: str) -> Exercise:
    return exercises.load(name).model_copy(update={"policy": Policy()})


def after(name: str, player: str, feedback: str) -> GameResult:
    """Return the player's standing after the last attempt."""
    (row,) = [row for row in rows(name) if (row.name, row.feedback) == (player, feedback)]
    return row.after[-1]


@pytest.mark.parametrize("name", SHIPPED)
def test_claiming_everything_or_at_random_is_worth_nothing_in_an_attempt(name: str) -> None:
    blind = [row for row in rows(name) if row.feedback == guessing.ANY]

    assert [row.name for row in blind if row.after[-1].mean > MOST_SCORE] == []
    assert [row.name for row in blind if row.after[-1].xp / ATTEMPTS > MOST_XP + ERROR] == []
    assert [row.name for row in blind][:2] == ["claim all", "claim 1 at random"]
    assert "claim a budget at random" in [row.name for row in blind]


@pytest.mark.parametrize("player", LEARNERS)
def test_a_report_that_shows_everything_gives_a_guesser_no_more_than_the_verdicts(player: str) -> None:
    everything, verdicts = (after("mini-heads", player, level) for level in ("all", "verdicts"))

    assert everything == verdicts


def test_verdicts_give_a_guesser_more_than_a_score() -> None:
    verdicts, score = (after("mini-heads", "test a budget at a time", level) for level in ("verdicts", "score"))

    assert verdicts.best > score.best
    assert verdicts.xp > score.xp


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_exercises_are_safe_under_their_own_feedback_and_attempts(name: str) -> None:
    shipped = exercises.load(name)
    outlook = games.outlook(shipped)

    assert shipped.policy.attempts == outlook.attempts
    assert outlook.is_safe
    assert outlook.result.best <= games.MOST_SCORE
    assert outlook.result.xp <= games.MOST_XP
    assert outlook == games.outlook(shipped)


def test_with_more_attempts_than_are_safe_the_outlook_says_how_many_are() -> None:
    many = exercises.load("mini-heads").model_copy(update={"policy": Policy(attempts=6)})
    outlook = games.outlook(many)

    assert (outlook.is_safe, outlook.attempts, outlook.safe) == (False, 6, 2)


def test_who_counts_from_1_is_told_only_of_heads_that_are_right_and_hands_them_in() -> None:
    asked = unlimited("mini-heads")
    counter, standings, found = one_game(asked, CountFromOne, 12)
    assert isinstance(counter, CountFromOne)
    right = [standings.by_kind[counter.name][place].confirmed for place in counter.tested]

    assert counter.is_told == (sum(right) >= 2)
    assert found[-1].best <= games.MOST_SCORE * 2


def test_only_a_handful_of_attempts_is_safe_when_everything_is_shown() -> None:
    safe = {
        level: guessing.harmless(rows("mini-heads"), level, MOST_SCORE, lambda standing: standing.best)
        for level in guessing.LEVELS
    }

    assert 1 <= safe["all"] == safe["verdicts"] <= safe["score"] < ATTEMPTS + 1
    assert safe["all"] < ATTEMPTS


def one_game(
    exercise: Exercise, make: type[Oracle] | type[CopyBest] | type[CountFromOne], attempts: int, **more: bool
) -> tuple[Player, Standings, list[GameResult]]:
    random = Random(3)  # noqa: S311 - to be repeatable
    standings = Standings(exercise, games.planted(exercise, random))
    player = make(exercise, random, **more)
    return player, standings, games.game(exercise, games.Board(standings), player, attempts)


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("feedback", guessing.LEVELS)
def test_what_an_oracle_takes_for_right_is_right_and_in_the_end_it_is_all(feedback: str, at_once: bool) -> None:
    asked = unlimited("mini-heads").model_copy(update={"feedback": feedback})
    oracle, standings, found = one_game(asked, Oracle, 400, at_once=at_once)
    heads = asked.transformer.heads
    claimed = {(name, divmod(head, heads)) for name, right in oracle.right.items() for head in right}

    assert claimed <= {
        (name, at) for name, of in standings.by_kind.items() for at, standing in of.items() if standing.confirmed
    }
    assert [kind.name for kind in asked.kinds if len(oracle.right[kind.name]) < kind.heads] == []
    assert (found[-1].best, found[-1].passed) == (1, 1)


def test_after_the_last_attempt_nothing_more_is_taken() -> None:
    free = unlimited("mini-heads")
    limited = free.model_copy(update={"policy": Policy(attempts=3)})
    unlimited_game, game = (one_game(asked, Oracle, 10, at_once=True)[2] for asked in (free, limited))

    assert game[:3] == unlimited_game[:3]
    assert {standing.best for standing in game[2:]} == {unlimited_game[2].best}
    assert unlimited_game[9].best > game[9].best


def test_heads_are_planted_as_many_as_the_exercise_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADER_EXERCISES", raising=False)
    for name in SHIPPED:
        asked = exercises.load(name)
        standings = Standings(asked, games.planted(asked, Random(1)))  # noqa: S311

        assert {kind.name: standings.passing(kind.name) for kind in asked.kinds} == {
            kind.name: kind.passing for kind in asked.kinds
        }


def test_the_table_says_in_words_what_it_means() -> None:
    asked = unlimited("mini-heads")
    lines = list(guessing.lines(asked, rows("mini-heads")))

    assert lines[0].startswith("mini-heads: 48 heads, 6 kinds, 12 claims at most, a wrong one costs 8 of 120 points")
    assert sum(line.strip().startswith(LEARNERS) for line in lines) == len(LEARNERS) * len(guessing.LEVELS)
    assert [line.split()[1] for line in lines[-3:]] == list(guessing.LEVELS)
    assert all("no guesser expects more than 5% of the score" in line for line in lines[-3:])
