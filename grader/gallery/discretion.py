"""Discretion: login names and e-mail addresses are hidden in everything that students wrote.

A text loses e-mail addresses, the student's own login, and the logins of others that are not ordinary words.
Comparisons ignore case, accents, width and invisible characters, and the parts of a login may be joined by any signs:
`ada.lovelace` is found in `Ada Lovelace` and in `ADA_LOVELACE`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from grader.base.language import _

SHORTEST = 3
"""The fewest letters and digits of a login that is searched for; shorter ones would hide half of every text."""
LONG_NUMBER = 6
"""The fewest digits of a number that counts as another student's id."""

_JOINED = re.compile("[\u1100-\u11ff\u3040-\u30ff\u4e00-\u9fff]")
"""Hangul, kana and Han after folding: there, particles are written right after a name."""
_AT = r"(?:@|[\[({<]\s*at\s*[\])}>])"
_DOT = r"(?:\.|[\[({<]\s*dot\s*[\])}>])"
_ADDRESS = re.compile(
    rf"[\w.+%'-]+@[\w.-]+|[\w.+%'-]+\s*{_AT}\s*[\w-]+(?:\s*{_DOT}\s*[\w-]+)+"
    rf"|[\w.+%'-]+\s+at\s+[\w-]+(?:(?:\s+dot\s+|\.)[\w-]+)+|(?<!\w)@\w{{2,}}"
)
_RUN = re.compile(r"[^\W_](?:[\w.+-]*[^\W_])?")
_PART = re.compile(r"[^\W_]+")


class Discretion:
    """The logins of all students, and the places of a text that must not be shown."""

    def __init__(self, logins: Iterable[str]) -> None:
        """`logins` are the students' names on platforms; of an address, the part before the @ counts as well."""
        names = {name for login in logins for name in _names(login)}
        self._squeezed = {squeezed for name in names if len(squeezed := _squeezed(name)) >= SHORTEST}
        self._only_logins = {name for name in names if _is_only_a_login(name)}

    def text(self, raw: str, login: str) -> str:
        """Return this student's text with `[hidden]` in place of everything that must not be shown."""
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
        """Return whether the text may be shown as it is."""
        return next(iter(self._found(_folded(raw)[0], login)), None) is None

    def name(self, chosen: str | None, login: str) -> str | None:
        """Return the name that a student chose, or None if there is none or if it shows a login."""
        if chosen is None or not self.keeps(chosen, login):
            return None
        folded = _squeezed(chosen)
        words = set(_PART.findall(_folded(chosen)[0]))
        own = [_squeezed(name) for name in _names(login)]
        shows_own = any(name in (words if len(name) < SHORTEST else folded) or name == folded for name in own)
        return None if shows_own or folded in self._squeezed else chosen

    def _found(self, folded: str, login: str) -> Iterator[tuple[int, int]]:
        yield from (match.span() for match in _ADDRESS.finditer(folded))
        for pattern in _patterns(login):
            yield from (span for match in pattern.finditer(folded) if _is_word(folded, *(span := match.span())))
        for run in _RUN.finditer(folded):
            if run[0] in self._only_logins:
                yield run.span()
            else:
                parts = _PART.finditer(folded, *run.span())
                yield from (part.span() for part in parts if part[0] in self._only_logins)


def _names(login: str) -> list[str]:
    """Return the folded login and, of an address, the part before the @."""
    folded = _folded(login)[0]
    local = folded.partition("@")[0]
    return list(dict.fromkeys([folded, local]))


def _is_only_a_login(name: str) -> bool:
    """Return whether the name cannot be an ordinary word: letters with digits or signs, or a long number."""
    squeezed = _squeezed(name)
    if len(squeezed) < SHORTEST:
        return False
    if squeezed.isdecimal():
        return len(squeezed) >= LONG_NUMBER
    return not name.isalpha() and " " not in name


@lru_cache(maxsize=1024)
def _patterns(login: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of a login in a text; none if the login is too short to be searched for."""
    patterns = []
    for name in _names(login):
        parts = _PART.findall(name)
        if len("".join(parts)) >= SHORTEST:
            patterns.append(re.compile(r"[\W_]*".join(map(re.escape, parts))))
        elif len(name) >= SHORTEST:
            patterns.append(re.compile(re.escape(name)))
    return tuple(patterns)


def _is_word(folded: str, start: int, end: int) -> bool:
    """Return whether the text between `start` and `end` is not part of a longer word."""
    neighbours = folded[max(start - 1, 0) : start] + folded[end : end + 1]
    return not any(neighbour.isalnum() and not _JOINED.match(neighbour) for neighbour in neighbours)


def _squeezed(text: str) -> str:
    """Return only the letters and digits of the folded text."""
    return "".join(_PART.findall(_folded(text)[0]))


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the text without case, accents and invisible characters, and the index of each character's original."""
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
