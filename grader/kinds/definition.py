"""What there is to say of a type of head: one record that holds all of it.

A type is what a head does (`positional`, `induction`); a kind is a type with a value for each of its parameters
(`positional:-1`). Everything about a type stands in one file under `grader/kinds/types`; tables, pages, style sheets,
schemas and documents are made from there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, get_args

from grader.base.errors import GraderError

if TYPE_CHECKING:
    from grader.kinds.masks import Question

T = TypeVar("T")
Statistic = Literal["share", "hit_rate", "lead", "lift"]
Value = int | str
Parameters = Mapping[str, Any]
"""A value for each parameter of a type, by the parameter's name."""

STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
SHARED_PROBES = ("random_tokens", "running_text", "repeats", "annotated:{relation}", "categories", "rare_words")
"""The families of probes in `grader/measuring/probes`; a place in braces is filled with the kind's parameter."""
LEFT_OUT: Any = None
"""The default of what every type needs."""
LEAST_SOURCE = 20
"""Characters of a threshold's source; less says neither what was measured nor who did."""
COLOUR = re.compile(r"#[0-9a-f]{6}")


class HalfWritten(GraderError):
    """A file under `grader/kinds/types` lacks something that every type of head needs."""


class WholeNumber(NamedTuple):
    """The values of a parameter: a whole number between two bounds, both included."""

    least: int
    most: int


class OneOf(NamedTuple):
    """The values of a parameter: one of these words."""

    words: tuple[str, ...]


class Parameter(NamedTuple):
    """Something that a claim of the type must or may say besides the type."""

    name: str
    values: WholeNumber | OneOf
    says: str
    """Its line in the JSON Schema."""
    default: Value | None = None
    """None: it must be given."""
    always_named: bool = True
    """False: its default is left out of the kind's name."""

    def shown(self, value: Value) -> str:
        """Return a value as a kind's name has it: with its sign where it may be negative."""
        return f"{value:+d}" if isinstance(self.values, WholeNumber) and self.values.least < 0 else str(value)


class DefaultThreshold(NamedTuple):
    """The value from which a head is of the type, unless an exercise gives its own."""

    statistic: Statistic
    at_least: float
    source: str
    """What was measured, or who published it."""
    slices: tuple[str, ...] = ()
    """The slices of the probe on which it must hold; none named: all."""

    def lacks(self) -> list[str]:
        """Everything that cannot be right, in words."""
        found = []
        if self.statistic not in STATISTICS:
            found.append(f"`thresholds`: {self.statistic!r} is not one of {', '.join(STATISTICS)}")
        if len(self.source) < LEAST_SOURCE:
            found.append(f"`thresholds`: {self.statistic} {self.at_least:g} lacks its source")
        return found


class Ladder(NamedTuple):
    """The hints for a kind, in the order in which they are given."""

    look: str
    """What the pattern looks like."""
    alike: str
    """What a look-alike is, and how to tell it."""
    where: str
    """Where heads of the kind tend to be; a paper's layers are counted as the paper counts them."""
    source: str
    """Who found that."""
    text: str
    """A text to try; without `"`, `$`, backtick, `!` and backslash, so that a shell leaves it alone inside quotes."""
    see: str
    """What to ask of that text."""
    also: str = ""
    """A second line under `look`."""


class Lookalike(NamedTuple):
    """A head that is not of the type and might be taken for it."""

    name: str
    knows: str
    """What it knows, or does, in one sentence."""


class Colours(NamedTuple):
    """The type's colour on pages, as `#rrggbb`; it only repeats what the letters say."""

    light: str
    dark: str


class OwnProbe(NamedTuple):
    """A family of probes that this type alone is measured on."""

    name: str
    build: Callable[..., Any]
    """From a tokenizer and the probe's settings to a tuple of `ProbeSequence`; pure in both."""


