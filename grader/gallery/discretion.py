"""Discretion: nobody's login name or address is shown, whatever a student wrote.

Hidden in a text are e-mail addresses and the like, the student's own login, and the logins of others where they are
no plain words. Letters are compared without case, accents, width and invisible characters, and a login's parts may
be joined by any signs: `ada.lovelace` is found in `Ada Lovelace` and in `ADA_LOVELACE`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from grader.base.language import _

SHORTEST = 3
"""Letters and digits of a login that is looked for in texts; shorter ones would hide half of every text."""
LONG_NUMBER = 6
"""Digits of a number that is another student's id and nothing else."""

_JOINED = re.compile("[\u1100-\u11ff\u3040-\u30ff\u4e00-\u9fff]")
"""Hangul, kana and Han, as they are compared: particles are written right after a name."""
_AT = r"(?:@|[\[({<]\s*at\s*[\])}>])"
_DOT = r"(?:\.|[\[({<]\s*dot\s*[\])}>])"
_ADDRESS = re.compile(
    rf"[\w.+%'-]+@[\w.-]+|[\w.+%'-]+\s*{_AT}\s*[\w-]+(?:\s*{_DOT}\s*[\w-]+)+"
    rf"|[\w.+%'-]+\s+at\s+[\w-]+(?:(?:\s+dot\s+|\.)[\w-]+)+|(?<!\w)@\w{{2,}}"
)
_RUN = re.compile(r"[^\W_](?:[\w.+-]*[^\W_])?")
_PART = re.compile(r"[^\W_]+")


class Discretion:
    """What must not be shown, of all the students whose logins these are."""

    def __init__(self, logins: Iterable[str]) -> None:
        """`logins` are the names by which platforms know students; addresses count by the part before the @ too."""
        names = {name for login in logins for name in _names(login)}
        self._squeezed = {squeezed for name in names if len(squeezed := _squeezed(name)) >= SHORTEST}
        self._unmistakable = {name for name in names if _is_no_word(name)}

    def text(self, raw: str, login: str) -> str:
        """What this student wrote, with what must not be shown replaced by a word that says so."""
        folded, places = _folded(raw)
        spans = sorted(self._found(folded, login))
        shown, last = "", 0
        for start, end in spans:
            first, after = places[start], places[end - 1] + 1
            if first >= last:
                shown += raw[last:first] + f"[{_('hidden')}]"
            last = max(last, after)
        return shown + raw[last:]

    def keeps(self, raw: str, login: str) -> bool:
        """Whether the text may be shown as it is."""
        return next(iter(self._found(_folded(raw)[0], login)), None) is None

    def name(self, chosen: str | None, login: str) -> str | None:
        """The name that a student chose, or None where it is missing or gives a login away."""
        if chosen is None or not self.keeps(chosen, login):
            return None
        folded = _squeezed(chosen)
        words = set(_PART.findall(_folded(chosen)[0]))
        own = [_squeezed(name) for name in _names(login)]
        told = any(name in (words if len(name) < SHORTEST else folded) or name == folded for name in own)
        return None if told or folded in self._squeezed else chosen

    def _found(self, folded: str, login: str) -> Iterator[tuple[int, int]]:
        yield from (match.span() for match in _ADDRESS.finditer(folded))
        for pattern in _patterns(login):
            yield from (span for match in pattern.finditer(folded) if _is_word(folded, *(span := match.span())))
        for run in _RUN.finditer(folded):
            if run[0] in self._unmistakable:
                yield run.span()
            else:
                parts = _PART.finditer(folded, *run.span())
                yield from (part.span() for part in parts if part[0] in self._unmistakable)


def _names(login: str) -> list[str]:
    """The login as it is compared; of an address, the part before the @ as well."""
    folded = _folded(login)[0]
    local = folded.partition("@")[0]
    return list(dict.fromkeys([folded, local]))


def _is_no_word(name: str) -> bool:
    """Whether it can be nothing but a login: letters with digits or signs, or a long number."""
    squeezed = _squeezed(name)
    if len(squeezed) < SHORTEST:
        return False
    if squeezed.isdecimal():
        return len(squeezed) >= LONG_NUMBER
    return not name.isalpha() and " " not in name


@lru_cache(maxsize=1024)
def _patterns(login: str) -> tuple[re.Pattern[str], ...]:
    """What the login looks like in a text; nothing for one that is too short to be looked for."""
    found = []
    for name in _names(login):
        parts = _PART.findall(name)
        if len("".join(parts)) >= SHORTEST:
            found.append(re.compile(r"[\W_]*".join(map(re.escape, parts))))
        elif len(name) >= SHORTEST:
            found.append(re.compile(re.escape(name)))
    return tuple(found)


def _is_word(folded: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer word."""
    return not any(
        each.isalnum() and not _JOINED.match(each) for each in folded[max(start - 1, 0) : start] + folded[end : end + 1]
    )


def _squeezed(text: str) -> str:
    """Its letters and digits alone, as they are compared."""
    return "".join(_PART.findall(_folded(text)[0]))


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and from which of its characters each one comes."""
    if text.isascii():
        return text.lower(), list(range(len(text)))
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in unicodedata.normalize("NFKD", character).casefold():
            if unicodedata.category(part) not in {"Cf", "Mn"}:
                folded.append(part)
                places.append(place)
    return "".join(folded), places
