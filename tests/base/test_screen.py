import time
from xml.etree import ElementTree

import pytest

from grader.base.screen import Clean, cell, harmless, harmless_tree, harmless_values


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain\n\tand indented", "plain\n\tand indented"),
        ("windows\r\nlines", "windows\nlines"),
        ("back\rover", r"back\x0dover"),
        ("\x1b[2J\x9b31m\x07\x00\x7f", r"\x1b[2J\x9b31m\x07\x00\x7f"),
        ("\u202eabc\u202c \u2066x\u2069", r"\u202eabc\u202c \u2066x\u2069"),
        ("a\u200bb\ufeff\u2060\xad\u034f\u3164", r"a\u200bb\ufeff\u2060\xad\u034f\u3164"),
        ("line\u2028and\u2029paragraph\x85next", r"line\u2028and\u2029paragraph\x85next"),
        ("half \ud83d", r"half \ud83d"),
        ("\U000e0041tag \ufffe", r"\U000e0041tag \ufffe"),
        ("café, 고양이, 猫, שלום, שלום", "café, 고양이, 猫, שלום, שלום"),
    ],
)
def test_nothing_that_moves_hides_or_turns_text_reaches_a_screen(written: str, shown: str) -> None:
    assert harmless(written) == shown


@pytest.mark.parametrize(
    "written",
    [
        "\U0001f469\u200d\U0001f52c",  # a scientist
        "\U0001f3f3\ufe0f\u200d\U0001f308",  # a flag in the colours of the rainbow
        "\u2764\ufe0f and 1\ufe0f\u20e3",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0915\u094d\u200d\u0937",  # Hindi
    ],
)
def test_joiners_stay_where_emoji_and_scripts_need_them(written: str) -> None:
    assert harmless(written) == written


@pytest.mark.parametrize(
    "written", ["ada\u200d", "\u200dada", "김\u200d철수", "\u0430\u200d\u0430", "a\ufe0f", "\ufe0f", "\u200c"]
)
def test_joiners_are_seen_where_they_only_hide(written: str) -> None:
    assert not set(harmless(written)) & {"\u200c", "\u200d", "\ufe0f"}


def test_clean_text_stays_and_a_second_cleaning_changes_nothing() -> None:
    assert harmless(Clean("\x1b[1mours\x1b[0m")) == "\x1b[1mours\x1b[0m"
    assert harmless(harmless("\x1b\u202e")) == harmless("\x1b\u202e")


@pytest.mark.parametrize("written", ["\u200d" * 200_000, "a\ufe0f\u200d" * 60_000, "고\x00" * 100_000])
def test_a_long_text_takes_no_long_time(written: str) -> None:
    before = time.monotonic()
    harmless(written)
    assert time.monotonic() - before < 20  # a quadratic look back takes minutes


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1+1", "\n=1"])
def test_a_cell_is_no_formula(value: str) -> None:
    assert str(cell(value)).startswith("'")


def test_a_cell_is_one_line_and_a_number_stays_one() -> None:
    assert cell("two\nlines\x1b") == r"two lines\x1b"
    assert cell(-1.5) == -1.5
    assert cell("positional:-1") == "positional:-1"


def test_xml_has_only_characters_that_xml_allows() -> None:
    root = ElementTree.Element("a", {"name": "\x00\ud800"})
    ElementTree.SubElement(root, "b").text = "\x1b\ufffe"
    text = ElementTree.tostring(harmless_tree(root), encoding="unicode")
    parsed = ElementTree.fromstring(text)  # noqa: S314 - our own
    assert (parsed.get("name"), parsed[0].text) == (r"\x00\ud800", r"\x1b\ufffe")


def test_values_for_a_platform_are_cleaned_at_any_depth() -> None:
    content = {"a": [{"b": "\x1b"}, ("\u202e", 1.5, None)]}
    assert harmless_values(content) == {"a": [{"b": r"\x1b"}, [r"\u202e", 1.5, None]]}
