"""The guess rule: computed values are those of real games, and guessing pays in no shipped exercise."""

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from grader import exercises
from grader.base.errors import ExerciseError
from grader.exercises import guessing
from grader.exercises.thresholds import thresholds_of
from grader.grading.grade import grade
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import Exercise, Report
from tests.support.exercise_sample import TEXT, write
from tests.support.planted_tables import (
    HEADS,
    INDUCTION,
    LAYERS,
    PREVIOUS,
    SLICES,
    SUBJECT,
    exercise,
    submission,
    table,
    with_reading,
)

SHIPPED = sorted(
    path.parent.name for path in (Path(exercises.__file__).parents[2] / "exercises").glob("*/exercise.yaml")
)
HEADS_OF_ALL = [(layer, head) for layer in range(LAYERS) for head in range(HEADS)]
GAMES = 700

# Cheap mistakes, so that guessing pays enough to be measured; budget for every head under every kind.
EASY = exercise(PREVIOUS, INDUCTION, SUBJECT, wrong_costs=3.0, budget=75)
NAMES = {"positional:-1": "positional", "induction": "induction", "syntactic:verb_subject": "syntactic"}


OPEN = exercise(
    *({**kind, "too_close": number} for kind, number in ((PREVIOUS, 6), (INDUCTION, 4), (SUBJECT, 0))),
    wrong_costs=3.0,
    budget=75,
)
"""The same, with heads that are too close to call."""


def planted(asked: Exercise) -> ScoreTable:
    """Plant as many heads that pass and that are too close to call as the exercise states, at random places."""
    places = Random(5).sample(HEADS_OF_ALL, 10)  # noqa: S311 - to be repeatable
    scores = {
        kind.name: dict.fromkeys(places[: kind.passing], 0.9)
        | dict.fromkeys(places[kind.passing : kind.passing + kind.too_close], thresholds_of(kind)[0].at_least)
        for kind in asked.kinds
    }
    whole = table(asked, scores, half_width=0.01)
    for kind in asked.kinds:
        for place in places[kind.passing : kind.passing + kind.too_close]:
            for other in thresholds_of(kind)[1:]:
                for on in SLICES[kind.type]:
                    whole = with_reading(whole, kind.name, place, (other.statistic, on), (1.0, 1.0, 1.0))
    return whole


def games(asked: Exercise, claims: dict[str, int]) -> Iterator[Report]:
    """Yield reports on this many random claims of each kind, no claim twice."""
    random, whole = Random(11), planted(asked)  # noqa: S311 - to be repeatable
    for _ in range(GAMES):
        drawn = [(*place, NAMES[name]) for name, n in claims.items() for place in random.sample(HEADS_OF_ALL, n)]
        yield grade(submission(*drawn), asked, whole)


@pytest.mark.parametrize("asked", [EASY, OPEN], ids=["decided", "too close"])
@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("1 x induction at random", {"induction": 1}),
        ("4 x positional:-1 at random", {"positional:-1": 4}),
        ("3 over all kinds at random", dict.fromkeys(NAMES, 1)),
    ],
)
def test_what_is_reckoned_is_what_random_claims_bring_in(name: str, claims: dict[str, int], asked: Exercise) -> None:
    (reckoned,) = [play for play in guessing.plays(asked) if play.name == name]
    reports = list(games(asked, claims))

    for measured, expected in (
        ([report.score for report in reports], reckoned.score),
        ([report.xp / asked.points for report in reports], reckoned.xp),
    ):
        mean = sum(measured) / GAMES
        error = math.sqrt(sum((value - mean) ** 2 for value in measured) / GAMES**2)
        assert mean == pytest.approx(expected, abs=4 * error + 1e-4)
    assert reckoned.score >= 0.01


def test_claiming_everything_is_reckoned_exactly() -> None:
    """Every head under every kind: 6 right, 69 wrong. If these cost nothing, that is the full score, without XP."""
    free = exercise(PREVIOUS, INDUCTION, SUBJECT, wrong_costs=1e-9, budget=75)
    (reckoned,) = [play for play in guessing.plays(free) if play.name == "75 over all kinds at random"]
    report = grade(
        submission(*((*place, name) for name in NAMES.values() for place in HEADS_OF_ALL)), free, planted(free)
    )

    assert report.score == pytest.approx(reckoned.score, abs=1e-4)
    assert (reckoned.score, reckoned.xp) == (pytest.approx(1), 0)
    assert report.xp == 0


def test_heads_that_are_too_close_to_call_make_guessing_pay_more() -> None:
    for decided, is_open in zip(guessing.plays(EASY), guessing.plays(OPEN), strict=True):
        assert decided.name == is_open.name
        assert is_open.score >= decided.score - 1e-9
    best = [max(play.score for play in guessing.plays(asked)) for asked in (EASY, OPEN)]
    assert best[1] > best[0]


