"""Outcomes, ranks, points and passes on score tables with planted scores."""

from typing import get_args

import pytest

from grader.base.errors import ExerciseError
from grader.grading.grade import grade, shown
from grader.grading.hashing import canonical, content_hash
from grader.grading.standings import Standings
from grader.measuring.tables.score_table import Resemblance, ScoreTable
from grader.report.formats import json
from grader.report.text.words import remarks
from grader.schema import Borderline, Evidence, Exercise, Feedback, Fit
from grader.students.hints import rungs
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, exercise, submission, table, with_reading

ASKED = exercise()
SCORES = {
    "positional:-1": {(0, 1): 0.95, (1, 0): 0.9, (1, 1): 0.85, (2, 2): 0.39},
    "induction": {(3, 3): 0.9, (3, 4): 0.8, (2, 2): 0.7},
    "syntactic:verb_subject": {(4, 4): 0.9, (0, 1): 0.61},
}
PLANTED = table(ASKED, SCORES)
PREV, INDUCE, VERB = "positional", "induction", "syntactic"


def test_confirmed_says_what_was_measured_against_what_was_needed() -> None:
    (verdict,) = grade(submission((1, 0, PREV)), ASKED, PLANTED).verdicts

    assert (verdict.outcome, verdict.borderline, verdict.points, verdict.help) == ("confirmed", False, 10, "")
    assert (verdict.rank, verdict.of, verdict.looks_like) == (2, 25, None)
    assert [(r.statistic, r.on, r.measured, r.at_least, r.result) for r in verdict.threshold] == [
        (statistic, on, 0.9, needed, "over")
        for statistic, needed in (("share", 0.4), ("hit_rate", 0.7))
        for on in ("random", "text")
    ]
    assert all(result.source for result in verdict.threshold)
    assert verdict.rationale == "L1H0 is confirmed as positional, offset -1: share on random 0.90; needed 0.40."


def test_refuted_says_why_with_a_hint() -> None:
    (verdict,) = grade(submission((2, 2, PREV)), ASKED, PLANTED).verdicts

    assert (verdict.outcome, verdict.points, verdict.rank) == ("refuted", 0, 4)
    assert verdict.rationale == "L2H2 is not confirmed as positional, offset -1: share on random 0.39; needed 0.40."
    assert "diagonal" in verdict.help


def test_the_exercise_may_bring_its_own_hint() -> None:
    asked = exercise({**PREVIOUS, "hint": "Look at layer 4."}, INDUCTION, SUBJECT)

    assert grade(submission((4, 0, PREV)), asked, PLANTED).verdicts[0].help == "Look at layer 4."


def test_one_slice_under_its_threshold_is_enough_to_refute() -> None:
    weak_on_text = with_reading(PLANTED, "positional:-1", (0, 1), ("share", "text"), (0.1, 0.1, 0.1))
    (verdict,) = grade(submission((0, 1, PREV)), ASKED, weak_on_text).verdicts

    assert verdict.outcome == "refuted"
    assert [result.on for result in verdict.threshold if result.result == "under"] == ["text"]
    assert verdict.measured is not None
    assert (verdict.measured.score, verdict.rank) == (0.1, 4)  # the worst slice is the score, and so the rank


def test_a_slice_that_does_not_decide_neither_refutes_nor_ranks() -> None:
    asked = exercise({"type": "duplicate_token", "heads": 1, "points": 10, "passing": 1}, PREVIOUS, SUBJECT)
    whole = table(asked, {"duplicate_token": {(0, 0): 0.9}})
    whole = with_reading(whole, "duplicate_token", (0, 0), ("share", "text"), (0.0, 0.0, 0.0))
    (verdict,) = grade(submission((0, 0, "duplicate_token")), asked, whole).verdicts

    assert (verdict.outcome, verdict.rank) == ("confirmed", 1)
    assert [result.on for result in verdict.threshold] == ["repeats"]
    assert verdict.measured is not None
    assert verdict.measured.score == 0.9


