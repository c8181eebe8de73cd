"""How a value, a path and a guess at what was meant are written in a message."""

import difflib
from collections.abc import Iterable

from grader.base.language import _

SHOWN_CHARACTERS = 40


def shown(value: object) -> str:
    """A value as a message shows it: short, on one line, control characters escaped."""
    match value:
        case None:
            return _("nothing")
        case bool():
            return "true" if value else "false"
        case str():
            text = value if len(value) <= SHOWN_CHARACTERS else value[: SHOWN_CHARACTERS - 1] + "…"
            return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
        case dict():
            return _("a mapping")
        case tuple() | list():
            return _("a list")
    return shown(str(value))


def where(path: Iterable[str | int]) -> str:
    """A path inside a document, such as `claims[2].layer`; items are counted from 0."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in path)
    return steps.removeprefix(".")


def listed(words: Iterable[str]) -> str:
    """The words that are allowed, as a sentence lists them."""
    return ", ".join(words)


def guess(word: object, words: Iterable[str]) -> str | None:
    """The one of the words that was probably meant."""
    if not isinstance(word, str):
        return None
    known = list(words)
    tidy = word.strip().lower().replace("-", "_").replace(" ", "_")
    return next(iter(difflib.get_close_matches(tidy, known, n=1) or difflib.get_close_matches(word, known, n=1)), None)


def did_you_mean(word: object, words: Iterable[str]) -> str:
    """A question to end a message with, or nothing."""
    meant = guess(word, words)
    return _("; did you mean `{meant}`?", meant=meant) if meant else ""
