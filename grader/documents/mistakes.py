"""What pydantic finds wrong with a document, in words that its writer can act on.

Each kind of error has one small function, which gives a stable code and a message: what is wrong, what is
allowed, and what was probably meant.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from grader.documents.allowed import Allowed
from grader.documents.plain_yaml import Path
from grader.documents.wording import did_you_mean, listed, shown, where

PATTERNS = {
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "lower-case words and digits joined by hyphens, such as mini-heads",
    r"^[\w][\w.@+ -]*$": "letters, digits, spaces and . @ + -, beginning with a letter or a digit",
    r"^[0-9a-f]{64}$": "a SHA-256: 64 digits and letters from a to f",
    r"^[0-9a-f]{40}$": "a full commit: 40 digits and letters from a to f",
    r"^[\w.-]+/[\w.-]+$": "owner/name",
    r"^[\w-]+(/[\w-][\w.-]*)*$": "a relative path inside the package, joined by /",
    r"^[\w.-]+\.gguf$": "a file name that ends in .gguf",
}
"""The patterns of the records, in words."""

Explanation = tuple[str, str]
"""A stable code and a message."""

_HEAD_NOTATION = re.compile(r"\s*[lL]?(\d{1,3})\s*[.:/,hH]\s*[hH]?(\d{1,3})\s*")
_NUMBER_AS_TEXT = re.compile(r"\s*([-+]?)0*(\d{1,18}(?:\.\d+)?)\s*")
_SAMPLE = "2026-12-01T23:59:00+01:00"
_NAMED = re.compile(r"`(\w+)`")


@dataclass(frozen=True)
class Mistake:
    """One of pydantic's errors, with what is needed to explain it."""

    type: str
    path: Path
    given: object
    limits: Mapping[str, Any]
    written: str
    """The value as the document has it, shortened."""
    allowed: Allowed

    @property
    def name(self) -> str:
        """The field, such as `layer` or `claims[2]`."""
        is_key = bool(self.path) and isinstance(self.path[-1], str)
        return where(self.path[-1:] if is_key else self.path) or "the file"

    @property
    def parent(self) -> Path:
        """Where the field stands."""
        return self.path[:-1]

    @property
    def inside(self) -> str:
        """The parent in words, to be put after the field."""
        return f" in {where(self.parent)}" if self.parent else ""

    def explained(self) -> Explanation:
        """The code and the message."""
        return _EXPLAIN.get(self.type, _anything_else)(self)


def _missing(mistake: Mistake) -> Explanation:
    needed = listed(mistake.allowed.required(mistake.parent))
    return "missing-key", f"`{mistake.name}` is missing{mistake.inside}; needed: {needed}"


def _unknown_key(mistake: Mistake) -> Explanation:
    keys = mistake.allowed.keys(mistake.parent)
    before, colon, after = str(mistake.path[-1]).partition(":")
    if colon and before in keys:
        hint = f"; a space belongs after the colon: `{before}: {shown(after)}`"
    else:
        hint = did_you_mean(mistake.path[-1], keys)
    return "unknown-key", f"unknown key `{mistake.name}`{mistake.inside}; allowed: {listed(keys)}{hint}"


def _not_a_choice(mistake: Mistake) -> Explanation:
    words = mistake.allowed.words(mistake.path)
    hint = did_you_mean(mistake.given, words)
    code = f"unknown-{mistake.name.replace('_', '-')}"
    return code, f"`{mistake.name}` cannot be {_what(mistake)}; allowed: {listed(words)}{hint}"


def _not_whole(mistake: Mistake) -> Explanation:
    is_place = mistake.name in ("layer", "head")
    if is_place and (place := _HEAD_NOTATION.fullmatch(mistake.written)):
        why = f"YAML reads {mistake.written} as the number {mistake.given}; " if type(mistake.given) is float else ""
        said = f"{why}write layer: {int(place[1])}, head: {int(place[2])}"
        return "head-notation", f"`{mistake.name}` is one whole number, not `{mistake.written}`; {said}"
    return "wrong-type", f"`{mistake.name}` must be a whole number, not {_what(mistake)}{_as_number(mistake)}"


def _not_a_number(mistake: Mistake) -> Explanation:
    return "wrong-type", f"`{mistake.name}` must be a number, not {_what(mistake)}{_as_number(mistake)}"


def _as_number(mistake: Mistake) -> str:
    if isinstance(mistake.given, str) and (number := _NUMBER_AS_TEXT.fullmatch(mistake.given)):
        plain = number[1].replace("+", "") + number[2]
        return f", which is text; write {plain} " + ("without quotes" if plain == mistake.given.strip() else "instead")
    return ""


def _not_text(mistake: Mistake) -> Explanation:
    is_scalar = isinstance(mistake.given, bool | int | float)
    hint = f'; put it in quotes: "{mistake.written}"' if is_scalar else ""
    return "wrong-type", f"`{mistake.name}` must be text, not {_what(mistake)}{hint}"


def _not_true_or_false(mistake: Mistake) -> Explanation:
    return "wrong-type", f"`{mistake.name}` must be true or false, not {_what(mistake)}"