@pytest.mark.parametrize(
    ("rule", "measured", "outcome"),
    [
        ("in_favour", 0.55, "confirmed"),
        ("in_favour", 0.65, "confirmed"),
        ("as_measured", 0.55, "refuted"),
        ("as_measured", 0.65, "confirmed"),
        ("against", 0.55, "refuted"),
        ("against", 0.65, "refuted"),
    ],
)
def test_borderline_is_decided_by_the_exercises_rule(rule: Borderline, measured: float, outcome: str) -> None:
    asked = exercise(borderline=rule)
    whole = table(asked, {"induction": {(3, 3): measured}}, half_width=0.1)
    report = grade(submission((3, 3, INDUCE)), asked, whole)
    (verdict,) = report.verdicts

    assert (verdict.outcome, verdict.borderline, report.borderline) == (outcome, True, rule)
    assert "inside the interval" in verdict.rationale


def test_by_default_a_claim_is_not_decided_while_the_interval_holds_the_threshold() -> None:
    whole = table(ASKED, {"induction": {(3, 3): 0.7, (3, 4): 0.65, (1, 1): 0.8}}, half_width=0.1)
    report = grade(submission((3, 3, INDUCE), (1, 1, INDUCE), (0, 0, INDUCE), (3, 3, INDUCE)), ASKED, whole)
    first, *_, again = report.verdicts
    near = grade(submission((3, 4, INDUCE)), ASKED, whole).verdicts[0]

    assert [v.outcome for v in report.verdicts] == ["confirmed", "confirmed", "refuted", "not_graded"]
    assert (first.borderline, again.why_not) == (False, "repeated")
    assert (near.outcome, near.why_not, near.borderline, near.points) == ("not_graded", "too_close", True, 0)
    assert (near.rank, near.of, near.looks_like, near.help) == (3, 25, None, "")
    assert near.measured is not None
    assert [result.result for result in near.threshold] == ["borderline"]
    assert near.rationale == (
        "L3H4 is not confirmed yet as induction: share on repeats 0.65; the interval 0.55 to 0.75 holds the needed "
        "0.60. No points are lost."
    )


def test_a_claim_that_is_too_close_to_call_changes_no_total() -> None:
    whole = table(ASKED, {"induction": {(3, 3): 0.9, (3, 4): 0.62}, "positional:-1": {(0, 1): 0.95}}, half_width=0.05)
    decided = [(3, 3, INDUCE), (0, 1, PREV), (4, 4, VERB)]
    with_it, without = (grade(submission(*claims), ASKED, whole) for claims in ([*decided, (3, 4, INDUCE)], decided))
    totals = ("points", "score", "luck", "kinds_confirmed", "gradable", "passed", "xp")

    assert [getattr(with_it, name) for name in totals] == [getattr(without, name) for name in totals]
    assert with_it.luck < 1


def test_the_luck_of_a_decided_claim_is_that_among_the_heads_that_are_decided() -> None:
    near = {(0, head): 0.62 for head in range(5)}
    whole = table(ASKED, {"induction": {(3, 3): 0.9, **near}}, half_width=0.05)

    assert grade(submission((3, 3, INDUCE)), ASKED, whole).luck == 1 / 20


def test_claims_that_are_all_too_close_to_call_make_no_grade() -> None:
    whole = table(ASKED, {"induction": {(3, 3): 0.62, (3, 4): 0.58}}, half_width=0.05)
    report = grade(submission((3, 3, INDUCE), (3, 4, INDUCE)), ASKED, whole)

    assert (report.gradable, report.passed, report.xp, report.luck, report.points) == (False, False, 0, 1, 0)


def test_where_verdicts_hide_the_numbers_a_claim_that_is_too_close_says_so_without_them() -> None:
    asked = exercise(feedback="verdicts")
    whole = table(asked, {"induction": {(3, 3): 0.6123}}, half_width=0.0456)
    full = grade(submission((3, 3, INDUCE)), asked, whole)
    (verdict,) = shown(full).verdicts

    assert verdict.rationale == "Not confirmed yet: the interval is too wide. No points are lost."
    assert (verdict.why_not, verdict.threshold, verdict.measured) == ("too_close", (), None)
    assert "0.61" in json.render(full)
    assert "0.61" not in json.render(shown(full))


