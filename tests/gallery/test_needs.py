"""The sign at heads that were seen to matter: on the map, on cards, and on a claim's own page."""

from pathlib import Path

import pytest

from grader.gallery import showing
from grader.report.needs import Need
from grader.schema import Kind
from tests.gallery.conftest import build
from tests.gallery.planted import Class, places, right
from tests.support import planted_effects as planted

INDUCTION = Kind(type="induction")
FIRST, SECOND = places("induction")[:2]
ALONE, TOGETHER = "\N{BLACK UP-POINTING TRIANGLE}", "\N{WHITE UP-POINTING TRIANGLE}"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """A class in which one student's report confirms that a head matters."""
    there = Class(tmp_path_factory.mktemp("needs"))
    there.hand_in("ada", *right(0))
    report = there.report("bob", right(1))
    verdicts = tuple(
        verdict.model_copy(update={"matters": planted.MATTERS, "scope": planted.SCOPE})
        if verdict.claim.type == "induction"
        else verdict
        for verdict in report.verdicts
    )
    there.ledger.append(report.model_copy(update={"verdicts": verdicts}), "local")
    return there


def test_without_causal_evidence_there_is_no_sign(tmp_path: Path) -> None:
    there = Class(tmp_path)
    there.hand_in("ada", *right(0))
    site = build(there.gallery(), tmp_path / "site")

    assert not [page for page in site.rglob("*.html") if "need-sign" in page.read_text(encoding="utf-8")]


def test_a_verdict_or_what_was_measured_before_gives_a_head_its_sign(found: Class, tmp_path: Path) -> None:
    gallery = found.gallery()
    seen = {
        ("induction", FIRST): Need(INDUCTION, "needed alone"),
        ("rare_token", FIRST): Need(INDUCTION, "needed alone"),
    }
    vars(gallery.pictures[found.asked.id])["needs"] = seen
    site = build(gallery, tmp_path / "site")
    front = (site / "index.html").read_text(encoding="utf-8")
    entries = {page: page.read_text(encoding="utf-8") for page in (site / "entry").glob("*.html")}
    signs = sorted(sign for text in entries.values() for sign in (ALONE, TOGETHER) if f">{sign}</span>" in text)

    assert signs == [ALONE, TOGETHER]
    assert front.count(f'<span class="need-sign">{ALONE}</span>') == 1
    assert front.count(f'<span class="need-sign">{TOGETHER}</span>') == 1
    assert "Needed alone: without this head" in front
    assert "Needed together: without this head and others" in front
    (told,) = [text for text in entries.values() if TOGETHER in text]
    assert "<dt>Scope</dt>" in told
    assert "L3H3 is needed together with L1H1 and L2H2" in told


def test_what_was_seen_for_another_kind_is_no_sign_of_this_one(found: Class) -> None:
    (exhibit,) = [each for each in found.exhibits() if each.kind == INDUCTION and not each.verdict.matters]

    assert showing.need_of(exhibit, {("positional:-1", FIRST): Need(INDUCTION, "needed alone")}) is None
    assert showing.need_of(exhibit, {("induction", SECOND): Need(INDUCTION, "needed alone")}) is None
    assert showing.need_of(exhibit, {("induction", FIRST): Need(INDUCTION, "no effect seen")}) is None
