"""Names of kinds as people write them: read, or led to what to write.

`parsed` reads names such as `positional:-1` and `syntactic:verb_subject`. For any other word, `advice` looks into the
tables of names in publications first, and guesses by the letters only if all near words mean the same.
"""

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from grader.base.language import _
from grader.kinds import PARAMETERS, SPELLINGS, TYPES, kind_name
from grader.kinds.definition import OneOf, Parameter, Value
from grader.kinds.unmeasured import UNMEASURED

Said = Mapping[str, Value]
"""A type, and the values of some or all of its parameters."""

NEAR = 0.75
"""The least likeness of two words, from 0 to 1, of which one may be the other with a slip."""
CLEAR = 0.1
"""The difference in likeness at which the nearest word is meant, whatever the next one means."""
RELATION_WORDS = frozenset(
    word for parameter in PARAMETERS.values() if isinstance(parameter.values, OneOf) for word in parameter.values.words
)
SHORTEST = 5
"""The fewest letters of a word of which another is guessed."""
_BETWEEN = re.compile(r"[\W_]+")
_HEAD = re.compile(r"(?<=.)(heads?|헤드)$")
_KEYS = re.compile(r"\{?\s*(?:type\s*:\s*)?(?P<type>[^,{}]+?)\s*(?P<rest>(?:,[^,{}]*)+)\}?\s*")


class NameFault(ValueError):
    """A name that means no kind; the text says why, and what is allowed."""

    def __init__(self, message: str, code: str = "wrong-type") -> None:
        """Keep the code of the problem beside its message."""
        super().__init__(message)
        self.code = code


def parsed(name: str) -> dict[str, Value]:
    """Return type and parameters in a kind's name: those of `positional:-1`, of `previous_token`, or of a claim's keys.

    Raises:
        NameFault: There is no such type, a value does not fit, or there are too many.
    """
    if keys := _KEYS.fullmatch(name):
        return _of_keys(keys["type"], keys["rest"])
    type_name, *values = (part.strip() for part in name.removeprefix("type:").split(":"))
    if type_name in SPELLINGS and not values:
        of, implied = SPELLINGS[type_name]
        return {"type": of, **implied}
    if type_name not in TYPES:
        known = [*TYPES, *SPELLINGS]
        hint = advice(name, as_name) or advice(type_name, as_name)
        message = _("there is no type `{type}`; known: {known}{hint}", type=name, known=", ".join(known), hint=hint)
        raise NameFault(message, "unknown-type")
    parameters = TYPES[type_name].parameters
    if len(values) > len(parameters):
        kind = ":".join([type_name, *values[: len(parameters)]])
        raise NameFault(_("`{name}`: {type} takes nothing after `{kind}`", name=name, type=type_name, kind=kind))
    return {
        "type": type_name,
        **{each.name: _value(name, each, value) for each, value in zip(parameters, values, strict=False)},
    }


def advice(word: str, form: Callable[[Said], str]) -> str:
    """Return what to write in place of a word, or why it is not measured, for the end of a message."""
    squeezed = _squeezed(word)
    if squeezed in _meanings():
        return _led_to(_meanings()[squeezed], form)
    if len(squeezed) < SHORTEST:
        return ""
    near = [(difflib.SequenceMatcher(None, squeezed, known).ratio(), known) for known in _meanings()]
    best = max(near, default=(0.0, ""))
    meant = [_meanings()[known] for likeness, known in near if likeness > best[0] - CLEAR]
    if best[0] < NEAR or any(each != meant[0] for each in meant):
        return ""
    if isinstance(meant[0], str):
        return _led_to(meant[0], form)
    right = form(meant[0])
    return _("; did you mean `{meant}`?", meant=right if "," in right else right.removeprefix("type: "))


def known(word: str) -> str:
    """Return the keys of a claim for a word that the tables have, else empty text."""
    meaning = _meanings().get(_squeezed(word), "")
    return "" if isinstance(meaning, str) else as_keys(meaning)


def as_name(said: Said) -> str:
    """Return the name as commands take it, such as `syntactic:verb_subject`."""
    values = {each.name: said.get(each.name, each.default) for each in TYPES[str(said["type"])].parameters}
    if len(said) == 1 or None in values.values():
        return str(said["type"])
    return _spelling(said) or kind_name(str(said["type"]), values)


def as_keys(said: Said) -> str:
    """Return the keys of a claim, such as `type: syntactic, relation: verb_subject`."""
    if word := _spelling(said):
        return f"type: {word}"
    return ", ".join(f"{key}: {_shown(key, value)}" for key, value in said.items())


def as_value(parameter: str) -> Callable[[Said], str]:
    """Return a form that gives the value of one parameter, and the keys where a word means something else."""
    return lambda said: _shown(parameter, said[parameter]) if parameter in said else as_keys(said)


def _of_keys(type_name: str, rest: str) -> dict[str, Value]:
    """Return what a claim's keys say, as in `syntactic, relation: verb_subject`."""
    said = parsed(type_name)
    for part in filter(None, map(str.strip, rest.split(","))):
        key, _colon, value = (each.strip() for each in part.partition(":"))
        if key not in PARAMETERS:
            message = _("`{name}` is not a part of a kind; allowed: {allowed}", name=key, allowed=", ".join(PARAMETERS))
            raise NameFault(message)
        said[key] = _value(part, PARAMETERS[key], value)
    return said


def _value(name: str, parameter: Parameter, text: str) -> Value:
    if isinstance(parameter.values, OneOf):
        if text in parameter.values.words:
            return text
        allowed = ", ".join(parameter.values.words)
        message = _("`{name}`: `{text}` is not one of {allowed}", name=name, text=text, allowed=allowed)
        raise NameFault(message + advice(text, as_value(parameter.name)))
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text):
        raise NameFault(_("`{name}`: `{text}` is not a whole number", name=name, text=text))
    return int(text)


def _shown(key: str, value: Value) -> str:
    return PARAMETERS[key].shown(value) if key in PARAMETERS else str(value)


def _spelling(said: Said) -> str | None:
    """Return the word of its own for what is said, unless it is a parameter's word."""
    words = (word for word, (of, values) in SPELLINGS.items() if {"type": of, **values} == dict(said))
    return next((word for word in words if word not in RELATION_WORDS), None)


def _led_to(meaning: Said | str, form: Callable[[Said], str]) -> str:
    if isinstance(meaning, str):
        return f"; {_(meaning)}"
    return _("; write `{right}`", right=form(meaning))


@cache
def _meanings() -> dict[str, Said | str]:
    """Return what each known word means, without its spaces: a kind, or the reason why it is not measured."""
    meanings: dict[str, Said | str] = {
        _squeezed(word): why for words, why in UNMEASURED.items() for word in words.split(", ")
    }
    for head_type in TYPES.values():
        for words, values in {**head_type.also_called, **head_type.spellings, head_type.name: {}}.items():
            meanings |= {_squeezed(word): {"type": head_type.name, **values} for word in words.split(", ")}
    return meanings


def _squeezed(word: str) -> str:
    """Return the word in lower case, without spaces, hyphens and a final "head"."""
    return _HEAD.sub("", _BETWEEN.sub("", unicodedata.normalize("NFKC", word).casefold()))
