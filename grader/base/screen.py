"""Text on its way out: what other people wrote cannot move a cursor, hide, run backwards, or leave its place.

Every writer calls this: terminal, pages, XML, feeds, platforms, spreadsheets. What comes in is stored as it came, and
JSON for programs gives it back unchanged, in ASCII.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

JOINERS = "\u200c\u200d"
"""Invisible characters that emoji and letters of some scripts need."""
SELECTORS = "\ufe0e\ufe0f"
"""Invisible characters that choose between two forms of a sign, such as a black heart and a red one."""
BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
"""Letters and marks that nobody can see."""
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The beginnings of a cell that spreadsheets may run as a formula."""

_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_USED_AFTER = {
    **dict.fromkeys(JOINERS, frozenset({"Lo", "Mc", "Mn", "So", "Sk"})),
    **dict.fromkeys(SELECTORS, frozenset({"So", "Sm", "Po"})),
}
"""The categories after which joiners and selectors have a use."""
# Three sets, because Python takes milliseconds to compile so many ranges in one.
_SUSPECT = re.compile(r"[^\n\t\x20-\x7e](?<![\u3041-\u30ff\u4e00-\u9fff])(?<![\uac00-\ud7a3])")
"""Everything but the letters that are most common here, which need no closer look."""
_UNJOINED = r"[\u1100-\u11ff\u3040-\u318f\u3400-\u9fff\uac00-\ud7ff]"
"""Hangul, kana and Han: no joiner has a use among them. Rarely needed, so it is compiled when it is used."""


class Clean(str):
    """Text that was made harmless already, piece by piece; its colours and its isolated words are our own."""

    __slots__ = ()


def harmless(text: str) -> str:
    r"""Return the text with codes such as `\x1b` in place of all that is invisible or does something to a screen.

    Lines and tabs stay, and joiners where emoji and scripts need them.
    """
    return text if isinstance(text, Clean) else _SUSPECT.sub(_shown, text.replace("\r\n", "\n"))


def code(character: str) -> str:
    r"""Return the code of a character: `\x1b`, `\u202e`, `\U000e0041`."""
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def harmless_values(content: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return JSON for a program that shows its texts to people, with all texts made harmless."""
    match content:
        case str():
            return harmless(content)
        case Mapping():
            return {key: harmless_values(value) for key, value in content.items()}
        case list() | tuple():
            return [harmless_values(value) for value in content]
    return content


def harmless_tree(root: "Element") -> "Element":
    """Return the XML with all texts and attributes made harmless; XML cannot hold most control characters at all."""
    for element in root.iter():
        element.text = harmless(element.text) if element.text else element.text
        element.attrib.update({name: harmless(value) for name, value in element.attrib.items()})
    return root


def cell(value: object) -> object:
    """Return a value for a table: harmless, on one line, and in quotes if a spreadsheet could run it as a formula."""
    if not isinstance(value, str):
        return value
    text = harmless(value).replace("\n", " ")
    return f"'{text}" if value.lstrip(" ").startswith(FORMULA) else text


def _shown(found: re.Match[str]) -> str:
    character, text, place = found[0], found.string, found.start() - 1
    if character not in _USED_AFTER:
        return code(character) if _is_harmful(character) else character
    if character in JOINERS and place >= 0 and text[place] in SELECTORS:
        place -= 1
    return character if place >= 0 and _is_used(text[place], character) else code(character)


def _is_used(before: str, character: str) -> bool:
    """Return whether a joiner or selector has a use after this character."""
    if before.isascii() or re.match(_UNJOINED, before):
        return character in SELECTORS and before in "0123456789#*"  # the keys of a telephone
    return unicodedata.category(before) in _USED_AFTER[character]


@lru_cache(maxsize=4096)
def _is_harmful(character: str) -> bool:
    return character in BLANK or unicodedata.category(character) in _HARMFUL