def _not_a_list(mistake: Mistake) -> Explanation:
    said = f"`{mistake.name}` must be a list (each item on a line of its own, after `- `), not {_what(mistake)}"
    return "wrong-type", said


def _not_a_mapping(mistake: Mistake) -> Explanation:
    keys = mistake.allowed.required(mistake.path)
    subject = f"`{mistake.name}`" if mistake.path else "the file"
    has = f" with {listed(f'`{key}:`' for key in keys)}" if keys else ""
    if not keys and (optional := mistake.allowed.keys(mistake.path)):
        has = f" with any of {listed(f'`{key}:`' for key in optional)}"
    found = _HEAD_NOTATION.match(mistake.written)
    hint = f"; write layer: {int(found[1])}, head: {int(found[2])}" if found and "layer" in keys else ""
    code = "wrong-type" if mistake.path else "not-a-mapping"
    return code, f"{subject} must be a mapping{has}, not {_what(mistake)}{hint}"


def _what(mistake: Mistake) -> str:
    is_scalar = isinstance(mistake.given, bool | int | float | str)
    return f"`{mistake.written}`" if is_scalar else shown(mistake.given)


def _out_of_range(mistake: Mistake) -> Explanation:
    said = f"`{mistake.name}` must be {mistake.allowed.range(mistake.path)}, not `{mistake.written}`"
    return "out-of-range", said


def _text_too_long(mistake: Mistake) -> Explanation:
    most, length = mistake.limits["max_length"], len(str(mistake.given))
    return "too-long", f"`{mistake.name}` has {length} characters; {most} are the most"


def _too_many(mistake: Mistake) -> Explanation:
    most = mistake.limits["max_length"]
    return "too-long", f"`{mistake.name}` has more than {most} items; {most} are the most"


def _text_too_short(mistake: Mistake) -> Explanation:
    return (
        "too-short",
        f"`{mistake.name}` is empty; write something after it, or leave the key out where it is optional",
    )


def _too_few(mistake: Mistake) -> Explanation:
    least = mistake.limits["min_length"]
    return "too-short", f"`{mistake.name}` needs at least {least} item{'s' * (least > 1)}"


def _bad_name(mistake: Mistake) -> Explanation:
    words = PATTERNS.get(mistake.limits["pattern"], f"of the form {mistake.limits['pattern']}")
    return "bad-name", f"`{mistake.name}` must be {words}; not `{mistake.written}`"


def _rule_of_the_record(mistake: Mistake) -> Explanation:
    """A sentence of the schema's own; the keys that it names in backticks are the ones to mend."""
    if mistake.allowed.is_moment(mistake.path):
        return _not_a_moment(mistake)
    said = str(mistake.limits["error"])
    given = mistake.given if isinstance(mistake.given, dict) else {}
    named = [key for key in _NAMED.findall(said) if key in mistake.allowed.keys(mistake.path)]
    if not named or any(key in given for key in named):
        return "does-not-fit", said
    words = mistake.allowed.words((*mistake.path, named[0]))
    return "missing-key", said + (f"; allowed: {listed(words)}" if words else "")


def _not_a_moment(mistake: Mistake) -> Explanation:
    try:
        found = datetime.fromisoformat(mistake.written)
    except ValueError:
        lacks = ""
    else:
        has_time = len(mistake.written) > len(f"{found:%Y-%m-%d}")
        lacks = f"; {'the zone is' if has_time else 'time and zone are'} missing ({_SAMPLE[-6:]}, or Z for UTC)"
    said = f"`{mistake.name}` must be a date with its time and zone, such as {_SAMPLE}, not {_what(mistake)}"
    return "bad-date", said + lacks


def culprit(mistake: Mistake) -> Path:
    """The place to point at: for a rule over several keys, the first given one that the rule names."""
    if mistake.type == "value_error" and isinstance(mistake.given, dict):
        said = str(mistake.limits["error"])
        for key in (*_NAMED.findall(said), said.partition(" ")[0]):
            if key in mistake.given and key in mistake.allowed.keys(mistake.path):
                return (*mistake.path, key)
    return mistake.path


def _anything_else(mistake: Mistake) -> Explanation:
    return "wrong-value", f"`{mistake.name}` cannot be {_what(mistake)}"


_EXPLAIN: dict[str, Callable[[Mistake], Explanation]] = {
    "missing": _missing,
    "extra_forbidden": _unknown_key,
    "literal_error": _not_a_choice,
    "int_type": _not_whole,
    "float_type": _not_a_number,
    "string_type": _not_text,
    "bool_type": _not_true_or_false,
    "tuple_type": _not_a_list,
    "dict_type": _not_a_mapping,
    "model_type": _not_a_mapping,
    "greater_than": _out_of_range,
    "greater_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "less_than_equal": _out_of_range,
    "string_too_long": _text_too_long,
    "string_too_short": _text_too_short,
    "too_long": _too_many,
    "too_short": _too_few,
    "string_pattern_mismatch": _bad_name,
    "value_error": _rule_of_the_record,
}
