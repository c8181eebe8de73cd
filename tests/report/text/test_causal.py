"""Causal evidence in words and as text for a terminal, from planted effects."""

import json
from typing import Any

import pytest

from grader.base.language import _, speaking
from grader.grading.causal_words import circuit_text
from grader.report import needs
from grader.report.text import ablation, causal
from grader.report.text.ablation import Ablation
from grader.report.text.labels import cells
from grader.schema import Report
from tests.report.conftest import CONFIRMED
from tests.support import planted_effects as planted
from tests.support.planted_calibration import RULE

ONE = Ablation(RULE, planted.single((0, 0)), planted.TOGETHER, {(0, 0): planted.SCOPE}, planted.WRITES)
FOUR = Ablation(RULE, planted.TOGETHER)


def seen(shown: Ablation) -> dict[str, Any]:
    return dict(json.loads(ablation.as_json(shown)))


def test_the_numbers_of_a_set_under_each_replacement() -> None:
    told = seen(FOUR)

    assert (told["exercise"], told["transformer"], told["kind"], told["unit"]) == (
        "planted-heads", "planted", "induction", "nats",
    )  # fmt: skip
    assert told["heads"] == [{"layer": layer, "head": head} for layer, head in planted.FOUR]
    assert told["effect"]["resample"] == {"value": 7.65, "interval": [7.45, 7.85]}
    assert {*told["effect"]} == {"resample", "mean", "zero"}
    assert told["control"]["resample"] == {"value": 0.05, "most": 0.10, "sets": 20}
    assert [point["size"] for point in told["curve"]] == [1, 2, 3, 4]
    assert told["members"][0]["adds"]["mean"]["value"] == 3.0
    assert (told["outcome"], told["companions"], told["needed_at"]) == ("needed together", [], 0.1)


def test_one_head_is_shown_with_the_set_that_needs_it() -> None:
    told = seen(ONE)

    assert told["outcome"] == "needed together"
    assert told["companions"] == [{"layer": n, "head": n} for n in (1, 2, 3)]
    assert told["together"]["effect"]["resample"]["value"] == 7.65
    assert told["effect"]["resample"]["value"] == 0.12
    assert told["scope"] == [{"layer": 0, "head": 0, "value": 0.43, "interval": [0.40, 0.47]}]
    assert told["writes"]["rank"] == 13


def test_the_text_says_what_was_seen_and_what_to_keep_in_mind() -> None:
    text = " ".join(ablation.text(ONE).split())

    assert "L0H0 is needed together with L1H1, L2H2 and L3H3: without all of them, a large part" in text
    assert "Without L0H0 alone, less is lost, because the others do the same." in text
    assert "on ordinary text this kind explains 43 % of what the head attends to away from the first position" in text
    assert "the attended one has the median rank 13; it is among the first 5 on 34 % of the queries" in text
    assert "an effect is a lower bound" in text
    assert "Zero is a caution, for comparison only" in text


def test_the_text_of_a_set_has_its_effects_its_curve_and_its_heads() -> None:
    lines = ablation.text(FOUR).splitlines()

    assert lines[0] == "planted: L0H0, L1H1, L2H2 and L3H3, induction"
    (resampled,) = [line for line in lines if line.startswith("  resampled, from a run without the behaviour")]
    assert " ".join(resampled.split()).endswith("7.65 [7.45, 7.85] 52 % 0.05, at most 0.10 (20 sets)")
    assert any(line.split()[:3] == ["4", "+", "L3H3"] and "#" in line for line in lines)
    assert any(line.startswith("  L2H2") and "3.00 [2.80, 3.20]" in line and line.endswith("4 %") for line in lines)
    assert max(map(cells, lines)) <= 120


def test_a_set_without_a_control_says_so() -> None:
    alone = Ablation(RULE, planted.effect(planted.FOUR, planted.LOST, controlled=False))

    assert causal.NO_CONTROL in alone.sentences
    assert causal.NO_CONTROL not in FOUR.sentences


def test_a_loss_above_not_knowing_is_said_to_be_so() -> None:
    worse = Ablation(RULE, planted.effect(planted.FOUR, {"resample": 16.0, "mean": 9.4}))

    assert [line for line in worse.sentences if "worse than not knowing" in line]
    assert not [line for line in FOUR.sentences if "worse than not knowing" in line]


def test_heads_that_add_nothing_are_named() -> None:
    idle = planted.effect(planted.FOUR, planted.LOST, idle=[(2, 2)])

    assert "but L2H2 adds nothing to it" in Ablation(RULE, idle).sentences[0]