@pytest.mark.parametrize(("low", "said"), [(0.5951, "0.595 to 0.700"), (0.59996, "0.6000 to 0.7000")])
def test_an_interval_that_only_just_holds_the_threshold_is_told_with_more_decimals(low: float, said: str) -> None:
    whole = with_reading(table(ASKED, {}), "induction", (3, 3), ("share", "repeats"), (low, 0.65, 0.7))
    (verdict,) = grade(submission((3, 3, INDUCE)), ASKED, whole).verdicts

    assert f"the interval {said} holds the needed 0.60" in verdict.rationale


@pytest.mark.parametrize("rule", get_args(Borderline))
@pytest.mark.parametrize(
    ("low", "measured", "high", "outcome"),
    [(0.6, 0.7, 0.8, "confirmed"), (0.6, 0.6, 0.6, "confirmed"), (0.4, 0.5, 0.6, "refuted")],
)
def test_a_threshold_at_the_end_of_the_interval_is_not_inside(
    rule: Borderline, low: float, measured: float, high: float, outcome: str
) -> None:
    asked = exercise(borderline=rule)
    whole = with_reading(table(asked, {}), "induction", (3, 3), ("share", "repeats"), (low, measured, high))
    (verdict,) = grade(submission((3, 3, INDUCE)), asked, whole).verdicts

    assert (verdict.outcome, verdict.borderline) == (outcome, False)


def test_favour_does_not_reach_a_head_that_is_clearly_under_elsewhere() -> None:
    whole = table(ASKED, {"positional:-1": {(0, 1): 0.7}}, half_width=0.1)
    whole = with_reading(whole, "positional:-1", (0, 1), ("share", "text"), (0.0, 0.1, 0.2))
    (verdict,) = grade(submission((0, 1, PREV)), ASKED, whole).verdicts

    assert (verdict.outcome, verdict.borderline) == ("refuted", False)


def test_an_exercises_own_threshold_decides_and_is_named() -> None:
    own = {"statistic": "share", "at_least": 0.95, "source": "measured here"}
    asked = exercise(PREVIOUS, {**INDUCTION, "thresholds": (own,)}, SUBJECT)
    (verdict,) = grade(submission((3, 3, INDUCE)), asked, PLANTED).verdicts

    assert verdict.outcome == "refuted"
    assert [(result.at_least, result.source) for result in verdict.threshold] == [(0.95, "measured here")]


@pytest.mark.parametrize("more", [{"slices": ("repeat",)}, {"slices": ("repeats", "txt")}])
def test_a_threshold_on_a_slice_that_is_not_there_is_an_error(more: dict[str, object]) -> None:
    """With nothing to compare, every head would pass."""
    own = {"statistic": "share", "at_least": 0.5, "source": "measured here", **more}
    asked = exercise(PREVIOUS, {**INDUCTION, "thresholds": (own,)}, SUBJECT)

    with pytest.raises(ExerciseError, match=r"induction asks for share on .*; measured on: repeats"):
        grade(submission((3, 3, INDUCE)), asked, PLANTED)


def test_a_threshold_on_a_statistic_that_is_not_measured_is_an_error() -> None:
    bare = PLANTED.scores(ASKED.kinds[1].kind)
    assert bare is not None
    (part,) = bare.slices
    no_lift = part.model_copy(update={"statistics": part.statistics[:3]})
    kinds = [k if k is not bare else bare.model_copy(update={"slices": (no_lift,)}) for k in PLANTED.kinds]
    own = {"statistic": "lift", "at_least": 2.0, "source": "measured here"}
    asked = exercise(PREVIOUS, {**INDUCTION, "thresholds": (own,)}, SUBJECT)

    with pytest.raises(ExerciseError, match="measured on: nothing"):
        grade(submission((3, 3, INDUCE)), asked, PLANTED.model_copy(update={"kinds": tuple(kinds)}))


def test_ranks_are_by_score_and_ties_by_place() -> None:
    ranks = Standings(ASKED, PLANTED).ranks["positional:-1"]

    assert sorted(ranks, key=ranks.__getitem__)[:6] == [(0, 1), (1, 0), (1, 1), (2, 2), (0, 0), (0, 2)]
    assert sorted(ranks.values()) == list(range(1, 26))


def test_a_head_that_is_not_there_stands_nowhere() -> None:
    of_kind = Standings(ASKED, PLANTED).by_kind["induction"]

    assert (len(of_kind), len(list(of_kind))) == (25, 25)
    assert (5, 0) not in of_kind
    assert of_kind.get((0, -1)) is None