def test_claiming_nothing_is_worth_nothing() -> None:
    assert guessing.plays(EASY)[0] == guessing.Play("claim nothing", 0, 0)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_shipped_exercise_pays_a_guesser_for_any_number_of_claims(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADER_EXERCISES", raising=False)
    shipped = exercises.load(name)  # refuses
    worst = [
        play
        for size in range(1, shipped.budget + 1)
        for play in guessing.plays(shipped.model_copy(update={"budget": size}))
    ]

    assert {play.name for play in worst if play.score > guessing.MOST_SCORE} == set()
    assert {play.name for play in worst if play.xp > guessing.MOST_XP} == set()
    assert len({play.name.split()[0] for play in worst}) == shipped.budget + 1


def cheap(text: str) -> str:
    return text.replace("wrong_costs: 20", "wrong_costs: 0.01").replace("budget: 12", "budget: 432")


def generous(text: str) -> str:
    return text.replace(
        "positional, heads: 2, points: 10, passing: 3", "positional, heads: 2, points: 900, passing: 30"
    )


@pytest.mark.parametrize(("spoil", "names"), [(cheap, "score"), (generous, "positional:-1")])
def test_an_exercise_that_pays_guessers_is_refused_when_loaded(
    spoil: Callable[[str], str], names: str, tmp_path: Path
) -> None:
    assert exercises.load(write(tmp_path / "sound"))

    with pytest.raises(
        ExerciseError, match=r"guessing pays: .* earns \d.*% of the score .* accepted would be "
    ) as caught:
        exercises.load(write(tmp_path / "spoilt", spoil(TEXT)))

    assert names in str(caught.value)
    assert "exercise.yaml" in str(caught.value)


def test_xp_alone_is_reason_enough_to_refuse() -> None:
    """A single claim of a rare kind, right 1 time in 25, is within the luck limit, so it earns XP."""
    asked = exercise(PREVIOUS, INDUCTION, {**SUBJECT, "points": 60}, wrong_costs=100.0)
    xp = max(play.xp for play in guessing.plays(asked))

    assert max(play.score for play in guessing.plays(asked)) < guessing.MOST_SCORE
    assert xp > guessing.MOST_XP
    assert "of the XP" in guessing.complaint(asked)


def sized(asked: Exercise, layers: int, heads: int) -> Exercise:
    smaller = asked.transformer.model_copy(update={"layers": layers, "heads": heads})
    return asked.model_copy(update={"transformer": smaller})


ONE_KIND = sized(exercise({**INDUCTION, "heads": 1, "passing": 1}, kinds_needed=1), 3, 4)
TWO_LAYERS = sized(exercise({**PREVIOUS, "heads": 1, "passing": 1}, {**INDUCTION, "heads": 1, "passing": 1}), 2, 4)
REFUSED = {
    "one kind on 12 heads": ONE_KIND,
    "2 x 4 heads": TWO_LAYERS,
    "cheap mistakes": exercise(wrong_costs=0.1, budget=75),
    "one kind that is worth most": exercise(PREVIOUS, INDUCTION, {**SUBJECT, "points": 60}, wrong_costs=100.0),
    "mini-heads with cheap mistakes": exercises.load("mini-heads").model_copy(update={"wrong_costs": 1.0}),
}


def advised(asked: Exercise) -> Iterator[Exercise]:
    """Yield the exercise after each change, or after both changes of a pair, that the complaint names."""
    said = re.search(r"accepted would be (any one of )?(.*?)(; (changing|`policy)|$)", guessing.complaint(asked))
    assert said
    every = re.findall(r"`(\w+): (\d+)`(?: for (\S+))?", said[2])
    for group in [[each] for each in every] if said[1] else [every]:
        changed = asked
        for name, value, kind in group:
            changed = with_setting(changed, name, int(value), kind)
        yield changed


def with_setting(asked: Exercise, name: str, value: int, kind: str) -> Exercise:
    if not kind:
        return asked.model_copy(update={name: value})
    kinds = (each.model_copy(update={name: value}) if each.name == kind else each for each in asked.kinds)
    return asked.model_copy(update={"kinds": tuple(kinds)})


@pytest.mark.parametrize("asked", REFUSED.values(), ids=REFUSED)
def test_every_change_that_is_advised_is_accepted(asked: Exercise) -> None:
    assert guessing.paying(asked)
    changed = list(advised(asked))

    assert changed
    assert [guessing.complaint(each) for each in changed] == [""] * len(changed)


def test_the_advice_is_the_smallest_change_and_says_what_does_not_help() -> None:
    mini = REFUSED["mini-heads with cheap mistakes"]
    said = guessing.complaint(mini)

    assert "accepted would be any one of `wrong_costs: 2` (now 1), `heads: 3` for induction (now 2)" in said
    assert guessing.paying(mini.model_copy(update={"wrong_costs": 1.9})) == []  # whole numbers are advised
    assert "changing `budget` or `points` alone does not help" in said
    assert said.endswith("`policy.attempts` and `feedback` change nothing about a single attempt")


def test_more_wanted_heads_than_pass_are_advised_only_where_nothing_else_helps() -> None:
    assert "`heads: 2` for induction (now 1; 1 pass)" in guessing.complaint(ONE_KIND)


def test_where_no_setting_helps_the_advice_says_so() -> None:
    everywhere = sized(exercise({**INDUCTION, "passing": 4}, kinds_needed=1), 2, 2)

    assert "too many of the heads pass" in guessing.complaint(everywhere)
