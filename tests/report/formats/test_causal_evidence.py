"""Reports with causal evidence, in every format; those without are as they were."""

import json
from xml.etree import ElementTree

import pytest

from grader.report.formats import Format, Material, gradescope, junit, rendered, terminal
from grader.schema import Exercise, Report
from tests.report.conftest import CONFIRMED
from tests.support import planted_effects as planted

LABELS = ("Evidence", "Effect", "Circuit", "Writes", "Scope")
SEEN = CONFIRMED.model_copy(
    update={
        "level": "pattern, needed together",
        "matters": planted.MATTERS,
        "circuit": planted.CIRCUIT,
        "scope": planted.SCOPE,
        "writes": planted.WRITES,
    }
)


@pytest.fixture
def causal(report: Report) -> Report:
    """A report whose first verdict has every kind of causal evidence."""
    return report.model_copy(
        update={"verdicts": (SEEN, *report.verdicts[1:]), "without": (planted.WITHOUT,), "passed": True}
    )


def test_a_terminal_shows_pattern_and_causal_evidence_side_by_side(causal: Report, exercise: Exercise) -> None:
    text = terminal.render(causal, exercise)
    lines = [line.strip() for line in text.splitlines()]

    assert lines[2].startswith("Without all induction heads found here (L0H0, L1H1, L2H2 and L3H3), 0.77 [0.57,")
    assert [label for label in LABELS if any(line.startswith(f"{label}: ") for line in lines)] == list(LABELS)
    assert "Scope: on ordinary text this kind explains 43 % of what the head attends to" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= 80


def test_a_circuits_points_are_among_those_of_its_claim(causal: Report, exercise: Exercise) -> None:
    assert "(+15 points)" in terminal.render(causal, exercise)
    assert json.loads(gradescope.render(causal, exercise))["tests"][0]["score"] == 15


def test_a_refuted_circuit_costs_beside_what_its_claim_earns(causal: Report, exercise: Exercise) -> None:
    wrong = planted.CIRCUIT.model_copy(update={"result": "refuted", "points": 0.0})
    verdicts = (SEEN.model_copy(update={"circuit": wrong}), *causal.verdicts[1:])

    assert "(+10 points, costs 4 points)" in terminal.render(causal.model_copy(update={"verdicts": verdicts}), exercise)


@pytest.mark.parametrize("label", LABELS)
def test_platforms_get_it_as_lines(causal: Report, exercise: Exercise, label: str) -> None:
    output = json.loads(gradescope.render(causal, exercise))["tests"][0]["output"]
    cases = ElementTree.fromstring(junit.render(causal, exercise)).iter("testcase")  # noqa: S314 - our own output
    outs = {case.get("name"): case.findtext("system-out") or "" for case in cases}

    assert f"\n{label}: " in output
    assert f"\n{label}: " in outs["L4H11 positional, offset -1"]
    assert "Without all induction heads" in outs["passed"]


@pytest.mark.parametrize("form", [form for form in Format if form is not Format.json])
def test_a_report_without_it_says_nothing_of_it(report: Report, exercise: Exercise, form: Format) -> None:
    text = rendered(form, Material(report, exercise, to_file=True))

    assert not [label for label in ("Circuit", "Scope", "Without all") if f"{label}" in text]