def test_what_is_kept_from_one_report_to_the_next_changes_none() -> None:
    """The same claims with other notes, in another order, and after others that took their points."""
    standings = Standings(ASKED, PLANTED)
    submissions = [
        submission((0, 1, PREV), (1, 0, PREV), (1, 1, PREV)),
        submission((1, 1, PREV), (2, 2, INDUCE), (0, 1, PREV), note="100 %s", evidence="a\0b"),
        submission((1, 1, PREV), (1, 0, PREV), (0, 1, PREV)),
    ]

    assert [grade(each, ASKED, PLANTED, None, standings) for each in submissions] == [
        grade(each, ASKED, PLANTED) for each in submissions
    ]


def test_evidence_stays_with_its_claim() -> None:
    seen = Evidence(text="a a", tokens=("a", "a"), share=0.5, queries=1)
    report = grade(submission((4, 0, PREV), (3, 3, INDUCE)), ASKED, PLANTED, {1: seen})

    assert [verdict.evidence for verdict in report.verdicts] == [None, seen]


def test_the_same_three_give_the_same_bytes_and_are_left_as_they_were() -> None:
    sent = submission((0, 1, PREV), (2, 2, PREV), (3, 3, INDUCE), (4, 4, VERB))
    before = [record.model_dump_json() for record in (sent, ASKED, PLANTED)]
    first, second = grade(sent, ASKED, PLANTED), grade(sent, ASKED, PLANTED)

    assert canonical(first) == canonical(second)
    assert first.content_hash == second.content_hash == content_hash(first)
    assert [record.model_dump_json() for record in (sent, ASKED, PLANTED)] == before


def test_the_report_says_what_it_takes_to_repeat_it() -> None:
    report = grade(submission((0, 1, PREV)), ASKED, PLANTED)

    assert (report.exercise, report.exercise_version, report.transformer, report.seed) == (
        *("planted-heads", 3, "planted", 7),
    )
    assert (report.table, report.transformer_digest) == (PLANTED.key, PLANTED.digest)
    assert report.wanted == {"positional:-1": 2, "induction": 2, "syntactic:verb_subject": 1}


@pytest.mark.parametrize(
    ("claims", "why", "message"),
    [
        ([(0, 1, "semantic")], "not_asked", "planted-heads does not ask for semantic"),
        ([(5, 0, PREV)], "no_such_head", "planted has no head L5H0"),
        ([(0, 5, PREV)], "no_such_head", "planted has no head L0H5"),
        ([(0, 1, PREV), (0, 1, "previous_token")], "repeated", "it repeats an earlier claim"),
        (
            [*((n, 0, PREV) for n in range(5)), *((n, 1, PREV) for n in (0, 1))],
            "over_budget",
            "planted-heads grades 6 claims at most",
        ),
    ],
)
def test_what_cannot_be_graded_says_why_and_costs_nothing(
    claims: list[tuple[int, int, str]], why: str, message: str
) -> None:
    *before, last = grade(submission(*claims), ASKED, PLANTED).verdicts

    assert (last.outcome, last.why_not, last.rationale) == ("not_graded", why, f"Not graded: {message}.")
    assert (last.points, last.measured, last.threshold, last.rank) == (0, None, (), None)
    assert all(verdict.outcome != "not_graded" and verdict.why_not is None for verdict in before)


def test_what_is_not_graded_uses_up_no_budget() -> None:
    asked = exercise(budget=1)
    report = grade(submission((0, 1, "semantic"), (9, 9, PREV), (0, 1, PREV)), asked, PLANTED)

    assert [verdict.outcome for verdict in report.verdicts] == ["not_graded", "not_graded", "confirmed"]


