import io
import re

import pytest

from grader.report.formats import terminal
from grader.report.text.labels import cells
from grader.schema import Exercise, Report

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def test_every_claim_has_its_symbol_word_place_and_kind(report: Report, exercise: Exercise) -> None:
    text = terminal.render(report, exercise)

    assert "✓ L4H11  confirmed  positional, offset -1  (+10 points)" in text
    assert "✗ L2H7  refuted  syntactic, verb to subject  (costs 4 points)" in text
    assert "○ L99H0  not graded  rare token" in text
    assert "Find the heads of GPT-2 small" in text
    assert "student ada" in text


def test_numbers_rank_and_lookalike_are_told(report: Report) -> None:
    text = terminal.render(report, width=100)

    assert re.search(r"✓ share +random tokens +0\.97 .*┃.* ≥ 0\.40  0\.96 to 0\.98", text)
    assert "Rank: 1st of 144 heads" in text
    assert "Looks like: positional, offset -2 (score 0.88, 2nd of 144 heads)" in text
    assert "share 0.93, hit rate 1.00 over 3 queries" in text
    assert "≈ share" in text
    assert "Borderline" in text


def test_a_bar_is_full_to_what_was_measured_and_marked_at_the_threshold(report: Report) -> None:
    line = next(line for line in terminal.render(report).splitlines() if "all sentences" in line)
    bar = re.search("[█░┃]+", line)

    assert bar
    assert bar[0].index("┃") == int(0.6 * len(bar[0]))
    assert bar[0].count("█") == round(0.31 * len(bar[0]))


def test_the_total_says_passed_or_what_is_missing(report: Report, exercise: Exercise) -> None:
    text = terminal.render(report, exercise)
    passed = terminal.render(report.model_copy(update={"passed": True}), exercise)

    assert "✗ not passed  score 43.3 %, 26 of 60 points" in text
    assert "Still needed to pass: a score of 60 %; a confirmed head of 1 more kind." in text
    assert "0.8 % of the time" in text
    assert "90 XP" in text
    assert "✓ passed" in passed
    assert "Still needed" not in passed


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_no_line_is_wider_than_the_window(report: Report, hostile: Report, width: int, encoding: str) -> None:
    for shown in (report, hostile):
        lines = terminal.render(shown, width=width, encoding=encoding).splitlines()
        assert max(map(cells, lines)) <= max(width, terminal.NARROWEST)


def test_colour_adds_only_colour(report: Report) -> None:
    plain, coloured = terminal.render(report), terminal.render(report, colour=True)

    assert "\x1b" not in plain
    assert "\x1b[1;32m" in coloured
    assert [line.rstrip() for line in ESCAPES.sub("", coloured).splitlines()] == plain.splitlines()


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp949", "latin-1"])
def test_other_encodings_get_plain_signs(report: Report, encoding: str) -> None:
    text = terminal.render(report, encoding=encoding)

    assert text.encode(encoding).decode(encoding) == text
    assert "+ L4H11  confirmed" in text
    assert "x L2H7  refuted" in text
    assert "?" not in text


def test_nothing_written_by_others_steers_the_terminal(hostile: Report) -> None:
    text = terminal.render(hostile)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert r"\x1b[31m" in text


def test_verdicts_alone_show_no_number_of_a_head(verdicts_only: Report) -> None:
    text = terminal.render(verdicts_only)

    assert "L2H7  refuted" in text
    for told in ("Rank", "Looks like", "≥", "┃", "0.97", "+10"):
        assert told not in text


def test_score_alone_names_no_claim(score_only: Report) -> None:
    text = terminal.render(score_only)

    assert "score 43.3 %" in text
    assert "L4H11" not in text
    assert "L2H7" not in text


def test_ungradable_is_neither_zero_nor_full(ungradable: Report) -> None:
    text = terminal.render(ungradable)

    assert "○ not graded" in text
    assert "score" not in text
    assert "so there is no grade" in text


class Screen(io.StringIO):
    """A stream that claims to be a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Return True."""
        return True


def test_a_terminal_gets_colour_and_a_pipe_none(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    assert "\x1b" in terminal.for_stream(report, None, Screen())
    assert "\x1b" not in terminal.for_stream(report, None, io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert terminal.for_stream(report, None, io.TextIOWrapper(io.BytesIO(), encoding="ascii")).isascii()
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in terminal.for_stream(report, None, Screen())
