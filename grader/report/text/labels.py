"""Text that others wrote, made legible and harmless: nothing invisible, nothing that steers a terminal or a page."""

import unicodedata
from functools import lru_cache

JOINERS = "\u200c\u200d"
"""Invisible, but letters and emoji of many scripts need them."""
UNSEEN = {" ": "\N{OPEN BOX}", "\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\t": "\N{RIGHTWARDS ARROW TO BAR}"}
"""How a token of nothing but white space is shown."""
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def visible(text: str) -> str:
    r"""`text` on one line; control and direction characters are written as codes, such as `\x1b`."""
    return "".join(_harmless(character) for character in " ".join(text.split()))


def _harmless(character: str) -> str:
    code = ord(character)
    if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"} or character in JOINERS:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cells(text: str) -> int:
    """How many columns of a terminal, or widths of a monospaced letter, `text` takes."""
    return sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character) or character in JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shorten(text: str, most: int) -> str:
    """`text` in at most `most` cells, with an ellipsis where something was cut."""
    if cells(text) <= most:
        return text
    while text and cells(text) > most - 1:
        text = text[:-1]
    return text + ELLIPSIS


def padded(text: str, most: int) -> str:
    """`text` with as many spaces after it as fill `most` cells."""
    return text + " " * (most - cells(text))


def isolated(text: str) -> str:
    """`text` so that it may stand among other words: what is written from right to left does not turn them around."""
    if any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


@lru_cache(maxsize=4096)
def token_label(token: str, most: int = 14) -> str:
    """A token as an axis shows it: its leading space left out, white space alone made visible."""
    if token.strip():
        return shorten(visible(token), most)
    return shorten("".join(UNSEEN.get(character, _harmless(character)) for character in token), most)
