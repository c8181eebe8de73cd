"""Verdicts on claims that a head matters: pattern first, then what is lost without it, alone or with its companions."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.base.errors import ExerciseError
from grader.base.language import speaking
from grader.grading import rationale
from grader.grading.causal_words import effect_sentence
from grader.grading.grade import grade, shown
from grader.measuring.tables.score_table import ScoreTable
from grader.report.formats import json
from grader.schema import Claim, Estimate, HeadIndex, Kind, Report, SetEffect, Submission, Verdict
from tests.support.planted_causes import (
    BACK,
    BEHAVIOUR,
    SCORES,
    TOGETHER,
    TRUE_HEADS,
    Planted,
    causal_exercise,
    places,
)
from tests.support.planted_tables import claim, table

ASKED = causal_exercise()
TABLE = table(ASKED, SCORES)
IDLE_HEAD = TRUE_HEADS[3]


def induction(place: HeadIndex, **more: object) -> Claim:
    return claim(*place, "induction", **more)


def graded(*claims: Claim, causal: Planted | None = None, on: ScoreTable = TABLE, **rule: object) -> Report:
    asked = causal_exercise(**rule)
    given_ = Submission(exercise=asked.id, student="ada", claims=claims)
    return grade(given_, asked, on, causal=causal or Planted())


def together(*heads: HeadIndex) -> list[Claim]:
    return [induction(place, matters="together") for place in heads]


def said(verdict: Verdict) -> str:
    """Return what was seen of a head's importance."""
    assert verdict.matters is not None
    return verdict.matters.rationale


def outcomes(verdicts: Sequence[Verdict]) -> list[str]:
    return [verdict.outcome for verdict in verdicts]


def test_a_head_that_is_needed_alone_is_confirmed_with_both_replacements_and_its_level() -> None:
    (verdict,) = graded(claim(*BACK, "positional", matters="alone")).verdicts

    assert (verdict.outcome, verdict.points, verdict.level) == ("confirmed", 20, "pattern, needed alone")
    assert verdict.matters is not None
    assert (verdict.matters.importance, verdict.matters.needed_at) == ("needed alone", 0.1)
    assert [each.heads for each in verdict.matters.effects] == [verdict.matters.effects[0].heads]
    assert verdict.scope is not None
    assert verdict.writes is not None
    assert verdict.rationale == (
        "L0H3 has the pattern of positional, offset -1: share on random 0.95; needed 0.40. L0H3 is needed alone."
    )
    assert said(verdict) == (
        "L0H3 is needed alone. Asked for is a loss of 10 % of the behaviour, under both replacements. Without L0H3, "
        "this much of 14.67 nats is lost: resampled 12.70 (interval 12.65 to 12.75); by the mean 7.62 (interval 7.57 "
        "to 7.67). "
        "There is no control: too few heads do not score on the kind."
    )


def test_heads_that_are_needed_together_are_confirmed_and_one_that_adds_nothing_is_told_why_that_can_be() -> None:
    report = graded(*together(*TOGETHER, IDLE_HEAD))
    *right, idle = report.verdicts

    assert outcomes(report.verdicts) == ["confirmed"] * 3 + ["refuted"]
    assert {verdict.level for verdict in right} == {"pattern, needed together"}
    assert idle.matters is not None
    assert (idle.level, idle.matters.importance, idle.looks_like) == ("pattern", "no effect seen", None)
    assert idle.rationale.startswith(
        "L1H3 has the pattern of induction: share on repeats 0.90; needed 0.60. L1H3 looks "
    )
    assert "is not seen to matter as claimed" in idle.rationale
    assert "other heads do the same, or later layers repair" in said(idle)
    assert "lower bound" in said(idle)
    assert right[0].rationale.endswith("L1H0 is needed together with L1H1 and L1H2.")
    assert "Companions that add nothing: L1H3." in said(right[0])
    assert [len(each.heads) for each in right[0].matters.effects] == [1, 4]  # alone, and with the companions


def test_one_induction_head_alone_is_not_needed() -> None:
    (verdict,) = graded(induction(TOGETHER[0], matters="alone")).verdicts

    assert (verdict.outcome, verdict.points) == ("refuted", 0)
    assert "claim them with it: `matters: together`" in said(verdict)
    assert not any(f"L1H{head}" in verdict.model_dump_json() for head in (1, 2, 3, 4))  # no answer key


def test_named_companions_are_the_set_and_only_claimed_ones_with_the_pattern_count() -> None:
    named = induction(TOGETHER[0], matters="together", companions=places(TOGETHER[1], TOGETHER[2], (3, 3), (4, 4)))
    others = [induction(place, matters="together") for place in (*TOGETHER[1:], IDLE_HEAD, (3, 3))]
    report = graded(named, *others)
    matters = report.verdicts[0].matters

    assert matters is not None
    assert [each.index for each in matters.companions] == list(TOGETHER[1:])  # (3, 3) is refuted, (4, 4) not claimed
    assert matters.result == "confirmed"


