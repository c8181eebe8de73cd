"""The content of the page for a reader, parsed as by a browser without JavaScript."""

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from grader.grading.standings import Standings
from grader.report.drawing.cloud import cloud
from grader.report.formats import html
from grader.schema import Exercise, Picture, Report
from tests.support import planted_pages, planted_tables

VOID = {"meta", "link", "br", "img", "input", "hr"}
UNSEEN = {"script", "style", "title", "desc"}


class Page(HTMLParser):
    """The page's elements, its inline code and its visible text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.code: dict[str, list[str]] = {"script": [], "style": []}
        self.seen = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the start of an element."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that closes itself, such as a shape."""
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Assert that the element that began last ends."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Collect text and inline code."""
        if self.open and self.open[-1] in self.code:
            self.code[self.open[-1]].append(data)
        elif not set(self.open) & UNSEEN:
            self.seen += data

    @property
    def text(self) -> str:
        """The visible text, with single spaces."""
        return " ".join(self.seen.split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """Return the attributes of every element of this name."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def page(report: Report, exercise: Exercise, picture: Picture) -> Page:
    return Page(html.render(report, {0: [picture], 2: [picture, picture]}, exercise))


def test_every_element_is_closed(page: Page) -> None:
    assert page.open == []


def test_it_reads_without_javascript(page: Page) -> None:
    for told in (
        "Not passed",
        "Find the heads of GPT-2 small",
        "Still needed to pass: a score of 60 %",
        "L4H11 positional, offset -1",
        "confirmed",
        "refuted",
        "not graded",
        "borderline",
        "measured 0.97, needed 0.40",
        "95 % interval 0.96 to 0.98",
        "1st of 144 heads",
        "positional, offset -2 (score 0.88, 2nd of 144 heads)",
        "Compare it with L2H2",
        "0.8 % of the time",
        "Voita et al. 2019",
        "brown 75 %, <|endoftext|> 15 %, fox 10 %",
    ):
        assert told in page.text


def test_it_asks_for_nothing_from_anywhere(report: Report, hostile: Report, hostile_picture: Picture) -> None:
    for shown in (report, hostile):
        text = html.render(shown, {0: [hostile_picture]})
        page = Page(text)
        for tag, attributes in page.elements:
            assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "audio", "video", "use"}
            for name in ("src", "srcset", "data", "action", "poster", "xlink:href", "background"):
                assert name not in attributes
            if "href" in attributes:
                assert re.fullmatch(r"#[a-z0-9-]+", attributes["href"] or "")
        assert not re.search(r"url\(|@import|https?:(?!//www\.w3\.org/2000/svg\")", "".join(page.code["style"]))
        assert set(re.findall(r"https?://[^\"\s]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_the_policy_allows_its_own_style_and_script_and_nothing_else(page: Page) -> None:
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    hashes = {
        kind: base64.b64encode(hashlib.sha256("".join(code).encode()).digest()).decode()
        for kind, code in page.code.items()
    }

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert not [attributes for _, attributes in page.elements if "style" in attributes]
    assert len(page.all("script")) == len(page.all("style")) == 1


def test_what_others_wrote_is_text_and_nothing_else(hostile: Report, hostile_picture: Picture) -> None:
    page = Page(html.render(hostile, {0: [hostile_picture]}))

    assert "<script>alert(1)</script><img src=x" in page.text
    assert "{{ 7*7 }}" in page.text
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "\x1b" not in page.seen
    assert "\u202e" not in page.seen
    assert "\x00" not in page.seen


def test_references_inside_the_page_hold(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]

    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in ("href", "aria-labelledby"):
            if name in attributes:
                assert (attributes[name] or "").removeprefix("#") in ids


def test_a_picture_outlines_its_targets_and_names_both_axes(page: Page, picture: Picture) -> None:
    heat = [svg for svg in page.all("svg") if (svg.get("class") or "").startswith("heat")]
    targets = [rect for rect in page.all("rect") if rect.get("class") == "target"]

    assert len(heat) == 3
    assert len(targets) == 3 * len(picture.targets)
    assert "query ↓ · key →" in page.text


def test_each_query_says_where_it_looks_to_those_who_do_not_see(page: Page, picture: Picture) -> None:
    queries = [group["aria-label"] for group in page.all("g") if group.get("class") == "query"]

    assert len(queries) == 3 * len(picture.tokens)
    assert "fox looks at brown 75 %, <|endoftext|> 15 %, fox 10 %" in queries


def test_a_symbol_is_never_read_aloud_and_never_alone(page: Page) -> None:
    symbols = [span for span in page.all("span") if span.get("class") == "symbol"]

    assert symbols
    assert all(span.get("aria-hidden") == "true" for span in symbols)


def test_verdicts_alone_show_no_number_of_a_head(verdicts_only: Report) -> None:
    page = Page(html.render(verdicts_only))

    assert "refuted" in page.text
    for told in ("1st of", "Looks like", "needed", "0.97", "+10"):
        assert told not in page.text


def test_score_alone_names_no_claim_and_draws_no_head(score_only: Report, picture: Picture) -> None:
    page = Page(html.render(score_only, {0: [picture]}))

    assert "43.3 %" in page.text
    assert "L4H11" not in page.text
    assert page.all("svg") == []


def test_each_claim_stands_among_all_heads_and_each_head_on_the_map() -> None:
    page = Page(planted_pages.report())
    places = {f"head-{layer}-{head}" for layer in range(5) for head in range(5)}

    assert len([svg for svg in page.all("svg") if svg.get("class") == "cloud"]) == 4
    assert len([cell for cell in page.all("a") if (cell.get("class") or "").startswith("cell ")]) == 25
    assert {item.get("id") for item in page.all("li")} > places
    assert "L2H1 scores 0.00, rank 15. 1 of 25 heads is confirmed as syntactic, verb to subject." in page.text


def test_a_report_names_no_head_of_a_kind_that_is_still_to_be_found() -> None:
    """Names on the clouds and kinds on the map would together be the answer to the exercise."""
    before, after = (planted_pages.report(found=found) for found in (False, True))
    dots = [set(re.findall(r"<title>(L\dH\d): ", page)) for page in (before, after)]
    linked = {cell["href"] for cell in Page(before).all("a") if (cell.get("class") or "").startswith("cell ")}

    assert [len(named) for named in dots] == [0, 25]
    assert len([svg for svg in Page(before).all("svg") if svg.get("class") == "cloud"]) == 4
    assert linked == {"#claim-1", "#claim-2", "#claim-3", "#claim-4"}
    assert "The best scores" in before


def test_dots_without_names_tell_neither_layer_nor_head_by_their_order_and_height() -> None:
    """Every head scores otherwise; the dots of two transformers with the same scores at other places are the same."""
    scores = {(layer, head): round(0.05 + 0.03 * (5 * layer + head), 2) for layer in range(5) for head in range(5)}
    places = list(scores)
    moved = dict(zip([*places[:-1][::-1], places[-1]], scores.values(), strict=True))
    asked = planted_tables.exercise()
    drawn = [
        cloud(
            asked.kinds[1].kind, Standings(asked, planted_tables.table(asked, {"induction": each})), (4, 4), named=False
        )
        for each in (scores, moved)
    ]

    assert drawn[0].dots == drawn[1].dots
    assert drawn[0].layers == ()
    assert len({dot.y for dot in drawn[0].dots}) == 24


def test_what_the_feedback_keeps_back_is_on_no_map() -> None:
    verdicts, score = (Page(planted_pages.report(feedback)) for feedback in ("verdicts", "score"))
    queued = Page(planted_pages.report(at_hand=False))

    for page in (verdicts, queued):
        linked = {cell["href"] for cell in page.all("a") if (cell.get("class") or "").startswith("cell ")}
        assert linked == {"#claim-1", "#claim-2", "#claim-3", "#claim-4"}
        assert not [svg for svg in page.all("svg") if svg.get("class") == "cloud"]
    assert "0.93" not in verdicts.text
    assert "confirmed as" not in verdicts.text
    assert score.all("table") == score.all("svg") == []


def test_a_report_without_a_name_is_nobodys(report: Report) -> None:
    assert "Report for" not in Page(html.render(report.model_copy(update={"student": None}))).text


def test_ungradable_is_neither_zero_nor_full(ungradable: Report) -> None:
    page = Page(html.render(ungradable))

    assert "Not graded" in page.text
    assert "Score 0" not in page.text
    assert "no attempt is used up" in page.text


def test_the_same_report_is_the_same_page(report: Report, picture: Picture) -> None:
    assert html.render(report, {0: [picture]}) == html.render(report, {0: [picture]})


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast_meets_wcag_aa(page: Page, scheme: int) -> None:
    blocks = re.findall(r":root \{(.*?)\}", "".join(page.code["style"]), re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", blocks[scheme]))

    for text in ("ink", "soft", "link"):
        for ground in ("page", "card", "band"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for text in ("good", "bad", "none"):
        for ground in ("card", f"{text}-back"):
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for shape, ground in (("target", "card"), ("heat", "ground"), ("ink", "fill"), ("ink", "track")):
        assert contrast(colours[shape], colours[ground]) >= 3, (shape, ground)


def test_each_word_that_needs_one_leads_to_its_definition_on_the_page() -> None:
    page = Page(planted_pages.report())
    linked = {link["href"] for link in page.all("a") if link.get("class") == "term"}

    assert linked >= {"#term-share", "#term-hit-rate", "#term-slice", "#term-query"}
    assert linked <= {f"#{word['id']}" for word in page.all("dfn")}
    assert all(link.get("title") for link in page.all("a") if link.get("class") == "term")
    assert page.text.count("How to read this") == 1
