"""Styled text for a terminal: pieces of text, each with a style, wrapped at spaces."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from grader.base.screen import Clean, harmless
from grader.report.text.labels import cells

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "code": "36"}
"""The terminal's codes for the words of a style."""
START, END = "\x1b[{}m", "\x1b[0m"
WORD = re.compile(r"\s*\S+\s*")
CODE = re.compile(r"`([^`\n]+)`")
"""Code inside a sentence, in backticks as in Markdown: they are written only where there is no style to show it."""

Piece = tuple[str, str]
"""A text and its style: words of CODES, or empty."""


class Text:
    """One paragraph."""

    def __init__(self, *parts: "str | Piece | Text", indent: int = 0) -> None:
        """Join the parts; every line begins with `indent` spaces."""
        self.indent = indent
        self.pieces: list[Piece] = []
        for part in parts:
            if isinstance(part, Text):
                self.pieces += part.pieces
            else:
                text, style = (part, "") if isinstance(part, str) else part
                self.pieces.append((harmless(text), style))

    def lines(self, columns: int, *, colour: bool) -> Iterator[Clean]:
        """Return the paragraph's lines, at least one, none wider than `columns`."""
        pieces = list(self._coded()) if colour else self.pieces
        plain = "".join(text for text, _ in pieces)
        cuts = [0, *_cuts(plain, columns - self.indent), len(plain)]
        for begin, end in pairwise(cuts):
            end = begin + len(plain[begin:end].rstrip())
            yield Clean((" " * self.indent + "".join(_between(pieces, begin, end, colour))).rstrip())

    def _coded(self) -> Iterator[Piece]:
        """Yield the pieces with a style for code in place of its backticks."""
        for text, style in self.pieces:
            for number, part in enumerate(CODE.split(text)):
                yield part, f"{style} code" if number % 2 else style


def _between(pieces: Sequence[Piece], begin: int, end: int, colour: bool) -> Iterator[str]:
    place = 0
    for text, style in pieces:
        if inside := text[max(0, begin - place) : max(0, end - place)]:
            codes = ";".join(CODES[word] for word in style.split()) if colour else ""
            yield START.format(codes) + inside + END if codes else inside
        place += len(text)


def _cuts(text: str, columns: int) -> list[int]:
    """Return the places where new lines begin; a word wider than a line is cut."""
    cuts: list[int] = []
    used = 0
    for word in WORD.finditer(text):
        begin = word.start()
        if used and used + cells(word[0].rstrip()) > columns:
            cuts.append(begin)
            used = 0
        while cells(text[begin : word.end()].rstrip()) > columns:
            begin += _fitting(text[begin:], columns)
            cuts.append(begin)
        used += cells(text[begin : word.end()])
    return cuts


def _fitting(text: str, columns: int) -> int:
    """Return the number of characters that fit into a line, at least one."""
    used = 0
    for count, character in enumerate(text):
        used += cells(character)
        if used > columns:
            return max(1, count)
    return len(text)
