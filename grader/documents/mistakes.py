"""Pydantic's errors as problems with a line, a column and a message that helps the author of the document.

Each type of error has one small function that returns a stable code and a message: what is wrong, what is allowed,
and what was probably meant. A mistake is reported once, without the errors that only follow from it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from grader.base.errors import Problem
from grader.base.language import N_, _, ngettext
from grader.documents import characters, head_notation
from grader.documents.json_schema import Allowed, in_words
from grader.documents.messages import closest, did_you_mean, dotted, listed, shown
from grader.documents.plain_yaml import Document, KeyPath
from grader.kinds import SPELLINGS, naming
from grader.schema import HeadIndex, head_name
from grader.schema.moments import BY_THE_CLOCK

Explanation = tuple[str, str]
"""A stable code and a message."""

_NUMBER_AS_TEXT = re.compile(r"\s*([-+]?)0*(\d{1,18}(?:\.\d+)?)\s*", re.ASCII)
_PLAIN_ONLY = frozenset(
    (
        "extra_forbidden",
        "literal_error",
        "int_type",
        "float_type",
        "bool_type",
        "string_pattern_mismatch",
        "value_error",
    )
)
"""Pydantic's names for errors of what is typed in plain characters."""
_SAMPLE = "2026-12-01T23:59:00+01:00"
_INTO_VALUE = N_(
    "`into` cannot be `value`: a value changes what the receiver writes, and not where it looks; write key or query"
)
_PLACES = frozenset(("path", "folder", "file", "dir", "directory", "local"))
"""Keys with which an author may try to say where a transformer's files are."""
_PLACED = N_(
    "; an exercise does not say where the files are, because that differs on every machine: give `--transformer PATH` "
    "to the command, or set GRADER_TRANSFORMER_<NAME>"
)
_NAMED = re.compile(r"`(\w+)`")


@dataclass(frozen=True)
class Mistake:
    """One of pydantic's errors, with everything that is needed to explain it."""

    type: str
    """Pydantic's name for the error, such as `int_type`."""
    path: KeyPath
    given: object
    limits: Mapping[str, Any]
    written: str
    """The value as the document has it, shortened."""
    allowed: Allowed
    torn_off: str = ""
    """The rest of a value in round brackets, which a comma inside braces has made a key: `9)` of `(9, 9)`."""

    @property
    def name(self) -> str:
        """The field, such as `layer` or `claims[2]`."""
        is_key = bool(self.path) and isinstance(self.path[-1], str)
        return dotted(self.path[-1:] if is_key else self.path) or _("the file")

    @property
    def parent(self) -> KeyPath:
        """The path of the mapping or list that holds the field."""
        return self.path[:-1]

    @property
    def inside(self) -> str:
        """The parent in words, for a message after the field's name."""
        return _(" in {place}", place=dotted(self.parent)) if self.parent else ""

    def explanation(self) -> Explanation:
        """Return the code and the message."""
        return _EXPLAIN.get(self.type, _anything_else)(self)

    def other_character(self) -> str | None:
        """Return the first character that looks like what is allowed here and is not, or None."""
        typed = str(self.path[-1]) if self.type == "extra_forbidden" else self.given
        if isinstance(typed, dict) and self.culprit() == (*self.path, "type"):
            typed = typed.get("type")
        if self.type not in _PLAIN_ONLY or not isinstance(typed, str):
            return None
        allowed = r"\w" if r"\w" in str(self.limits.get("pattern", "")) else r"[^\W\w]"  # or nothing at all
        odd = (each for each in typed if characters.plain(each) != each and not re.fullmatch(allowed, each))
        return next(odd, None)

    def culprit(self) -> KeyPath:
        """Return the path to point at: for a rule over several keys, the first key in the document that it names."""
        if self.type == "value_error" and isinstance(self.given, dict):
            message = str(self.limits["error"])
            for key in (*_NAMED.findall(message), message.partition(" ")[0]):
                if key in self.given and key in self.allowed.keys(self.path):
                    return (*self.path, key)
        return self.path