def test_together_is_confirmed_for_a_head_that_is_needed_alone_if_it_adds_to_the_set() -> None:
    strong = Planted(alone={TRUE_HEADS[3]: 5.0})
    report = graded(*together(TRUE_HEADS[3], TRUE_HEADS[4]), causal=strong)

    assert outcomes(report.verdicts) == ["confirmed", "refuted"]
    assert "L1H3 is needed alone already." in said(report.verdicts[0])


def test_together_without_a_companion_is_refuted_and_says_what_to_write() -> None:
    (verdict,) = graded(claim(*BACK, "positional", matters="together")).verdicts

    assert verdict.outcome == "refuted"
    assert "L0H3 is needed alone already." in said(verdict)
    assert "`matters: alone`" in said(verdict)


def test_a_companion_that_is_too_close_to_call_leaves_the_claim_open() -> None:
    near = table(ASKED, {"induction": {TOGETHER[0]: 0.9, TOGETHER[1]: 0.61}}, half_width=0.05)
    report = graded(*together(*TOGETHER[:2]), on=near)

    assert [verdict.why_not for verdict in report.verdicts] == ["too_close", "too_close"]
    assert (report.points, report.gradable) == (0, False)


def test_a_companion_that_is_too_close_to_call_makes_no_wrong_claim_free() -> None:
    near = table(ASKED, {"induction": {TRUE_HEADS[3]: 0.9, TRUE_HEADS[4]: 0.61}}, half_width=0.05)
    report = graded(*together(TRUE_HEADS[3], TRUE_HEADS[4]), on=near)

    assert [verdict.outcome for verdict in report.verdicts] == ["refuted", "not_graded"]
    assert report.gradable


def test_a_claim_without_matters_is_not_graded_and_costs_nothing() -> None:
    source = Planted()
    (verdict,) = graded(induction(TOGETHER[0]), causal=source).verdicts

    assert (verdict.outcome, verdict.why_not, verdict.level) == ("not_graded", "no_evidence", "pattern")
    assert "`matters: alone`" in verdict.rationale
    assert source.asked == []


def test_a_pattern_that_is_refuted_or_too_close_asks_for_nothing_causal() -> None:
    source = Planted()
    near = table(ASKED, {"induction": {(2, 2): 0.6}}, half_width=0.05)
    report = graded(*together((2, 2), (3, 3)), causal=source, on=near)

    assert [(verdict.outcome, verdict.matters) for verdict in report.verdicts] == [
        ("not_graded", None),
        ("refuted", None),
    ]
    assert source.asked == []


def test_an_interval_that_holds_what_is_asked_is_too_close_to_call() -> None:
    close = Planted(alone={BACK: 0.1 * BEHAVIOUR / 0.6}, width=0.2)
    report = graded(claim(*BACK, "positional", matters="alone"), causal=close)
    (verdict,) = report.verdicts

    assert (verdict.outcome, verdict.why_not, report.points, report.gradable) == ("not_graded", "too_close", 0, False)
    assert "too close to call whether it matters" in verdict.rationale
    assert verdict.rationale.endswith("No points are lost.")


def test_an_effect_no_larger_than_that_of_other_heads_shows_nothing() -> None:
    (verdict,) = graded(claim(*BACK, "positional", matters="alone"), causal=Planted(control=13.0)).verdicts

    assert verdict.outcome == "refuted"
    assert "Other heads cost as much" in said(verdict)


def test_where_too_little_is_lost_the_control_is_not_the_reason() -> None:
    (verdict,) = graded(induction(TOGETHER[0], matters="alone"), causal=Planted(control=13.0)).verdicts

    assert "cost as much" not in said(verdict)
    assert "other heads do the same" in said(verdict)


def test_a_head_that_keeps_half_of_the_behaviour_is_enough_by_itself() -> None:
    claims = together(*TOGETHER)

    assert graded(*claims, causal=Planted(keeps=0.53)).verdicts[0].level == "pattern, needed and enough by itself"
    assert graded(*claims, causal=Planted(keeps=0.51)).verdicts[0].level == "pattern, needed together"


def test_a_loss_above_that_of_not_knowing_is_said() -> None:
    (verdict,) = graded(claim(*BACK, "positional", matters="alone"), causal=Planted(alone={BACK: 16.0})).verdicts

    assert "That is more than not knowing would cost" in said(verdict)


def test_without_all_confirmed_heads_of_a_kind_the_report_says_what_is_left_of_the_behaviour() -> None:
    source = Planted()
    report = graded(*together(*TOGETHER), claim(*BACK, "positional", matters="alone"), causal=source)
    (without,) = report.without

    assert (without.kind.name, [each.index for each in without.heads]) == ("induction", list(TOGETHER))
    assert without.left["resample"].value == pytest.approx(BEHAVIOUR - 9)
    assert without.left["resample"].interval == pytest.approx((BEHAVIOUR - 9.05, BEHAVIOUR - 8.95))
    assert without.left["mean"].value == pytest.approx(BEHAVIOUR - 0.6 * 9)


