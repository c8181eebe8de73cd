"""Names of kinds, statistics and slices: as people write them, and as they are shown."""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.documents import characters, head_notation, listed, shown
from grader.kinds import TYPES, naming
from grader.kinds.definition import OneOf
from grader.schema import HeadIndex, Kind, Statistic, head_name

K = TypeVar("K", bound=Kind)

STATISTICS: dict[Statistic, str] = {
    "share": N_("share"),
    "hit_rate": N_("hit rate"),
    "lead": N_("lead"),
    "lift": N_("lift"),
}
SLICES = (
    N_("random"),
    N_("text"),
    N_("repeats"),
    N_("near"),
    N_("far"),
    N_("split"),
    N_("whole"),
    N_("all"),
    N_("nearest"),
    N_("apart"),
    N_("attributive"),
    N_("predicative"),
    N_("same_number"),
    N_("other_number"),
    N_("own_trade"),
    N_("crossed"),
    N_("main"),
    N_("embedded"),
    N_("first"),
    N_("second"),
    N_("third"),
)
"""The slices of our probes; an instructor's own sentences may have other groups."""


FAMILIES = {"decoder": N_("decoder"), "encoder": N_("encoder")}


def statistic(name: Statistic) -> str:
    """Return the statistic in words."""
    return _(STATISTICS[name])


def kind_named(name: str, source: str = "--type") -> Kind:
    """Return the kind that a name such as `positional:+1` or `syntactic:verb_subject:forward` means.

    Raises:
        InvalidInput: There is no such kind; `source` is the input's name in the message.
    """
    if character := characters.complaint(name):
        raise InvalidInput(source, [Problem(characters.CODE, f"`{name}`: {character}")])
    try:
        data = naming.parsed(name)
    except naming.NameFault as fault:
        raise InvalidInput(source, [Problem(fault.code, str(fault))]) from None
    for parameter in TYPES[str(data["type"])].parameters:
        if parameter.default is None and isinstance(parameter.values, OneOf) and parameter.name not in data:
            allowed = listed(f"{data['type']}:{word}" for word in parameter.values.words)
            message = _(
                "`{name}` needs a {parameter}; allowed: {allowed}", name=name, parameter=parameter.name, allowed=allowed
            )
            raise InvalidInput(source, [Problem("missing-key", message)])
    try:
        return Kind.model_validate(data)
    except ValidationError as error:
        problems = (str(each.get("ctx", {}).get("error", each["msg"])) for each in error.errors())
        raise InvalidInput(source, [Problem("unknown-type", f"`{name}`: {'; '.join(problems)}")]) from None


def meant_by(word: str, kinds: Sequence[K]) -> list[K]:
    """Return those of the kinds that a word means: by name, by type or parameter, or by another spelling."""
    exact = [kind for kind in kinds if kind.name == word]
    if found := exact or [kind for kind in kinds if word in (kind.type, *kind.parameters.values())]:
        return found
    try:
        name = kind_named(word).name
    except InvalidInput:
        return []
    return [kind for kind in kinds if kind.name == name]


def typed(kind: Kind) -> str:
    """Return the keys of a claim of this kind, such as `type: syntactic, relation: verb_subject`."""
    return naming.as_keys(keys_of(kind))


def keys_of(kind: Kind) -> dict[str, Any]:
    """Return the keys of a claim of this kind with their values, without those that have their default."""
    given = {
        each.name: kind.parameters[each.name]
        for each in kind.head_type.parameters
        if each.always_named or kind.parameters[each.name] != each.default
    }
    return {"type": kind.type, **given}


def head_named(words: Sequence[str], size: tuple[int, int], transformer: str, source: str) -> HeadIndex:
    """Return layer and head from two numbers, or from one word as reports print it, such as `L0H3`.

    Raises:
        InvalidInput: They name no head of a transformer of this size; `source` is the command.
    """
    text = " ".join(words)
    if complaint := characters.complaint(text):
        raise InvalidInput(source, [Problem(characters.CODE, f"`{shown(text)}`: {complaint}")])
    if printed := head_notation.PRINTED.fullmatch(text.strip()):
        place = int(printed[1]), int(printed[2])
    elif numbers := re.fullmatch(r"([0-9]{1,9}) ([0-9]{1,9})", text):
        place = int(numbers[1]), int(numbers[2])
    else:
        raise InvalidInput(source, [Problem("head-notation", _form_of_head(text, size, transformer, source))])
    refuse_missing(place, size, transformer, source)
    return place


def _form_of_head(text: str, size: tuple[int, int], transformer: str, source: str) -> str:
    message = _(
        "`{text}` is not a layer and a head, as in `{command} 0 3` or `{command} L0H3`; {transformer} has layers 0 to "
        "{last_layer}, heads 0 to {last_head}",
        text=shown(text),
        command=source,
        transformer=transformer,
        last_layer=size[0] - 1,
        last_head=size[1] - 1,
    )
    if (place := head_notation.read(text)) is None:
        return message
    return message + _("; write `{right}`", right=f"{source} {place[0]} {place[1]}")


def refuse_missing(place: HeadIndex, size: tuple[int, int], transformer: str, source: str) -> None:
    """Refuse a head that a transformer of this many layers, with this many heads in each, does not have.

    Raises:
        InvalidInput: The transformer has no such head; `source` is the input's name in the message.
    """
    if not all(0 <= number < count for number, count in zip(place, size, strict=True)):
        layers, heads = size
        message = _(
            "{transformer} has no head {place}: layers are 0 to {last_layer}, heads 0 to {last_head}",
            transformer=transformer,
            place=head_name(*place),
            last_layer=layers - 1,
            last_head=heads - 1,
        )
        raise InvalidInput(source, [Problem("no-such-head", message)])
