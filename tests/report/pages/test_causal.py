"""Pages on causal evidence, and the sign at heads that were seen to matter, from planted effects."""

import re

import pytest

from grader.report import needs
from grader.report.formats import html
from grader.report.pages import calibration as calibration_page
from grader.report.pages import causal as pages
from grader.report.pages import scan as scan_page
from grader.report.text.ablation import Ablation
from grader.schema import Report
from tests.report.conftest import HOSTILE
from tests.support import planted_effects as planted
from tests.support.planted_calibration import RULE, calibration
from tests.support.planted_pages import standings

SEEN = needs.of_table(planted.TABLE, RULE)
ALONE, TOGETHER = "\N{BLACK UP-POINTING TRIANGLE}", "\N{WHITE UP-POINTING TRIANGLE}"


def signs(page: str) -> dict[str, str]:
    """Return the sign of each head that the map of a page marks."""
    cells = re.findall(r'title="(L\d+H\d+)[^"]*"><span aria-hidden="true">(?:(?!</td>).)*?class="need-sign">(.)<', page)
    return dict(cells)


def test_the_page_on_a_set_has_a_bar_for_each_replacement_and_each_size() -> None:
    page = pages.ablation(Ablation(RULE, planted.TOGETHER))

    assert page.count('<svg class="bar"') == 3 + 4
    assert page.count('class="mark"') == 2 + 4  # zero decides nothing
    assert page.count('<li class="caution">') == 1
    assert "7.65 [7.45, 7.85]" in page
    assert "52 % of the behaviour; control 0.05, at most 0.10 (20 sets)" in page
    assert '<th scope="row"><span class="place">L3H3</span></th><td>3.00 [2.80, 3.20]</td>' in page
    assert "default-src 'none'" in page


def test_the_page_on_one_head_names_its_companions() -> None:
    page = pages.ablation(Ablation(RULE, planted.single((0, 0)), planted.TOGETHER))

    assert "L0H0 is needed together with L1H1, L2H2 and L3H3" in page
    assert '<h2 id="curve">' not in page
    assert '<h2 id="members">' not in page


def test_the_page_of_a_trace_lists_the_senders() -> None:
    page = pages.trace(RULE, planted.TRACE)

    assert "What feeds L1H1, induction" in page
    assert page.index(">L0H1<") < page.index(">L0H0<")
    assert "Direct: only what it adds" in page


def test_the_page_of_a_scan_marks_heads_and_lists_effects() -> None:
    page = pages.table(RULE, standings(), planted.TABLE)

    assert signs(page) == {"L4H0": ALONE, **{f"L{n}H{n}": TOGETHER for n in range(4)}}
    assert "Sets of heads: induction" in page
    assert "Needed alone: without this head" in page


def test_a_page_on_effects_cleans_what_a_transformer_is_called() -> None:
    hostile = RULE.model_copy(update={"title": HOSTILE})

    assert "<script>alert" not in pages.ablation(Ablation(hostile, planted.TOGETHER))
    assert "\x1b" not in pages.trace(hostile, planted.TRACE)


def test_the_page_of_all_heads_marks_those_that_matter_and_says_so_in_words() -> None:
    page = scan_page.render(RULE, standings(), {}, SEEN)

    assert signs(page)["L4H0"] == ALONE
    assert "L1H1: induction, confirmed; score 0.88 (146.7 % of the threshold), rank 2 of 25; " in page
    assert "needed together with L0H0, L2H2 and L3H3, for induction" in page
    assert signs(scan_page.render(RULE, standings(), {})) == {}
    assert "Needed alone: without" not in scan_page.render(RULE, standings(), {})


def test_a_calibration_marks_them_with_a_sign_and_words() -> None:
    page = calibration_page.render(calibration(), SEEN)

    assert page.count('class="need-beside"') == 5
    assert f"{ALONE}</span> Needed alone: without this head" in page
    assert f"{ALONE}</span> needed alone</span></li>" in page
    assert 'need-beside" x' not in calibration_page.render(calibration())


def with_claims(report: Report, *, confirmed: bool) -> Report:
    """Return the report of planted heads in which the first claim says that its head matters."""
    result = "confirmed" if confirmed else "refuted"
    first = report.verdicts[0].model_copy(update={"matters": planted.MATTERS.model_copy(update={"result": result})})
    return report.model_copy(update={"verdicts": (first, *report.verdicts[1:])})


@pytest.fixture
def graded() -> Report:
    """A report that confirms one of two wanted induction heads."""
    from grader.grading.grade import grade
    from grader.schema import Submission
    from tests.support.planted_calibration import planted as scores
    from tests.support.planted_pages import CLAIMS

    rule = RULE.model_copy(update={"budget": 6})
    return grade(Submission(exercise=rule.id, claims=CLAIMS[:1]), rule, scores(), {}, standings())


def test_a_students_map_has_a_sign_only_for_what_the_report_may_show(graded: Report) -> None:
    """What is known of other heads would be the answer to the exercise."""
    told = html.render(graded, {}, RULE, standings(), SEEN)
    claimed = html.render(with_claims(graded, confirmed=True), {}, RULE, standings(), SEEN)
    refuted = html.render(with_claims(graded, confirmed=False), {}, RULE, standings(), SEEN)

    assert signs(told) == {}
    assert signs(claimed) == {"L0H0": TOGETHER}
    assert signs(refuted) == {}


def test_of_a_kind_that_is_found_as_a_whole_all_heads_have_their_sign(graded: Report) -> None:
    settled = graded.model_copy(update={"wanted": {**graded.wanted, "induction": 1}, "luck": 0.01})

    assert signs(html.render(settled, {}, RULE, standings(), SEEN)) == {f"L{n}H{n}": TOGETHER for n in range(3)}
    beside = {**SEEN, ("induction", planted.LONE): SEEN["positional:-1", planted.LONE]}
    assert "L4H0" not in signs(html.render(settled, {}, RULE, standings(), beside)), "it is of a kind to be found"
    hidden = settled.model_copy(update={"feedback": "verdicts"})
    assert signs(html.render(hidden, {}, RULE, standings(), SEEN)) == {}


def test_a_report_draws_the_effects_beside_the_pattern(graded: Report) -> None:
    page = html.render(with_claims(graded, confirmed=True), {}, RULE, standings())

    assert "Effect alone: L0H0" in page
    assert "Effect together: L0H0, L1H1, L2H2 and L3H3" in page
    assert page.count('class="mark"') >= 4 + len(graded.verdicts[0].threshold)