def explained(error: ValidationError, document: Document, record: type[BaseModel], limit: int) -> list[Problem]:
    """Return one problem for each mistake; only the first `limit` + 1 errors are explained, to save time."""
    allowed = Allowed(record)
    details = sorted(error.errors(include_url=False), key=lambda detail: document.spot(detail["loc"]))
    mistakes = [
        Mistake(
            detail["type"],
            detail["loc"],
            detail["input"],
            detail.get("ctx", {}),
            _as_written(document, detail),
            allowed,
            _torn_off(document, detail),
        )
        for detail in details[: limit + 1]
    ]
    problems = []
    for mistake in _without_echoes(mistakes, document):
        at_key = mistake.type == "extra_forbidden"
        if other := mistake.other_character():
            spot = document.character(mistake.culprit(), other, at_key=at_key)
            message = f"`{shown(mistake.culprit()[-1])}`: {characters.of_character(other)}"
            problems.append(document.problem(characters.CODE, message, mistake.culprit(), at_key=at_key, spot=spot))
            continue
        code, message = mistake.explanation()
        problems.append(document.problem(code, message, mistake.culprit(), at_key=at_key))
    return problems


def explanation_of(detail: ErrorDetails, record: type[BaseModel]) -> Explanation:
    """Return the code and the message for one of pydantic's errors about values that are in no document."""
    limits = detail.get("ctx", {})
    given = shown(detail["input"])
    return Mistake(detail["type"], detail["loc"], detail["input"], limits, given, Allowed(record)).explanation()


def _as_written(document: Document, detail: ErrorDetails) -> str:
    """Return the value as the document has it: `5.10`, not 5.1."""
    return shown(None if detail["input"] is None else document.written.get(detail["loc"], detail["input"]))


def _torn_off(document: Document, detail: ErrorDetails) -> str:
    if not str(detail["input"]).startswith("("):
        return ""
    keys = document.at(detail["loc"][:-1])
    return next((f",{key}" for key in keys if key.endswith(")")), "") if isinstance(keys, dict) else ""


def _without_echoes(mistakes: list[Mistake], document: Document) -> list[Mistake]:
    """Leave out mistakes that only follow from another one, such as a key that is missing because it is misspelt."""
    known = {problem.where for problem in document.problems if problem.code != "duplicate-key"}
    misspelt = {
        (*mistake.parent, closest(mistake.path[-1], mistake.allowed.keys(mistake.parent)))
        for mistake in mistakes
        if mistake.type == "extra_forbidden"
    }
    torn = {(*mistake.parent, mistake.torn_off) for mistake in mistakes if mistake.torn_off}

    def is_echo(mistake: Mistake) -> bool:
        if mistake.type == "too_short":  # pydantic counts only the valid items
            return isinstance(mistake.given, tuple) and len(mistake.given) >= mistake.limits["min_length"]
        if mistake.type == "extra_forbidden":
            return (*mistake.parent, f",{mistake.path[-1]}") in torn
        return dotted(mistake.path) in known or (mistake.type == "missing" and mistake.path in misspelt)

    return [mistake for mistake in mistakes if not is_echo(mistake)]


def _missing(mistake: Mistake) -> Explanation:
    required = listed(mistake.allowed.required(mistake.parent))
    message = N_("`{name}` is missing{inside}; required: {required}")
    return "missing-key", _(message, name=mistake.name, inside=mistake.inside, required=required)


def _unknown_key(mistake: Mistake) -> Explanation:
    keys = mistake.allowed.keys(mistake.parent)
    before, colon, after = str(mistake.path[-1]).partition(":")
    if "layer" in keys and (place := head_notation.read(str(mistake.path[-1]))) is not None:
        hint = head_notation.advice(place, str(mistake.path[-1]))
    elif str(mistake.path[-1]) in _PLACES and "hub" in keys:
        hint = _(_PLACED)
    elif colon and before in keys:
        hint = _("; put a space after the colon: `{right}`", right=f"{before}: {shown(after)}")
    else:
        hint = did_you_mean(mistake.path[-1], keys)
    message = N_("unknown key `{name}`{inside}; allowed: {allowed}{hint}")
    return "unknown-key", _(message, name=mistake.name, inside=mistake.inside, allowed=listed(keys), hint=hint)


