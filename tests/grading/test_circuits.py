"""Verdicts on circuits: what is left of a receiver without its sender, into which input, for which points."""

import pytest

from grader.grading.causal_words import circuit_text
from grader.grading.circuits import pairs, passing
from grader.grading.grade import grade, shown
from grader.grading.standings import Standings
from grader.schema import CircuitVerdict, Claim, Report, Submission
from tests.support.planted_causes import BACK, CIRCUITS, SCORES, TRUE_HEADS, Planted, feeds
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, claim, exercise, table

ASKED = exercise(
    {**PREVIOUS, "heads": 1, "passing": 1}, {**INDUCTION, "points": 30, "passing": 5, "circuits": CIRCUITS}, budget=12
)
TABLE = table(ASKED, SCORES)
FIRST, SECOND, THIRD = TRUE_HEADS[:3]


def fed(receiver: tuple[int, int], sender: tuple[int, int] = BACK, into: str = "key") -> Claim:
    return claim(*receiver, "induction", feeds=feeds(sender, receiver, into))


def graded(*claims: Claim, causal: Planted | None = None, **rule: object) -> Report:
    asked = ASKED.model_copy(update=rule)
    given = Submission(exercise=asked.id, student="ada", claims=claims)
    return grade(given, asked, TABLE, causal=causal or Planted())


def circuit(report: Report, number: int = 0) -> CircuitVerdict:
    found = report.verdicts[number].circuit
    assert found is not None
    return found


def test_a_circuit_is_confirmed_with_points_of_its_own() -> None:
    report = graded(fed(FIRST))
    found = circuit(report)

    assert (found.result, found.points, found.kind.name) == ("confirmed", 5, "induction")
    assert (found.score, found.others, found.left_at_most) == (0.9, 0.8, 0.5)
    assert report.verdicts[0].points == 15  # its own claim stands apart
    assert (report.points, report.possible, report.wanted_circuits) == (20, 60, {"induction": 2})
    assert found.rationale == circuit_text(found)
    assert found.rationale == (
        "L0H3 feeds L1H0 as induction, into its key. Without L0H3, this is left of the receiver's score of 0.90: "
        "resampled "
        "0.03 (interval -0.02 to 0.08); by the mean 0.03 (interval -0.02 to 0.08); 0.45 at most is needed. Every "
        "other head of the sender's layer leaves 0.80 or more. If only what it adds to the key is replaced, 0.03 is "
        "left."
    )


@pytest.mark.parametrize(
    ("causal", "words"),
    [
        (Planted(left={}), "L0H3 is not seen to feed L1H0"),
        (Planted(left={(BACK, FIRST): 0.3, ((0, 0), FIRST): 0.1}), "other head of the sender's layer leaves 0.10"),
        (Planted(key=False), "What the sender writes goes into the receiver's other input."),
    ],
    ids=["nothing lost", "another head takes more", "into the query"],
)
def test_a_circuit_is_refuted_and_costs_like_a_claim(causal: Planted, words: str) -> None:
    report = graded(fed(FIRST), causal=causal)

    assert (circuit(report).result, circuit(report).points, report.points) == ("refuted", 0, 15 - 6)
    assert words in circuit(report).rationale
    assert report.verdicts[0].outcome == "confirmed"


def test_query_for_a_key_circuit_is_refuted_with_the_reason() -> None:
    found = circuit(graded(fed(FIRST, into="query")))

    assert found.result == "refuted"
    assert "If only what it adds to the query is replaced, 0.90 is left. What the sender" in found.rationale


@pytest.mark.parametrize(
    "causal",
    [
        Planted(left={(BACK, FIRST): 0.45}, width=0.1),
        Planted(left={(BACK, FIRST): 0.3, ((0, 0), FIRST): 0.35}),
    ],
    ids=["what may be left lies inside the interval", "another head's interval overlaps"],
)
def test_a_circuit_that_is_too_close_to_call_costs_nothing(causal: Planted) -> None:
    report = graded(fed(FIRST), causal=causal)

    assert (circuit(report).result, circuit(report).why_not, report.points) == ("not_graded", "too_close", 15)
    assert "No points are lost." in circuit(report).rationale


def test_where_direct_paths_are_not_known_the_total_effect_decides() -> None:
    report = graded(fed(FIRST, into="query"), causal=Planted(direct=False))

    assert circuit(report).result == "confirmed"


def test_exactly_what_may_be_left_is_enough() -> None:
    exact = Planted(left={(BACK, FIRST): 0.45}, width=0.0, direct=False)

    assert circuit(graded(fed(FIRST), causal=exact)).result == "confirmed"


def test_a_receiver_that_is_not_of_the_kind_refutes_and_nothing_is_traced() -> None:
    source = Planted()
    report = graded(claim(*BACK, "positional", feeds=feeds(BACK, (2, 2))), causal=source)

    assert circuit(report).result == "refuted"
    assert "L2H2 is not confirmed as induction" in circuit(report).rationale
    assert source.asked == []


