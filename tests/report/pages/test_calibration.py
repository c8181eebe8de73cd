"""A calibration as page, text and JSON: the same numbers in all three, and a page that needs no network."""

import json
import re
from html.parser import HTMLParser

import pytest

from grader.grading.calibration.calibrate import calibrate
from grader.grading.calibration.records import Calibration, KindCalibration
from grader.report.drawing.operating import curve_drawing
from grader.report.pages import calibration as calibration_page
from grader.report.text import calibration as as_text
from tests.support.planted_calibration import RULE, calibration, planted

FOUND = calibration()
TEXT = as_text.text(FOUND, every_head=True)
JSON = json.loads(FOUND.model_dump_json())
HTML = calibration_page.render(FOUND)
VOID = {"meta"}


class Article(HTMLParser):
    """The numbers and lists of heads that the page shows for each kind, by the kind's name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.numbers: dict[str, dict[str, set[str]]] = {}
        self.heads: dict[str, list[tuple[str, dict[str, str | None]]]] = {}
        self.text: dict[str, str] = {}
        self.name = ""
        self.feed(HTML)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag not in VOID:
            self.open.append((tag, values))
        if tag == "article":
            self.name = values["data-name"] or ""
        if tag == "li" and "data-place" in values:
            side = next(v["class"] for t, v in reversed(self.open) if t == "ol")
            self.heads.setdefault(self.name, []).append((side or "", values))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag
        if tag == "article":
            self.name = ""

    def handle_data(self, data: str) -> None:
        shown = self.open[-1][1].get("class") or "" if self.open else ""
        self.text[self.name] = self.text.get(self.name, "") + data
        if shown.startswith("n-"):
            self.numbers.setdefault(self.name, {}).setdefault(shown[2:], set()).add(data)


PAGE = Article()


def of_json(kind: KindCalibration) -> dict[str, object]:
    return next(each for each in JSON["kinds"] if each["name"] == kind.name)


def paragraph(kind: KindCalibration) -> str:
    """Return the paragraph of the text about a kind."""
    return next(part for part in TEXT.split("\n\n") if f"({kind.name})" in part.split("\n")[0])


@pytest.mark.parametrize("kind", FOUND.kinds, ids=lambda kind: kind.name)
def test_counts_are_the_same_in_page_text_and_json(kind: KindCalibration) -> None:
    told = of_json(kind)

    assert (told["confirmed"], told["in_noise"]) == (kind.confirmed, kind.in_noise)
    assert PAGE.numbers[kind.name]["confirmed"] == {str(told["confirmed"])}
    assert PAGE.numbers[kind.name]["noise"] == {str(told["in_noise"])}
    assert f"{told['confirmed']} of 25 heads pass" in paragraph(kind)
    assert f"; {told['in_noise']} within the noise" in paragraph(kind)


@pytest.mark.parametrize("kind", FOUND.kinds, ids=lambda kind: kind.name)
def test_every_head_is_the_same_in_page_text_and_json(kind: KindCalibration) -> None:
    rows = re.findall(r"^  (L\d+H\d+) +([\d.]+)  \[([-\d.]+), ([-\d.]+)\]  (\w+)", paragraph(kind), re.MULTILINE)
    items = {values["data-place"]: (side, values) for side, values in PAGE.heads[kind.name]}

    assert [row[0] for row in rows] == [head.place for head in kind.heads]
    assert len(items) == len(kind.heads)
    for told, (name, score, low, high, _) in zip(of_json(kind)["heads"], rows, strict=True):
        side, values = items[name]
        assert (score, low, high) == (f"{told['score']:.3f}", *(f"{end:.3f}" for end in told["interval"]))
        assert float(values["data-score"] or "") == told["score"]
        assert [float(values["data-low"] or ""), float(values["data-high"] or "")] == told["interval"]
        assert (side == "heads in") == told["confirmed"]
        assert values["class"] == told["state"]


@pytest.mark.parametrize("kind", [kind for kind in FOUND.kinds if kind.labels], ids=lambda kind: kind.name)
def test_what_labels_say_is_the_same_in_page_text_and_json(kind: KindCalibration) -> None:
    labels = of_json(kind)["labels"]
    shown = {name: value for name, (value,) in PAGE.numbers[kind.name].items()}

    for name in ("precision", "recall", "f1"):
        assert shown[name] == as_text.ratio(labels["present"][name])
    for name in ("best_margin", "best_f1"):
        best = labels[name]
        said = (
            f"at {best['at_least']:.2f}, precision {as_text.ratio(best['precision'])}, recall {best['recall']:.2f}, F1"
        )
        assert f"{said} {best['f1']:.2f}, margin {best['margin']:.4f}" in paragraph(kind)
        assert f"{said} {best['f1']:.2f}, margin {best['margin']:.4f}" in PAGE.text[kind.name]


@pytest.mark.parametrize("kind", FOUND.kinds, ids=lambda kind: kind.name)
def test_the_operating_curve_is_in_page_and_text(kind: KindCalibration) -> None:
    for line in as_text.curve_lines(kind.curve):
        assert line in paragraph(kind)
        assert line in PAGE.text[kind.name]
    drawn = curve_drawing(kind.curve)

    assert all(f'd="{path}"' in HTML for path in (drawn.confirmed, drawn.not_yet, drawn.refuted))
    assert drawn.confirmed.startswith("M0 100.0L")
    assert drawn.confirmed.endswith("L100 0.0")
    assert drawn.refuted.startswith("M0 0.0L")


def test_every_caution_and_gap_is_in_page_and_text() -> None:
    assert FOUND.cautions
    for caution in FOUND.cautions:
        assert f"{caution.code}: " in TEXT
        assert caution.message in TEXT
        assert all(caution.message in PAGE.text[name] for name in caution.kinds or [""])
    for kind in FOUND.kinds:
        for gap in kind.gaps:
            assert as_text.gap_in_words(gap) in paragraph(kind)
            assert as_text.gap_in_words(gap) in PAGE.text[kind.name]


def test_heads_that_several_kinds_claim_are_in_page_and_text() -> None:
    for shared in FOUND.shared:
        for claim in shared.kinds:
            assert f"{claim.name} {claim.score:.3f} ({claim.factor:.2f} x needed)" in TEXT
            assert f"{claim.score:.3f}, {claim.factor:.2f} times" in PAGE.text[""]


def test_far_heads_are_left_out_of_the_text_unless_asked_for() -> None:
    short = as_text.text(FOUND)

    assert len(short.splitlines()) < len(TEXT.splitlines())
    assert "\n  and 17 more, from 0.000 down to 0.000\n" in short


def test_the_json_reads_back_as_what_it_was() -> None:
    assert Calibration.model_validate_json(FOUND.model_dump_json()) == FOUND


def test_the_page_asks_for_nothing_from_anywhere() -> None:
    assert set(re.findall(r"(?:href|src)=\"([^\"]*)\"", HTML)) == set(re.findall(r"href=\"(#[\w-]+)\"", HTML))
    assert set(re.findall(r"https?://[^\"\s]+", HTML)) == {"http://www.w3.org/2000/svg"}
    assert " style=" not in HTML
    assert "default-src 'none'" in HTML


def test_what_others_wrote_is_text_and_nothing_else() -> None:
    hostile = RULE.model_copy(update={"title": "<script>alert(1)</script>"})
    page = calibration_page.render(calibrate(hostile, planted()))

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
