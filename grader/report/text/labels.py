"""Safe text: what other people wrote, without invisible characters and without control codes."""

import unicodedata
from functools import lru_cache

from grader.base.screen import JOINERS, SELECTORS, harmless

UNSEEN = {" ": "\N{OPEN BOX}", "\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\t": "\N{RIGHTWARDS ARROW TO BAR}"}
"""The visible signs for a token that is only white space."""
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def visible(text: str) -> str:
    r"""Return `text` on one line, with codes such as `\x1b` in place of what does not belong on a screen."""
    return harmless(" ".join(text.split()))


def cells(text: str) -> int:
    """Return the width of `text` in columns of a terminal, or in letters of a monospaced font."""
    return len(text) if text.isascii() else sum(_cell(character) for character in text)


def _cell(character: str) -> int:
    if unicodedata.combining(character) or character in JOINERS or character in SELECTORS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shorten(text: str, most: int) -> str:
    """Return `text` in at most `most` cells, with an ellipsis if it was cut."""
    if cells(text) <= most:
        return text
    while text and cells(text) > most - 1:
        text = text[:-1]
    return text + ELLIPSIS


def padded(text: str, most: int) -> str:
    """Return `text` with spaces after it, up to `most` cells."""
    return text + " " * (most - cells(text))


def isolated(text: str) -> str:
    """Isolate `text` that is written from right to left, so that the words around it keep their order."""
    if any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text):
        return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"
    return text


@lru_cache(maxsize=4096)
def token_label(token: str, most: int = 14) -> str:
    """Return a token's label for an axis: without its leading space; a token of white space becomes visible."""
    if token.strip():
        return shorten(visible(token), most)
    return shorten("".join(UNSEEN.get(character, harmless(character)) for character in token), most)
