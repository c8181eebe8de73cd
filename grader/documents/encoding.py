"""Decoding: bytes become text whose characters have a line and a column, or one problem that says why they cannot."""

import bisect
import re
from collections.abc import Sequence
from typing import NamedTuple

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.documents.messages import shown

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SIGNATURES = {
    b"PK\x03\x04": N_("a zip archive or an office document"),
    b"\xd0\xcf\x11\xe0": N_("an office document"),
    b"%PDF": N_("a PDF"),
    b"\x89PNG": N_("a picture"),
    b"\xff\xd8\xff": N_("a picture"),
    b"\x1f\x8b": N_("a compressed file"),
}
_LINE_END = re.compile(r"\r\n|\r|\n")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_INDENTING_TAB = r"[ -]*(\t)"  # rarely needed, so it is compiled when it is used; so is the next one
_ESCAPED_PAIR = (
    r"(?<!\\)(?P<before>(?:\\\\)*)\\u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
)


class SourceText(NamedTuple):
    """Text for the YAML parser, whose characters can be traced back to lines of the original."""

    original: str
    yaml: str
    shortened: Sequence[int]
    """The places in `yaml` after each of which two characters of the original are missing."""
    line_starts: Sequence[int]

    def spot(self, index: int) -> tuple[int, int]:
        """Return line and column in the original, both counted from 1, of a character of `yaml`."""
        return self.original_spot(index + 2 * bisect.bisect_left(self.shortened, index))

    def original_spot(self, index: int) -> tuple[int, int]:
        """Return line and column, both counted from 1, of a character of the original."""
        line = bisect.bisect_right(self.line_starts, index)
        return line, index - self.line_starts[line - 1] + 1

    def indenting_tab(self, line: int) -> tuple[int, int] | None:
        """Return line and column of a tab that indents this line, or None."""
        match = re.compile(_INDENTING_TAB).match(self.original, self.line_starts[line - 1])
        return (line, match.start(1) - self.line_starts[line - 1] + 1) if match else None


def decoded(raw: bytes, source: str, limit: int) -> SourceText:
    """Return the text of a file in UTF-8, with or without a byte order mark.

    Raises:
        InvalidInput: It is longer than `limit` bytes, not UTF-8, or not text at all.
    """
    if len(raw) > limit:
        problem = Problem("too-large", _("the file is too large; the limit is {most} KB", most=limit // 1024), 1, 1)
    elif raw.startswith(_UTF16_MARKS):
        problem = Problem("not-utf8", _("the file is saved as UTF-16; save it as UTF-8"), 1, 1)
    elif not_text := _not_text(raw):
        problem = not_text
    else:
        return _text(raw.removeprefix(_UTF8_MARK).decode(), source)
    raise InvalidInput(source, [problem])


def _not_text(raw: bytes) -> Problem | None:
    for signature, what in _SIGNATURES.items():
        if raw.startswith(signature):
            message = _("this is {what}, not a text file in YAML or JSON", what=_(what))
            return Problem("binary", message, 1, 1)
    if (index := raw.find(b"\0")) >= 0:
        message = _("there is a zero byte here: this is not a text file, or it is not saved as UTF-8")
        return Problem("binary", message, *_byte_spot(raw, index))
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        message = _("the byte {byte} is not UTF-8; save the file as UTF-8", byte=f"0x{raw[error.start]:02x}")
        return Problem("not-utf8", message, *_byte_spot(raw, error.start))
    return None


def _byte_spot(raw: bytes, index: int) -> tuple[int, int]:
    lines_before = _LINE_END.split(raw[:index].removeprefix(_UTF8_MARK).decode(errors="replace"))
    return len(lines_before), len(lines_before[-1]) + 1


def _text(original: str, source: str) -> SourceText:
    line_starts = [0, *(end.end() for end in _LINE_END.finditer(original))]
    if original.lstrip().startswith("{"):
        text = SourceText(original, *_json_as_yaml(original), line_starts)
    else:
        text = SourceText(original, original, (), line_starts)
    if match := _CONTROL.search(original):
        message = _("the control character `{character}` is not allowed; remove it", character=shown(match.group()))
        raise InvalidInput(source, [Problem("control-character", message, *text.original_spot(match.start()))])
    return text


def _json_as_yaml(original: str) -> tuple[str, list[int]]:
    r"""Remove the two differences between JSON and YAML: tabs between tokens, and `\ud83d\ude00` for one character."""
    shortened: list[int] = []

    def joined(pair: re.Match[str]) -> str:
        high, low = int(pair["high"], 16), int(pair["low"], 16)
        shortened.append(pair.start() - 2 * len(shortened))
        return f"{pair['before']}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08X}"

    return re.sub(_ESCAPED_PAIR, joined, original.replace("\t", " ")), shortened
