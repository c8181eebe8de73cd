"""The parts that messages share: values, paths, lists of words, and "did you mean"."""

import difflib
from collections.abc import Iterable

from grader.base.language import _

SHOWN_CHARACTERS = 40
NEAR = 0.6
"""The least likeness of two words, from 0 to 1, of which one may be the other with a slip."""
CLEAR = 0.02
"""The lead in likeness over every other word without which a word is not guessed: it could be the other one."""

OTHER_KEYS = {
    **dict.fromkeys(("kind", "role", "label", "category", "head_type", "종류", "유형"), "type"),
    **dict.fromkeys(("layer_idx", "layer_index", "block", "레이어", "층"), "layer"),
    **dict.fromkeys(("head_idx", "head_index", "헤드"), "head"),
    **dict.fromkeys(("reason", "comment", "메모"), "note"),
    **dict.fromkeys(("sentence", "text", "example", "근거", "증거"), "evidence"),
    **dict.fromkeys(("name", "이름", "학생"), "student"),
    **dict.fromkeys(("heads", "주장"), "claims"),
    "오프셋": "offset",
    "관계": "relation",
}
"""Other words that people write for the keys of a submission."""


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
    if (other := OTHER_KEYS.get(word.strip().lower())) in known:
        return other
    tidy = word.strip().lower().replace("-", "_").replace(" ", "_")
    likeness = {
        right: max(difflib.SequenceMatcher(None, each, right).ratio() for each in (word, tidy)) for right in known
    }
    best = sorted(likeness, key=likeness.__getitem__, reverse=True)[:2]
    is_clear = len(best) == 1 or (len(best) == 2 and likeness[best[0]] - likeness[best[1]] > CLEAR)
    return best[0] if is_clear and likeness[best[0]] >= NEAR else None


def did_you_mean(word: object, words: Iterable[str]) -> str:
    """Return a "did you mean" for the end of a message, or empty text."""
    meant = closest(word, words)
    return _("; did you mean `{meant}`?", meant=meant) if meant else ""
