"""Heads as people write them: `L9H6`, `9.6`, `8-10`, `(9, 9)`, `layer 9 head 6`, `blocks.9.attn.head.6` and others.

A claim gives layer and head under two keys, so that none of these is taken there: a message says what to write. Only
`L9H6`, as reports print it, is clear enough for a command.
"""

import re

from grader.base.language import _
from grader.documents import characters
from grader.schema import HeadIndex

PRINTED = re.compile(r"[lL](\d{1,3})[hH](\d{1,3})", re.ASCII)
"""The form of reports."""
COUNTED_FROM_ONE = re.compile(r"\s*\d{1,3}\s*-\s*\d{1,3}\s*", re.ASCII)
"""The form of a publication that counts from 1."""
LONGEST = 80
"""The most characters of a head's name that are read."""

_LAYER = r"(?:layers?|lyr|l|block|blocks|transformer|a|레이어|층)"
_HEAD = r"(?:heads?|hd|h|헤드)"
_FILLING = r"(?:[\s._:/,;#()\[\]{}=>x'\"-]|attn|attention|self|번째|번|째|of|in|no|the)*"
_NUMBER = r"(?<!\d)(\d{1,3})(?:st|nd|rd|th)?(?!\d)"
# Both are long and rarely needed, so they are compiled when they are used.
_LAYER_FIRST = (
    rf"{_FILLING}(?:(?:{_LAYER}|h|model|층){_FILLING})*{_NUMBER}{_FILLING}(?:층{_FILLING})?"
    rf"(?:{_HEAD}{_FILLING})?{_NUMBER}{_FILLING}(?:{_HEAD})?"
)
_HEAD_FIRST = rf"{_FILLING}{_HEAD}{_FILLING}{_NUMBER}{_FILLING}{_LAYER}{_FILLING}{_NUMBER}{_FILLING}"


def read(text: str) -> HeadIndex | None:
    """Return layer and head of a text that names one head and nothing else, or None."""
    tidy = characters.plain(text[:LONGEST]).strip().lower()
    if tidy.startswith("-"):
        return None
    if (match := re.fullmatch(_HEAD_FIRST, tidy, re.ASCII)) is not None:
        return int(match[2]), int(match[1])
    match = re.fullmatch(_LAYER_FIRST, tidy, re.ASCII)
    return (int(match[1]), int(match[2])) if match and _is_parted(tidy, match) else None


def at_beginning(text: str) -> tuple[HeadIndex, str] | None:
    """Return the head with which a text begins, and the rest of the text, or None."""
    words = text.split()
    for count in range(min(len(words), 6), 0, -1):
        if (place := read(" ".join(words[:count]))) is not None:
            return place, " ".join(words[count:]).strip(" :,;-")
    return None


def advice(place: HeadIndex, text: str) -> str:
    """Return what to write for a head, for the end of a message."""
    hint = _("; write layer: {layer}, head: {head}", layer=place[0], head=place[1])
    if COUNTED_FROM_ONE.fullmatch(characters.plain(text)):
        hint += _(" (both are counted from 0 here; in the publication that writes `8-10`, from 1)")
    return hint


def _is_parted(text: str, match: re.Match[str]) -> bool:
    """Return whether something other than a space alone stands between the two numbers, so that 9 10 is no head."""
    return bool(text[match.end(1) : match.start(2)].strip()) or text[: match.start(1)].strip() != ""