@pytest.mark.parametrize(("feedback", "verdicts"), [("verdicts", 3), ("score", 0)])
def test_shown_hides_the_numbers_that_would_be_an_oracle(feedback: Feedback, verdicts: int) -> None:
    seen = Evidence(text="a a", tokens=("a", "a"), share=0.4321, queries=1)
    sent = submission((0, 1, PREV), (2, 2, PREV), (0, 0, "semantic"))
    full = grade(sent, exercise(feedback=feedback), PLANTED, {0: seen})
    less = shown(full)

    assert len(less.verdicts) == verdicts
    text = json.render(less)
    assert all(number in json.render(full) and number not in text for number in ("0.95", "0.39", "0.4321"))
    assert all(word not in text for word in ("at_least", '"queries"', "needed 0"))
    assert [(v.measured, v.rank, v.of, v.looks_like, v.evidence, v.threshold) for v in less.verdicts] == (
        [(None, None, None, None, None, ())] * verdicts
    )
    expected = ["Confirmed.", "Refuted.", full.verdicts[2].rationale][:verdicts]
    assert [verdict.rationale for verdict in less.verdicts] == expected
    assert [verdict.why_not for verdict in less.verdicts] == [None, None, "not_asked"][:verdicts]
    assert (less.score, less.passed, less.content_hash) == (full.score, full.passed, full.content_hash)


def test_with_all_feedback_everything_is_shown() -> None:
    report = grade(submission((0, 1, PREV)), ASKED, PLANTED)

    assert shown(report) == report


def fitting(agreement: float, asked: Exercise = ASKED, chance: float = 0.1) -> ScoreTable:
    """The planted table; under previous token, L2H2 agrees with the two-back head on this part of the queries."""
    whole = table(asked, SCORES)
    grid = tuple(tuple(agreement if (layer, head) == (2, 2) else 0.0 for head in range(5)) for layer in range(5))
    fits = Resemblance(name="two-back head", value=grid, chance=chance)
    first, *others = whole.kinds
    return whole.model_copy(update={"kinds": (first.model_copy(update={"resemblances": (fits,)}), *others)})


def test_refuted_names_the_look_alike_that_the_head_fits() -> None:
    report = grade(submission((2, 2, PREV)), ASKED, fitting(0.9))
    (verdict,) = report.verdicts

    assert verdict.fits == Fit(lookalike="two-back head", knows="It looks two tokens back.", agreement=0.9)
    assert [(each.label, each.text) for each in remarks(verdict) if each.label == "Fits"] == [
        ("Fits", "the look-alike two-back head, on 90 % of the queries. It looks two tokens back.")
    ]
    assert b'"fits"' in canonical(report)


@pytest.mark.parametrize(
    ("agreement", "chance"),
    [(0.45, 0.1), (0.9, 0.6), (0.39, 0.0)],
)
def test_a_head_that_fits_no_look_alike_well_has_none_named(agreement: float, chance: float) -> None:
    """Chance explains it, or the head hits its targets as often."""
    report = grade(submission((2, 2, PREV)), ASKED, fitting(agreement, chance=chance))

    assert report.verdicts[0].fits is None
    assert b'"fits"' not in canonical(report)  # as in reports from before look-alikes were compared


def test_a_confirmed_claim_names_no_look_alike() -> None:
    assert grade(submission((1, 0, PREV)), ASKED, fitting(0.9)).verdicts[0].fits is None


@pytest.mark.parametrize(
    ("asked", "fits"),
    [(ASKED, True), (exercise(PREVIOUS, INDUCTION, {**PREVIOUS, "offset": -2, "heads": 1, "passing": 1}), False)],
)
def test_a_look_alike_that_is_of_another_asked_kind_is_not_named(asked: Exercise, fits: bool) -> None:
    """Else the answer to a question would stand in the report on another."""
    (verdict,) = grade(submission((2, 2, PREV)), asked, fitting(0.9, asked)).verdicts

    assert (verdict.fits is not None) == fits


def test_hints_name_the_look_alike_of_a_refuted_claim() -> None:
    report = grade(submission((2, 2, PREV)), ASKED, fitting(0.9))
    before, after = (
        next(rung for rung in rungs(ASKED, ASKED.kinds[0], last) if rung.name == "alike") for last in (None, report)
    )

    assert after.lines == (
        *before.lines,
        "Your L2H2 fits the look-alike two-back head. It looks two tokens back.",
    )


def test_hints_do_not_tell_what_the_feedback_hides() -> None:
    secretive = exercise(feedback="score")
    report = grade(submission((2, 2, PREV)), secretive, fitting(0.9))

    assert rungs(secretive, secretive.kinds[0], report) == rungs(secretive, secretive.kinds[0])
