"""The parts that messages share: values, paths, lists of words, and "did you mean"."""

import difflib
from collections.abc import Iterable

from grader.base.language import _

SHOWN_CHARACTERS = 40


def shown(value: object) -> str:
    """Return a value as messages show it: short, on one line, with control characters escaped."""
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


def dotted(path: Iterable[str | int]) -> str:
    """Return a path inside a document as text, such as `claims[2].layer`; items are counted from 0."""
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in path)
    return steps.removeprefix(".")


def listed(words: Iterable[str]) -> str:
    """Return the words with commas between them."""
    return ", ".join(words)


def closest(word: object, words: Iterable[str]) -> str | None:
    """Return the one of `words` that was probably meant, or None."""
    if not isinstance(word, str):
        return None
    known = list(words)
    tidy = word.strip().lower().replace("-", "_").replace(" ", "_")
    return next(iter(difflib.get_close_matches(tidy, known, n=1) or difflib.get_close_matches(word, known, n=1)), None)


def did_you_mean(word: object, words: Iterable[str]) -> str:
    """Return a "did you mean" for the end of a message, or empty text."""
    meant = closest(word, words)
    return _("; did you mean `{meant}`?", meant=meant) if meant else ""