@pytest.mark.parametrize("importance", causal.IMPORTANCES)
def test_every_outcome_has_words(importance: Any) -> None:  # noqa: ANN401 - one of a literal's words
    need = needs.Need(planted.INDUCTION, importance)

    assert causal.outcome(need, [(0, 1)])
    assert causal.short(need) == importance


def test_a_trace_says_what_is_left_total_and_direct() -> None:
    text = ablation.trace_text(RULE, planted.TRACE)
    told = json.loads(ablation.trace_json(RULE, planted.TRACE))

    assert "L1H1, induction, scores 0.88 [0.82, 0.94] with nothing replaced" in text
    assert "left, direct into its key" in text
    assert "L0H1 0.03 [0.02, 0.05] 0.06 [0.05, 0.07] 0.11 [0.09, 0.13]" in " ".join(text.split())
    assert "Direct: only what it adds to one input" in " ".join(text.split())
    assert told["senders"][0].items() >= {"layer": 0, "head": 1, "left": 0.03, "interval": [0.02, 0.05]}.items()
    assert (told["kind"], told["score"], told["interval"]) == ("induction", 0.88, [0.82, 0.94])


def test_a_family_without_direct_effects_says_so() -> None:
    bare = planted.TRACE.senders[0].model_copy(update={"direct": {}})

    assert ablation.NO_DIRECT in ablation.trace_text(RULE, planted.TRACE.model_copy(update={"senders": (bare,)}))


def test_a_scan_lists_singles_before_sets_with_outcomes() -> None:
    told = json.loads(ablation.table_json(RULE, "k" * 64, planted.TABLE))
    of_induction = [each for each in told["effects"] if each["kind"] == "induction"]
    text = ablation.table_text(RULE, planted.TABLE)

    assert [len(each["heads"]) for each in of_induction] == [1, 1, 1, 1, 1, 4]
    assert {each["outcome"] for each in of_induction} == {"needed together", "no effect seen"}
    assert told["key"] == "k" * 64
    assert text.index("Heads alone") < text.index("Sets of heads")
    assert "needed together with L1H1, L2H2 and L3H3" in text
    assert "  L4H0" in text
    assert "  L4H4" not in text
    assert "and 1 more, each below 1 % of the behaviour; --format json lists them" in text


def test_a_verdict_without_causal_evidence_has_no_more_facts(report: Report) -> None:
    assert [list(causal.facts(verdict)) for verdict in report.verdicts] == [[]] * len(report.verdicts)
    assert causal.without(report) == []


def test_the_facts_of_a_verdict() -> None:
    verdict = CONFIRMED.model_copy(
        update={
            "level": "pattern, needed together",
            "matters": planted.MATTERS,
            "circuit": planted.CIRCUIT,
            "scope": planted.SCOPE,
            "writes": planted.WRITES,
        }
    )
    facts = dict(causal.facts(verdict))

    assert facts["Evidence"] == "pattern, needed together with others"
    assert facts["Effect"] == planted.MATTERS.rationale
    assert facts["Circuit"] == "L0H1 feeds L1H1."
    assert facts["Writes"].startswith("of 2508 tokens, the attended one has the median rank 13")
    assert facts["Scope"].startswith("on ordinary text this kind explains 43 %")


@speaking("ko")
def test_a_circuit_is_told_in_the_readers_language_with_its_numbers_only_if_they_are_shown() -> None:
    full = CONFIRMED.model_copy(update={"circuit": planted.CIRCUIT, "matters": planted.MATTERS})
    plain = planted.CIRCUIT.model_copy(update={"score": None, "left": None, "rationale": "Refuted."})
    hidden = CONFIRMED.model_copy(update={"circuit": plain, "measured": None})

    (_label, effect), (_label, circuit) = causal.facts(full)
    assert "7.65" in effect
    assert "0.03" in circuit
    assert [text for _label, text in causal.facts(hidden)] == [_("Refuted.")]


@speaking("ko")
def test_a_circuit_on_a_claim_that_is_not_graded_is_told_in_the_readers_language() -> None:
    ungraded = CONFIRMED.model_copy(update={"circuit": planted.CIRCUIT, "measured": None})

    assert [text for _label, text in causal.facts(ungraded)] == [circuit_text(planted.CIRCUIT)]


def test_what_is_left_without_all_heads_of_a_kind(report: Report) -> None:
    (line,) = causal.without(report.model_copy(update={"without": (planted.WITHOUT,)}))

    assert line.startswith("Without all induction heads found here (L0H0, L1H1, L2H2 and L3H3), 0.77 [0.57, 0.97]")
    assert "of 14.67 nats are left" in line