def test_where_causal_evidence_is_not_at_hand_grading_says_so() -> None:
    given_ = Submission(exercise=ASKED.id, student="ada", claims=tuple(together(*TOGETHER)))

    with pytest.raises(ExerciseError, match="planted-heads: a claim needs causal evidence, which is not at hand"):
        grade(given_, ASKED, TABLE)
    assert grade(given_.model_copy(update={"claims": (induction((1, 1)),)}), ASKED, TABLE).possible == 60


def test_verdicts_alone_hide_every_number_and_the_set() -> None:
    report = graded(*together(*TOGETHER, IDLE_HEAD), claim(*BACK, "positional"), feedback="verdicts")
    seen = shown(report)

    assert [verdict.rationale for verdict in seen.verdicts[:4]] == [
        *["Confirmed."] * 3,
        "Refuted: it looks like the kind, and is not seen to matter as claimed.",
    ]
    assert seen.verdicts[4].rationale.startswith("Not graded: this kind needs causal evidence as well.")
    assert {(each.matters, each.level, each.scope, each.writes) for each in seen.verdicts} == {(None,) * 4}
    assert seen.without == ()
    assert "nats" in json.render(report)
    assert "nats" not in json.render(seen)
    assert shown(report.model_copy(update={"feedback": "score"})).verdicts == ()


def test_the_rationale_is_made_again_from_the_kept_report() -> None:
    report = graded(*together(*TOGETHER, IDLE_HEAD), claim(*BACK, "positional"), claim(4, 4, "positional"))

    assert [rationale.in_words(verdict) for verdict in report.verdicts] == [each.rationale for each in report.verdicts]
    assert Report.model_validate_json(report.model_dump_json()) == report
    with speaking("ko"):
        assert rationale.in_words(report.verdicts[0])


def test_the_sentence_on_an_effect() -> None:
    effect = Planted(control=0.2).effect(induction(TOGETHER[0]).kind, TOGETHER)

    assert effect_sentence(effect) == (
        "Without L1H0, L1H1 and L1H2, this much of 14.67 nats is lost: resampled 9.00 (interval 8.95 to 9.05); by the "
        "mean 5.40 "
        "(interval 5.35 to 5.45). As many other heads of the same layers: resampled 0.20 at most; by the mean 0.20 at "
        "most."
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*TRUE_HEADS, BACK, (3, 3)]), st.sampled_from([None, "alone", "together"])),
        min_size=1,
        max_size=8,
        unique_by=lambda each: each[0],
    ),
    st.floats(0, 12),
)
def test_totals_follow_from_the_verdicts(heads: list[tuple[HeadIndex, Any]], alone: float) -> None:
    claims = [induction(place, **({} if word is None else {"matters": word})) for place, word in heads]
    report = graded(*claims, causal=Planted(alone={TRUE_HEADS[4]: alone}))
    right = [verdict for verdict in report.verdicts if verdict.outcome == "confirmed"]
    wrong = [verdict for verdict in report.verdicts if verdict.outcome == "refuted"]

    assert report.points == max(0, 15 * min(2, len(right)) - 6 * len(wrong))
    assert all(verdict.matters and verdict.matters.result == "confirmed" for verdict in right)
    assert all(verdict.matters is None or verdict.outcome == verdict.matters.result for verdict in report.verdicts)
    assert all(verdict.claim.matters for verdict in right)
    assert bool(report.without) == (len(right) > 1)


class Unmeasured(Planted):
    """A transformer without a head for predictions, of which nothing can be seen to get worse."""

    def effect(self, kind: Kind, heads: Sequence[HeadIndex]) -> SetEffect:
        """Return no effect."""
        found = super().effect(kind, heads)
        nothing = Estimate(value=0.0, interval=(0.0, 0.0))
        return SetEffect(kind=kind, measure="", heads=found.heads, behaviour=nothing, effect={}, control={})


@pytest.mark.parametrize("word", ["alone", "together"])
def test_where_nothing_can_be_measured_a_claim_is_not_graded(word: str) -> None:
    claims = [induction(place, matters=word) for place in TOGETHER]
    report = graded(*claims, causal=Unmeasured(), feedback="verdicts")
    (verdict, *_) = report.verdicts

    assert [(each.outcome, each.why_not) for each in report.verdicts] == [("not_graded", "no_evidence")] * 3
    assert "for which there is no causal measure. No points are lost." in verdict.rationale
    assert (report.points, report.gradable, report.without) == (0, False, ())
    assert shown(report).verdicts[0].rationale.startswith("Not graded: nothing can be measured that gets worse")
