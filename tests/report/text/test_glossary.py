"""The definitions of the report's words: the glossary has the same words, and every format uses these definitions."""

import re
from pathlib import Path

import pytest

from grader.base.language import LANGUAGES, speaking
from grader.exercises.names import STATISTICS
from grader.report.formats import terminal
from grader.report.templates import see_glossary, term, with_terms
from grader.report.text import glossary
from grader.schema import Report

PAGE = Path(__file__).parents[3] / glossary.PAGE


def test_the_glossary_has_every_word_that_a_report_defines() -> None:
    words = set(re.findall(r"^\| ([a-z ,]+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))

    assert set(glossary.DEFINITIONS) <= {word for row in words for word in row.split(", ")}
    assert set(STATISTICS.values()) <= set(glossary.DEFINITIONS)


def test_the_terminal_defines_the_statistics_that_occur_and_no_other(report: Report) -> None:
    first = report.model_copy(update={"verdicts": report.verdicts[:1]})
    lines = " ".join(terminal.render(first, width=100).split())
    definitions = lines.partition("How to read this")[2]

    assert f"share: {glossary.DEFINITIONS['share']}" in definitions
    assert f"hit rate: {glossary.DEFINITIONS['hit rate']}" in definitions
    assert "lift: " not in definitions
    assert definitions.endswith("see docs/glossary.md.")


@pytest.mark.parametrize("feedback", ["verdicts", "score"])
def test_without_numbers_the_terminal_defines_nothing(feedback: str, verdicts_only: Report, score_only: Report) -> None:
    shown = verdicts_only if feedback == "verdicts" else score_only

    assert "How to read this" not in terminal.render(shown)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_term_links_to_its_definition_and_says_it(language: str) -> None:
    with speaking(language):
        link = term("hit rate", "<b>")

    assert 'href="#term-hit-rate"' in link
    assert "&lt;b&gt;</a>" in link
    assert (f'title="hit rate: {glossary.DEFINITIONS["hit rate"]}"' in link) == (language == "en")


def test_words_in_a_text_become_links_and_the_rest_stays_text() -> None:
    text = with_terms("share 0.9 over 3 queries <of> shares", ["share", "query"])

    assert re.sub("<[^>]*>", "", text) == "share 0.9 over 3 queries &lt;of&gt; shares"
    assert re.findall('href="#([a-z-]+)"', text) == ["term-share", "term-query"]


def test_the_glossary_is_a_link_as_soon_as_it_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "<a" not in see_glossary()

    monkeypatch.setattr(glossary, "GLOSSARY", "https://heads.example/glossary")

    assert '<a href="https://heads.example/glossary">https://heads.example/glossary</a>' in see_glossary()
    assert glossary.lines([])[-1].endswith("https://heads.example/glossary.")
