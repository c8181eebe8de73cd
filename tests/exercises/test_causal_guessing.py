"""Guesses about importance and circuits: their computed values are those of real games, and they are worth nothing."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from random import Random
from statistics import fmean
from typing import Any

import pytest

from grader.authoring import games
from grader.authoring.causal_guesses import PlantedCauses, circuits_at_random, importance_at_random
from grader.authoring.players import CAUSAL_PLAYERS, PLAYERS, playing
from grader.exercises import guessing
from grader.exercises.changes import changed
from grader.grading.grade import grade
from grader.grading.standings import Standings
from grader.schema import Exercise, Feeds, HeadIndex, Into, Policy, Report, Submission
from tests.support.planted_causes import BACK, CIRCUITS, SCORES, TOGETHER, TRUE_HEADS, Planted, feeds
from tests.support.planted_tables import HEADS, INDUCTION, PREVIOUS, SUBJECT, claim, exercise, table

ATTEMPTS, GAMES = 3, 40
NEEDED = {"evidence": "needed"}
ASKED = exercise(
    {**PREVIOUS, "heads": 1, "passing": 1, "points": 30, **NEEDED},
    {**INDUCTION, "heads": 3, "passing": 5, "points": 45, **NEEDED, "circuits": {**CIRCUITS, "points": 15}},
    SUBJECT,
    budget=9,
    wrong_costs=20.0,
)
TABLE = table(ASKED, SCORES)


def test_the_exercise_of_these_tests_is_accepted() -> None:
    assert guessing.complaint(ASKED) == ""


@pytest.mark.parametrize("player", CAUSAL_PLAYERS)
def test_guessing_importance_and_circuits_earns_nothing(player: str) -> None:
    first, *_, last = games.after([(ASKED, player)], GAMES, ATTEMPTS)[0]

    assert first.mean <= guessing.MOST_SCORE
    assert first.xp <= guessing.MOST_XP
    assert last.best <= games.MOST_SCORE
    assert last.xp <= games.MOST_XP
    assert last.passed == 0


def test_they_guess_where_an_exercise_asks_for_causal_evidence() -> None:
    assert set(playing(ASKED)) == {*PLAYERS, *CAUSAL_PLAYERS}
    assert playing(exercise()) == PLAYERS
    assert games.outlook(ASKED.model_copy(update={"policy": Policy(attempts=1)})).is_safe


class Knows:
    """Knows the heads by their pattern, and claims them all."""

    def __init__(self, heads: Sequence[tuple[str, HeadIndex]]) -> None:
        self.heads = heads

    def guesses(self) -> list[tuple[str, int]]:
        return [(name, layer * HEADS + head) for name, (layer, head) in self.heads]

    def learn(self, shown: Report) -> None:
        pass


def test_who_knows_the_patterns_and_tosses_a_coin_for_importance_gets_a_part_of_the_points() -> None:
    pattern = [("positional:-1", BACK), *(("induction", place) for place in TRUE_HEADS)]
    tossed = [_one(pattern, number) for number in range(GAMES)]
    right = [*together(TOGETHER), claim(*BACK, "positional", matters="alone")]
    known = grade(Submission(exercise=ASKED.id, claims=tuple(right)), ASKED, TABLE, causal=Planted())

    assert known.score == 0.75  # all but the verbs and the circuits
    assert fmean(each.mean for each in tossed) < 0.15
    assert fmean(each.passed for each in tossed) <= games.MOST_PASSES


def _one(pattern: Sequence[tuple[str, HeadIndex]], number: int) -> games.GameResult:
    dress = partial(importance_at_random, ASKED, Random(number))  # noqa: S311 - to be repeatable
    board = games.Board(Standings(ASKED, TABLE), Planted(), dress)
    return games.game(ASKED, board, Knows(pattern), 1)[-1]


def together(heads: Sequence[HeadIndex]) -> Iterator[Any]:
    return (claim(*place, "induction", matters="together") for place in heads)


CHEAP = exercise({**INDUCTION, "passing": 5, "circuits": {**CIRCUITS, "points": 40}}, wrong_costs=3.0, kinds_needed=1)


def test_the_value_of_guessed_circuits_is_that_of_real_games() -> None:
    (play,) = (each for each in guessing.plays(CHEAP) if each.name == "3 circuits to induction at random")
    (one_head,) = (each for each in guessing.plays(CHEAP) if each.name == "3 circuits to induction from one head")
    at_random = list(_games(lambda random: random.sample(PAIRS, 3)))
    from_one = list(_games(lambda random: [(random.randrange(HEADS), place) for place in [TRUE_HEADS[:3]]]))

    assert fmean(at_random) == pytest.approx(play.score, abs=0.02)
    assert fmean(from_one) == pytest.approx(one_head.score, abs=0.02)


PAIRS = [(sender, (receiver,)) for sender in range(HEADS) for receiver in TRUE_HEADS]


def _games(draw: Callable[[Random], Sequence[tuple[int, Sequence[HeadIndex]]]]) -> Iterator[float]:
    """Yield the scores of circuits that are drawn, each on a claim that is not graded; the receivers are known."""
    whole = table(CHEAP, SCORES)
    standings, random = Standings(CHEAP, whole), Random(3)  # noqa: S311 - to be repeatable
    source = Planted(left={((0, 3), place): 0.0 for place in TRUE_HEADS})
    for _ in range(600):
        drawn = [((0, sender), place) for sender, receivers in draw(random) for place in receivers]
        claims = tuple(claim(*receiver, "positional", feeds=feeds(sender, receiver)) for sender, receiver in drawn)
        yield grade(Submission(exercise=CHEAP.id, claims=claims), CHEAP, whole, None, standings, source).score


def test_circuits_that_are_worth_guessing_are_refused_with_what_to_change() -> None:
    generous = changed(ASKED, ["induction.circuits.points=40", "induction.circuits.wanted=1"])
    complaint = guessing.complaint(generous)

    assert complaint.startswith("guessing pays: 1 circuits to induction at random earns 6.4 % of the score")
    points = int(complaint.partition("`circuits.points: ")[2].partition("`")[0])
    assert guessing.complaint(changed(generous, [f"induction.circuits.points={points}"])) == ""
    assert guessing.complaint(changed(generous, [f"induction.circuits.points={points + 1}"])) != ""


def test_the_games_plant_as_many_circuits_as_the_exercise_states() -> None:
    standings = Standings(ASKED, TABLE)
    source = PlantedCauses(ASKED, standings, Random(1))  # noqa: S311 - to be repeatable
    right = sum(
        _confirmed(source, standings, sender, receiver, into)
        for sender in ((0, head) for head in range(HEADS))
        for receiver in TRUE_HEADS
        for into in ("key",)
    )

    assert right == CIRCUITS["passing"]


def _confirmed(source: PlantedCauses, standings: Standings, sender: HeadIndex, receiver: HeadIndex, into: Into) -> bool:
    claims = (claim(*receiver, "induction", matters="alone", feeds=feeds(sender, receiver, into)),)
    report = grade(Submission(exercise=ASKED.id, claims=claims), ASKED, TABLE, None, standings, source)
    assert report.verdicts[0].outcome == "confirmed"
    return report.verdicts[0].circuit is not None and report.verdicts[0].circuit.result == "confirmed"


def test_random_circuits_leave_room_for_themselves_and_go_up() -> None:
    random = Random(5)  # noqa: S311 - to be repeatable
    claims = tuple(claim(layer, head, "induction") for layer in range(3) for head in range(5))
    dressed = circuits_at_random(ASKED, random, claims)
    found = [each.feeds for each in dressed if each.feeds is not None]

    assert len(dressed) + len(found) <= ASKED.budget
    assert found
    assert all(isinstance(each, Feeds) and each.sender.layer < each.receiver.layer for each in found)
    assert _all_valid(ASKED, dressed)


def _all_valid(asked: Exercise, claims: Sequence[Any]) -> bool:
    again = Submission.model_validate_json(Submission(exercise=asked.id, claims=tuple(claims)).model_dump_json())
    return len(again.claims) == len(claims)