def test_the_receivers_kind_is_the_one_that_it_is_confirmed_as() -> None:
    asked = exercise({**INDUCTION, "circuits": CIRCUITS}, {**SUBJECT, "circuits": CIRCUITS}, PREVIOUS, kinds_needed=1)
    whole = table(asked, {**SCORES, "syntactic:verb_subject": {(2, 2): 0.9}})
    standings = Standings(asked, whole)
    claims = tuple(claim(*BACK, "positional", feeds=feeds(BACK, receiver)) for receiver in ((1, 0), (2, 2), (3, 3)))
    kinds = [
        circuit(
            grade(Submission(exercise=asked.id, claims=(each,)), asked, whole, standings=standings, causal=Planted())
        ).kind.name
        for each in claims
    ]

    assert kinds == ["induction", "syntactic:verb_subject", "induction"]


def test_the_same_circuit_counts_once_and_into_the_other_input_is_another_claim() -> None:
    again = claim(*BACK, "positional", feeds=feeds(BACK, FIRST))
    report = graded(fed(FIRST), again, fed(SECOND, into="query"))

    assert [circuit(report, number).result for number in range(3)] == ["confirmed", "not_graded", "refuted"]
    assert circuit(report, 1).why_not == "repeated"
    assert report.points == 15 + 20 + 15 + 5 - 6


def test_circuits_beyond_the_wanted_ones_earn_nothing() -> None:
    report = graded(*map(fed, TRUE_HEADS[:4]))

    assert [circuit(report, number).points for number in range(4)] == [5, 5, 0, 0]
    assert report.points == 30 + 10


def test_each_circuit_takes_a_claim_of_the_budget() -> None:
    report = graded(fed(FIRST), fed(SECOND), budget=3)

    assert [circuit(report, number).why_not for number in range(2)] == [None, "over_budget"]
    assert report.verdicts[1].outcome == "confirmed"


def test_one_sender_for_several_receivers_is_one_guess() -> None:
    claims_alone = graded(claim(*FIRST, "induction"), claim(*SECOND, "induction"))
    one, two = graded(fed(FIRST), claim(*SECOND, "induction")), graded(fed(FIRST), fed(SECOND))
    p = 5 / 25

    assert claims_alone.luck == pytest.approx(p**2)  # 5 of 25 heads pass
    assert one.luck == pytest.approx(p**3)
    assert two.luck == pytest.approx(p**2 * (1 - (1 - p) ** 2), abs=1e-4)


def test_an_exercise_without_circuits_asks_for_no_causal_evidence() -> None:
    plain = exercise()
    report = grade(Submission(exercise=plain.id, claims=(fed(FIRST),)), plain, table(plain, SCORES))

    assert report.verdicts[0].circuit is None
    assert report.wanted_circuits == {}


def test_verdicts_alone_hide_what_is_left() -> None:
    report = graded(fed(FIRST), fed(SECOND, into="query"), feedback="verdicts")
    first, second = (circuit(shown(report), number) for number in range(2))

    assert (first.rationale, first.points, second.rationale) == ("Confirmed.", 5, "Refuted.")
    assert {(each.score, each.left, each.others) for each in (first, second)} == {(None, None, None)}


def test_a_receiver_that_is_too_close_to_call_leaves_the_circuit_open() -> None:
    near = table(ASKED, {"induction": {FIRST: 0.6}}, half_width=0.05)
    report = grade(Submission(exercise=ASKED.id, claims=(fed(FIRST),)), ASKED, near, causal=Planted())

    assert (circuit(report).why_not, report.gradable) == ("too_close", False)
    assert circuit(shown(report.model_copy(update={"feedback": "verdicts"}))).rationale.startswith("Not confirmed yet")


def test_what_an_exercise_states_of_its_circuits_can_be_counted() -> None:
    of_kind = Standings(ASKED, TABLE).by_kind["induction"]

    assert pairs(of_kind) == 25
    assert passing(of_kind, Planted()) == 5
    assert passing(of_kind, Planted(key=False)) == 5
    assert passing(of_kind, Planted(left={})) == 0


def test_without_direct_paths_the_other_input_is_a_repetition_in_points_and_luck() -> None:
    unknown = Planted(direct=False)
    report = graded(fed(FIRST), claim(*BACK, "positional", feeds=feeds(BACK, FIRST, "query")), causal=unknown)
    one, other = (graded(fed(FIRST), fed(SECOND, into=into), causal=unknown) for into in ("key", "query"))

    assert [circuit(report, number).result for number in (0, 1)] == ["confirmed", "not_graded"]
    assert (circuit(report, 1).why_not, circuit(report, 1).points) == ("repeated", 0)
    assert (circuit(other, 1).result, other.luck) == ("confirmed", one.luck)
