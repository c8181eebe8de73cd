"""The XP that a ledger adds up to."""

from datetime import timedelta

import pytest

from grader.ledger.entry import LedgerEntry
from grader.ledger.people.hints import Hint
from grader.students.achievements import catalogue
from grader.students.xp import progress
from tests.support.ledgers import START, earned, ledger, refuted, regrade, report, verdict


def test_an_empty_ledger_is_a_token_with_everything_ahead() -> None:
    reached = progress([])

    assert (reached.xp, reached.level, reached.level_name) == (0, 0, "Token")
    assert (reached.xp_into_level, reached.xp_to_next) == (0, 120)
    assert reached.earned == ()
    assert reached.open == catalogue().achievements
    assert set(reached.reached.values()) == {0}
    assert reached.history == ()


@pytest.mark.parametrize(
    ("points", "level", "name", "into", "to_next"),
    [(119, 0, "Token", 119, 1), (120, 1, "Embedding", 0, 120), (1320, 11, "Transformer", 0, 120)],
)
def test_a_level_is_120_xp(points: int, level: int, name: str, into: int, to_next: int) -> None:
    reached = progress(ledger(report(verdict((5, 5), points=points), possible=2000, score=1.0)))

    assert (reached.level, reached.level_name) == (level, name)
    assert (reached.xp_into_level, reached.xp_to_next) == (into, to_next)


def test_past_the_last_name_the_levels_still_count() -> None:
    reached = progress(ledger(report(verdict((5, 5), points=3000), possible=3000, score=1.0)))

    assert (reached.level, reached.level_name) == (25, catalogue().levels[-1])


def test_a_claim_earns_once_whatever_else_is_submitted_with_it() -> None:
    again = ledger(
        report(verdict((5, 5)), verdict((6, 9))),
        report(verdict((5, 5)), refuted((0, 0))),
        report(verdict((5, 5)), verdict((5, 5), kind="semantic")),
    )

    assert [line.xp_change for line in progress(again).history] == [20, 0, 10]
    assert progress(again).xp == 30


def test_the_same_head_earns_again_in_another_exercise() -> None:
    assert progress(ledger(report(verdict((5, 5))), report(verdict((5, 5)), exercise="gpt2-heads"))).xp == 20


def test_refuted_and_ungraded_claims_earn_nothing() -> None:
    wrong = report(refuted((0, 0)), verdict((0, 1), points=0, outcome="not_graded"), xp=5)

    assert progress(ledger(wrong)).xp == 0


def test_a_report_that_may_be_luck_earns_neither_xp_nor_achievements() -> None:
    reached = progress(ledger(report(*(verdict((0, head)) for head in range(10)), xp=0)))

    assert reached.xp == 0
    assert reached.earned == ()


def test_one_exercise_never_earns_more_than_is_possible() -> None:
    many = ledger(*(report(verdict((0, head), points=30)) for head in range(12)))

    assert [line.xp for line in progress(many).history] == [30, 60, 90, *[100] * 9]


def test_heads_beyond_those_that_are_wanted_earn_nothing() -> None:
    again = ledger(*(report(verdict((0, head)), wanted={"induction": 2}) for head in range(4)))

    assert [line.xp_change for line in progress(again).history] == [10, 10, 0, 0]


def test_thirds_of_a_kind_add_up_to_the_whole() -> None:
    thirds = [verdict((0, head), points=10 / 3) for head in range(3)]

    assert progress(ledger(*(report(third) for third in thirds))).xp == 10
    assert progress(ledger(report(*thirds))).xp == 10


def test_a_regrade_takes_the_place_of_the_report_and_the_history_says_so() -> None:
    before = ledger(report(verdict((5, 5)), verdict((6, 9))), report(verdict((7, 2))))

    down = progress([*before, regrade(before[0], report(verdict((5, 5)), refuted((6, 9))), 3)])
    assert [(line.xp_change, line.xp) for line in down.history] == [(20, 20), (10, 30), (-10, 20)]
    assert (down.history[2].regraded, down.history[2].reason) == (True, "threshold 0.6 -> 0.5")

    up = progress([*before, regrade(before[0], report(verdict((5, 5)), verdict((6, 9), points=40)), 3)])
    assert [line.xp_change for line in up.history] == [20, 10, 30]


def test_a_regrade_of_a_regrade_leaves_only_the_last() -> None:
    before = ledger(report(verdict((5, 5))))
    second = regrade(before[0], report(refuted((5, 5))), 2)
    third = LedgerEntry(3, second.submission, report(verdict((5, 5), points=7)), START, second.id, "appeal")

    assert [line.xp for line in progress([*before, second, third]).history] == [10, 0, 7]


def test_a_regrade_can_take_an_achievement_back_and_dates_it_by_the_submission() -> None:
    before = ledger(report(refuted((5, 5)), passed=False))
    better = regrade(before[0], report(verdict((5, 5))), 2)
    worse = LedgerEntry(3, "s1", report(refuted((5, 5))), START, 2, "mistaken")

    assert {one.when for one in progress([*before, better]).earned} == {before[0].created_at}
    assert earned(progress([*before, better, worse])) == set()


def test_progress_belongs_to_one_student() -> None:
    with pytest.raises(ValueError, match="2 students"):
        progress(ledger(report(student="ada"), report(student="bob")))


def test_a_report_that_tells_no_claims_earns_what_it_says_and_no_more_beside_others() -> None:
    """Such a report comes back from a queue if the exercise shows only the score."""
    told = report(verdict((5, 5)), verdict((6, 9)))
    untold = told.model_copy(update={"verdicts": ()})

    assert progress(ledger(untold)).xp == 20
    assert progress(ledger(untold, told, untold)).xp == 20


def hint(minutes: float, cost: int = 15, rung: str = "look") -> Hint:
    return Hint("mini-heads", "induction", rung, cost, START + timedelta(minutes=minutes))


def test_a_hint_takes_what_it_costs_once_and_the_history_says_when() -> None:
    hints = [hint(1.5), hint(1.7), hint(9, cost=0, rung="where")]
    reached = progress(ledger(report(verdict((5, 5), points=40)), report(verdict((6, 9)))), hints)

    assert [(line.xp_change, line.xp) for line in reached.history] == [(40, 40), (10, 35)]
    assert [(line.when, line.kind, line.cost, line.xp_change, line.xp) for line in reached.hints] == [
        (hints[0].when, "induction", 15, -15, 25)
    ]
    assert reached.xp == 35


def test_xp_never_fall_below_zero_and_what_is_not_there_is_owed() -> None:
    reached = progress(ledger(report(verdict((5, 5))), report(verdict((6, 9)))), [hint(0)])

    assert [line.xp_change for line in reached.hints] == [0]
    assert [(line.xp_change, line.xp) for line in reached.history] == [(0, 0), (5, 5)]
    assert reached.xp == 5


def test_how_far_an_open_achievement_has_come_is_told() -> None:
    reached = progress(ledger(report(*(verdict((0, head), evidence="so it goes") for head in range(2)))))

    assert reached.reached["seen-with-own-eyes"] == 2
    assert set(reached.reached) == {one.id for one in reached.open}