@dataclass(frozen=True, kw_only=True)
class HeadType:
    """One type of head. What is left out is named when the registry is built, all of it at once."""

    order: int = 0
    """The place in lists; of two with the same, the name decides."""
    title: str | Callable[..., str] = ""
    """In words, marked for translation; or a function of the parameters that returns them translated."""
    letters: str | Callable[..., str] = ""
    """One to three signs for the map of all heads; or a function of the parameters."""
    colours: Colours = LEFT_OUT
    parameters: tuple[Parameter, ...] = ()
    refuse: Callable[..., str | None] | None = None
    """From the parameters to what is wrong with them, translated; None where nothing is."""
    spellings: Mapping[str, Parameters] = field(default_factory=dict)
    """Other words for the type, each with the parameters that it stands for."""

    ask: "Callable[..., Question]" = LEFT_OUT
    """From a `ProbeSequence` and the parameters to the keys that each query ought to look at: the target mask."""
    probes: tuple[str | OwnProbe, ...] = ()
    """Families of probes: names of `SHARED_PROBES`, or probes of its own. The slices of all of them are measured."""
    decides: Statistic = LEFT_OUT
    """The statistic whose value on the worst slice is the head's score."""
    from_tokens: bool = False
    """Whether any text tells the targets; otherwise annotations are needed."""
    is_place: bool = False
    """Whether the kind is itself a fixed offset, so that the baseline leaves fixed offsets and positions out."""
    looks_ahead: Callable[..., bool] = lambda **parameters: False
    """From the parameters to whether such a head looks at later tokens, which a decoder cannot."""
    in_decoders: str = ""
    """What a claim on a decoder may say instead, marked for translation; needed where `looks_ahead` may be true."""
    thresholds: tuple[DefaultThreshold, ...] = ()

    hint: str = ""
    """One sentence for a refuted claim, marked for translation."""
    ladder: Ladder | Callable[..., Ladder] = LEFT_OUT
    """Or a function of the parameters."""

    definition: str = ""
    """What such a head does, in one or two sentences of Markdown for `docs/detectors.md`; so are the next ones."""
    probe: str = ""
    details: str = ""
    """What stands after the probe, such as a table of the parameters' values."""
    confound: str = ""
    literature: str = ""
    remark: str = ""
    """What else there is to say, such as what the type cannot tell yet."""
    lookalikes: tuple[Lookalike, ...] = ()
    causal: Callable[..., object] | None = None
    """Measures what is lost without the head; None: no such measure is stated for the type yet."""

    name: str = ""
    """The name of its file; the registry fills it in."""

    def lacks(self) -> list[str]:
        """Everything that is missing or cannot be right, in words; empty for a whole type."""
        return [*self._missing(), *self._misfits()]

    def _missing(self) -> list[str]:
        needed = (
            *("title", "letters", "colours", "ask", "probes", "decides", "thresholds", "hint", "ladder"),
            *("definition", "probe", "confound", "literature", "lookalikes"),
        )
        return [f"`{name}` is missing" for name in needed if not getattr(self, name)]

    def _misfits(self) -> list[str]:
        statistics = {threshold.statistic for threshold in self.thresholds}
        colours = (self.colours.light, self.colours.dark) if self.colours else ()
        return [
            *(f"`probes`: {each!r} is not one of {', '.join(SHARED_PROBES)}" for each in self.probes if _unknown(each)),
            *chain.from_iterable(each.lacks() for each in self.thresholds),
            *(f"`colours`: {each!r} is not of the form #rrggbb" for each in colours if not COLOUR.fullmatch(each)),
            *(f"`parameters`: {each.name} lacks `says`" for each in self.parameters if not each.says),
            *([f"`thresholds`: none is on {self.decides}"] if self.decides and self.decides not in statistics else []),
        ]


def _unknown(probe: str | OwnProbe) -> bool:
    return isinstance(probe, str) and probe not in SHARED_PROBES


def of(value: T | Callable[..., T], parameters: Parameters) -> T:
    """Return the value itself, or what it returns for these parameters."""
    return value(**parameters) if callable(value) else value
