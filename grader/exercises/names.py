"""Names of kinds, statistics and slices: as people write them, and as they are shown."""

from pydantic import ValidationError

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.documents import characters
from grader.kinds import naming
from grader.schema import HeadIndex, Kind, Statistic, head_name

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
    try:
        return Kind.model_validate(data)
    except ValidationError as error:
        problems = (str(each.get("ctx", {}).get("error", each["msg"])) for each in error.errors())
        raise InvalidInput(source, [Problem("unknown-type", f"`{name}`: {'; '.join(problems)}")]) from None


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