def _not_a_choice(mistake: Mistake) -> Explanation:
    words = mistake.allowed.words(mistake.path)
    hint = _kind_meant(mistake) if set(words) & set(SPELLINGS) else did_you_mean(mistake.given, words)
    code = f"unknown-{mistake.name.replace('_', '-')}"
    if (mistake.name, mistake.given) == ("into", "value"):
        return code, _(_INTO_VALUE)
    message = N_("`{name}` cannot be {what}; allowed: {allowed}{hint}")
    return code, _(message, name=mistake.name, what=_what(mistake), allowed=listed(words), hint=hint)


def _kind_meant(mistake: Mistake) -> str:
    """Return what to write for a word that should be a type or a relation."""
    if not isinstance(mistake.given, str):
        return ""
    return naming.advice(mistake.given, naming.as_keys if mistake.name == "type" else naming.as_value(mistake.name))


def _not_whole(mistake: Mistake) -> Explanation:
    if (place := _place(mistake)) is not None:
        hint = head_notation.advice(place, mistake.written)
        if type(mistake.given) is float:
            reading = _("; YAML reads {written} as the number {number}", written=mistake.written, number=mistake.given)
            hint = reading + hint
        message = N_("`{name}` must be one whole number, not `{written}`{hint}")
        return "head-notation", _(message, name=mistake.name, written=mistake.written, hint=hint)
    message = N_("`{name}` must be a whole number, not {what}{hint}")
    return "wrong-type", _(message, name=mistake.name, what=_what(mistake), hint=_as_number(mistake))


def _place(mistake: Mistake) -> HeadIndex | None:
    """Return the head that a layer or a head gives in one of the notations for both."""
    if mistake.name not in ("layer", "head"):
        return None
    match mistake.given:
        case (int(layer), int(head)):
            return layer, head
        case tuple():
            return None
    return head_notation.read(mistake.written + mistake.torn_off)


def _not_a_number(mistake: Mistake) -> Explanation:
    message = N_("`{name}` must be a number, not {what}{hint}")
    return "wrong-type", _(message, name=mistake.name, what=_what(mistake), hint=_as_number(mistake))


def _as_number(mistake: Mistake) -> str:
    if isinstance(mistake.given, str) and (number := _NUMBER_AS_TEXT.fullmatch(mistake.given)):
        plain = number[1].replace("+", "") + number[2]
        if plain == mistake.given.strip():
            return _(", which is text; write {number} without quotes", number=plain)
        return _(", which is text; write {number} instead", number=plain)
    return ""


def _not_text(mistake: Mistake) -> Explanation:
    is_scalar = isinstance(mistake.given, bool | int | float)
    hint = _('; put it in quotes: "{written}"', written=mistake.written) if is_scalar else ""
    message = N_("`{name}` must be text, not {what}{hint}")
    return "wrong-type", _(message, name=mistake.name, what=_what(mistake), hint=hint)


def _not_true_or_false(mistake: Mistake) -> Explanation:
    return "wrong-type", _("`{name}` must be true or false, not {what}", name=mistake.name, what=_what(mistake))


def _not_a_list(mistake: Mistake) -> Explanation:
    message = N_("`{name}` must be a list (each item on a line of its own, after `- `), not {what}")
    return "wrong-type", _(message, name=mistake.name, what=_what(mistake))


def _not_a_mapping(mistake: Mistake) -> Explanation:
    keys = mistake.allowed.required(mistake.path)
    subject = f"`{mistake.name}`" if mistake.path else mistake.name
    has = _(" with {keys}", keys=listed(f"`{key}:`" for key in keys)) if keys else ""
    if not keys and (optional := mistake.allowed.keys(mistake.path)):
        has = _(" with any of {keys}", keys=listed(f"`{key}:`" for key in optional))
    hint = _as_claim(mistake.given) if "layer" in keys else ""
    code = "wrong-type" if mistake.path else "not-a-mapping"
    message = N_("{subject} must be a mapping{has}, not {what}{hint}")
    return code, _(message, subject=subject, has=has, what=_what(mistake), hint=hint)


