"""Characters that look like one of a keyboard's, or like nothing, and are another one: each with what to type instead.

Word processors, chats and Korean keyboards put them in. In a note they do no harm; in a key, a number, a name, or
between them, they are a mistake that nobody can see, so that messages name the character.
"""

import unicodedata
from functools import cache

from grader.base.language import _

CODE = "other-character"
"""The code of problems with such a character."""

SPACE, END, NOTHING = " ", "\n", ""
INSTEAD: dict[str, str] = {
    SPACE: "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\u2800",
    END: "\x0b\x0c\x85\u2028\u2029",
    NOTHING: "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u3164\ufe0e\ufe0f\ufeff\uffa0",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7\u2796\ufe58\ufe63\u30fc\u3161\u2022\u00b7"
    "\u2023\u25aa\u25cf\u25e6\u30fb",
    "+": "\u2795\ufb29",
    ":": "\u02d0\u05c3\u2236\ua789\ufe13\ufe55\ufe30",
    ",": "\u201a\u060c\u3001\u066b\ufe10\ufe11\ufe50\ufe51\uff64",
    ".": "\u3002\u2024\ufe52\uff61\u06d4",
    "'": "\u2018\u2019\u201b\u2032\u02bc\u00b4\u2039\u203a",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\u300c\u300d\u300e\u300f\u301d\u301e\u301f",
    "[": "\u3010\u3014\u27e6\ufe5d",
    "]": "\u3011\u3015\u27e7\ufe5e",
    "{": "\ufe5b\u2774",
    "}": "\ufe5c\u2775",
    "(": "\ufe59",
    ")": "\ufe5a",
    "_": "\u2017\ufe4d\ufe4e\ufe4f",
    "#": "\ufe5f",
    # letters of Cyrillic, Greek and others that look like Latin ones
    "a": "\u0430\u03b1\u0251",
    "c": "\u0441\u03f2",
    "d": "\u0501",
    "e": "\u0435\u0454\u03b5\u212f",
    "g": "\u0261",
    "h": "\u04bb",
    "i": "\u0456\u03b9\u0131",
    "j": "\u0458\u03f3",
    "k": "\u043a\u03ba",
    "l": "\u04cf",
    "n": "\u0578\u03b7",
    "o": "\u043e\u03bf\u0585",
    "p": "\u0440\u03c1",
    "q": "\u051b",
    "r": "\u0433",
    "s": "\u0455",
    "t": "\u0442\u03c4",
    "u": "\u03c5\u057d",
    "v": "\u03bd\u0475",
    "w": "\u051d",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u04af",
    "A": "\u0410\u0391",
    "B": "\u0412\u0392",
    "C": "\u0421\u03f9",
    "E": "\u0415\u0395",
    "H": "\u041d\u0397",
    "I": "\u0406\u0399",
    "J": "\u0408",
    "K": "\u041a\u039a",
    "L": "\u053c",
    "M": "\u041c\u039c",
    "N": "\u039d",
    "O": "\u041e\u039f",
    "P": "\u0420\u03a1",
    "S": "\u0405",
    "T": "\u0422\u03a4",
    "X": "\u0425\u03a7",
    "Y": "\u03a5\u04ae",
    "Z": "\u0396",
}
"""By what to type instead. Digits of all scripts and full-width characters are added by Unicode's own tables."""
_BY_CHARACTER = {character: instead for instead, several in INSTEAD.items() for character in several}
_CONTROL_NAMES = {"\x0b": "LINE TABULATION", "\x0c": "FORM FEED", "\x85": "NEXT LINE"}


def plain(text: str) -> str:
    """Return the text with what to type in place of each such character."""
    return "".join(map(_instead, text))


def first(text: str) -> int | None:
    """Return the place of the first such character, or None."""
    return next((place for place, character in enumerate(text) if _instead(character) != character), None)


def complaint(text: str) -> str:
    """Return a message about the first such character of a text that should not have one, or empty text."""
    place = first(text)
    return "" if place is None else of_character(text[place])


def of_character(character: str) -> str:
    """Return a message that names the character and says what to type instead."""
    name = unicodedata.name(character, _CONTROL_NAMES.get(character, "?"))
    named = f"{name} (U+{ord(character):04X})"
    match instead := _instead(character):
        case " ":
            return _("this is {named}, not a space; type a space instead", named=named)
        case "\n":
            return _("this is {named}, which ends a line; remove it, or press Enter instead", named=named)
        case "":
            return _("this is {named}, which cannot be seen; remove it", named=named)
    return _(
        "`{character}` is {named}, not `{instead}`; type `{instead}` instead",
        character=character,
        named=named,
        instead=instead,
    )


@cache
def _instead(character: str) -> str:
    """Return what to type in place of the character: itself, if it is no such character."""
    if character.isascii() and character not in "\x0b\x0c":
        return character
    if character in _BY_CHARACTER:
        return _BY_CHARACTER[character]
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 and folded.isascii() and folded.isprintable() else character