def _as_claim(given: object) -> str:
    """Return how to write a claim that is only a head, or a head and a word, for the end of a message."""
    match given:
        case (int(layer), int(head), *words):
            text = " ".join([head_name(layer, head), *map(str, words)])
        case _:
            text = str(given)
    if (found := head_notation.at_beginning(text)) is None:
        return ""
    place, word = found
    return head_notation.advice(place, text) + (naming.advice(word, naming.as_keys) if word else "")


def _what(mistake: Mistake) -> str:
    is_scalar = isinstance(mistake.given, bool | int | float | str)
    return f"`{mistake.written}`" if is_scalar else shown(mistake.given)


def _out_of_range(mistake: Mistake) -> Explanation:
    message = N_("`{name}` must be {range}, not `{written}`")
    return "out-of-range", _(
        message, name=mistake.name, range=mistake.allowed.range(mistake.path), written=mistake.written
    )


def _text_too_long(mistake: Mistake) -> Explanation:
    most, length = mistake.limits["max_length"], len(str(mistake.given))
    message = N_("`{name}` has {length} characters; the limit is {most}")
    return "too-long", _(message, name=mistake.name, length=length, most=most)


def _too_many(mistake: Mistake) -> Explanation:
    message = N_("`{name}` has too many items; the limit is {most}")
    return "too-long", _(message, name=mistake.name, most=mistake.limits["max_length"])


def _text_too_short(mistake: Mistake) -> Explanation:
    message = N_("`{name}` is empty; give it a value, or leave the key out if it is optional")
    return "too-short", _(message, name=mistake.name)


def _too_few(mistake: Mistake) -> Explanation:
    least = mistake.limits["min_length"]
    return "too-short", ngettext(
        "`{name}` needs at least {number} item", "`{name}` needs at least {number} items", least, name=mistake.name
    )


def _bad_name(mistake: Mistake) -> Explanation:
    message, words = N_("`{name}` is `{written}`; it must be {words}"), in_words(mistake.limits["pattern"])
    return "bad-name", _(message, name=mistake.name, words=words, written=mistake.written)


def _rule_of_the_record(mistake: Mistake) -> Explanation:
    """Return the message of a record's own rule; it names the keys to fix in backticks."""
    if mistake.allowed.is_moment(mistake.path):
        return _not_a_moment(mistake)
    message = str(mistake.limits["error"])
    given = mistake.given if isinstance(mistake.given, dict) else {}
    named = [key for key in _NAMED.findall(message) if key in mistake.allowed.keys(mistake.path)]
    if not named or any(key in given for key in named):
        return "does-not-fit", message
    words = mistake.allowed.words((*mistake.path, named[0]))
    return "missing-key", message + (_("; allowed: {words}", words=listed(words)) if words else "")


def _not_a_moment(mistake: Mistake) -> Explanation:
    try:
        date = datetime.fromisoformat(mistake.written)
    except ValueError:
        missing = ""
    else:
        has_time = len(mistake.written) > len(f"{date:%Y-%m-%d}")
        missing = (
            _("; the time zone is missing ({zone}, Z for UTC, or `time_zone`)", zone=_SAMPLE[-6:])
            if has_time
            else _(
                "; the time and the time zone are missing ({zone}, Z for UTC, or `time_zone`)",
                zone=_SAMPLE[-6:],
            )
        )
    message = N_("`{name}` must be a date with time and time zone, such as {sample}, not {what}{missing}")
    return "bad-date", _(message, name=mistake.name, sample=_SAMPLE, what=_what(mistake), missing=missing)


def _not_one_moment(mistake: Mistake) -> Explanation:
    return "bad-date", f"`{mistake.name}`: {mistake.limits['message']}"


def _anything_else(mistake: Mistake) -> Explanation:
    return "wrong-value", _("`{name}` cannot be {what}", name=mistake.name, what=_what(mistake))


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
    BY_THE_CLOCK: _not_one_moment,
    "value_error": _rule_of_the_record,
}
