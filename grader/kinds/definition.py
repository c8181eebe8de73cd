"""The definition of a type of head: one record with everything about it.

A type is what a head does (`positional`, `induction`); a kind is a type with a value for each of its parameters
(`positional:-1`). Everything about a type is in one file under `grader/kinds/types`; tables, pages, style sheets,
schemas and documents are made from it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, get_args

from grader.base.errors import GraderError
from grader.kinds.causal import Measure
from grader.kinds.lookalikes import LOOKALIKES, Lookalike

if TYPE_CHECKING:
    from grader.kinds.masks import Question

T = TypeVar("T")
Statistic = Literal["share", "hit_rate", "lead", "lift"]
Value = int | str
Parameters = Mapping[str, Any]
"""A value for each parameter of a type, by the parameter's name."""

STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
SHARED_PROBES = (
    "random_tokens",
    "running_text",
    "repeats",
    "prefixes",
    "annotated:{relation}",
    "categories",
    "others",
    "rare_words",
    "split_words",
    "clauses",
)
"""The families of probes in `grader/measuring/probes`; the word in braces is one of the kind's parameters."""
SHARED_MEASURES = ("copying", "running_text", "agreement", "pronouns")
"""The measures in `grader/measuring/interventions/measures`."""
LEFT_OUT: Any = None
"""The default of a field that every type must give."""
LEAST_SOURCE = 20
"""The fewest characters of a threshold's source; a shorter text cannot say what was measured and by whom."""
COLOUR = re.compile(r"#[0-9a-f]{6}")
ARROW = re.compile(r"\([^()]*\) => ")
IN_BRACES = re.compile(r"{(\w+)}")


class HalfWritten(GraderError):
    """A file under `grader/kinds/types` lacks something that every type of head must have."""


class WholeNumber(NamedTuple):
    """The values of a parameter: a whole number between two bounds, both included."""

    least: int
    most: int


class OneOf(NamedTuple):
    """The values of a parameter: one of these words."""

    words: tuple[str, ...]


class Parameter(NamedTuple):
    """A value that a claim of the type gives in addition to the type."""

    name: str
    values: WholeNumber | OneOf
    says: str
    """The description in the JSON Schema."""
    default: Value | None = None
    """The default; None means that the parameter is required."""
    always_named: bool = True
    """False if a kind's name leaves the default out."""

    def shown(self, value: Value) -> str:
        """Return a value as in a kind's name: with its sign, if the parameter may be negative."""
        return f"{value:+d}" if isinstance(self.values, WholeNumber) and self.values.least < 0 else str(value)


class DefaultThreshold(NamedTuple):
    """The value that a head of the type must reach, unless an exercise gives another one."""

    statistic: Statistic
    at_least: float
    source: str
    """The origin of the value: "measured for this grader", or a publication with its section, table or figure.

    "(not checked)" follows what could not be looked up.
    """
    slices: tuple[str, ...] = ()
    """The slices of the probe on which a head must reach it; empty means all."""

    def problems(self) -> list[str]:
        """Return everything that is wrong with the threshold, in words."""
        problems = []
        if self.statistic not in STATISTICS:
            problems.append(f"`thresholds`: {self.statistic!r} is not one of {', '.join(STATISTICS)}")
        if len(self.source) < LEAST_SOURCE:
            problems.append(f"`thresholds`: {self.statistic} {self.at_least:g} lacks its source and the place in it")
        return problems


class Ladder(NamedTuple):
    """The hints for a kind, in the order in which students get them."""

    look: str
    """The look of the attention pattern."""
    alike: str
    """The look-alikes, and how to recognise them."""
    where: str
    """The layers in which such heads are often found; a paper's layers are counted as in the paper."""
    source: str
    """The sources for `where`, each with its place as in `DefaultThreshold`, between them `; `."""
    text: str
    """A text to try, without `"`, `$`, backtick, `!` and backslash, so that a shell does not change it in quotes."""
    see: str
    """The question to ask about that text."""
    also: str = ""
    """A second line under `look`."""


class Colours(NamedTuple):
    """The type's colour on pages, as `#rrggbb`; it only repeats the letters."""

    light: str
    dark: str


class OwnProbe(NamedTuple):
    """A family of probes for one type alone."""

    name: str
    build: Callable[..., Any]
    """A pure function of a tokenizer and the probe's settings that returns a tuple of `ProbeSequence`."""


@dataclass(frozen=True, kw_only=True)
class HeadType:
    """One type of head. The registry refuses a type that lacks something, and names everything that it lacks."""

    order: int = 0
    """The position in lists; types with the same number are sorted by name."""
    title: str | Callable[..., str] = ""
    """The type in words, marked for translation, or a function of the parameters that returns a translated text."""
    letters: str | Callable[..., str] = ""
    """One to three characters for the map of all heads, or a function of the parameters that returns them."""
    colours: Colours = LEFT_OUT
    parameters: tuple[Parameter, ...] = ()
    refuse: Callable[..., str | None] | None = None
    """A function of the parameters that returns a translated message if they are not valid, else None."""
    spellings: Mapping[str, Parameters] = field(default_factory=dict)
    """Other words for the type that may be written, each with the parameters that it means."""
    also_called: Mapping[str, Parameters] = field(default_factory=dict)
    """The names in publications, English and Korean, joined by commas, with the parameters that they mean.

    They are not taken: messages lead from them to what to write. Case, spaces, hyphens and a last "head" do not matter.
    """

    ask: "Callable[..., Question]" = LEFT_OUT
    """A function of a `ProbeSequence` and the parameters that returns the target mask."""
    probes: tuple[str | OwnProbe, ...] = ()
    """The families of probes: names of `SHARED_PROBES`, or the type's own; the slices of all of them are measured."""
    decides: Statistic = LEFT_OUT
    """The statistic that decides: its value on the worst slice is the head's score."""
    from_tokens: bool = False
    """True if the targets follow from the tokens of any text; false if they need annotations."""
    in_browser: str = ""
    """The same targets for a page that has no Python; required beside `from_tokens`.

    It is a JavaScript arrow function of the tokens (`id`, -1 if unknown; `special`) and the parameters. It returns a
    function of query and key that is true for targets. The page leaves special tokens and the first position out,
    unless `every_key` is true.
    """
    every_key: bool = False
    """True if the first position and special tokens are keys like all others, as for heads that rest on them."""
    is_place: bool = False
    """True if the kind is itself a fixed offset, so that the baseline leaves fixed offsets and positions out."""
    looks_ahead: Callable[..., bool] | None = None
    """A function of the parameters: true if the head looks at later tokens, which a decoder cannot; None for never."""
    in_decoders: str = ""
    """The alternative for a claim on a decoder, marked for translation; required beside `looks_ahead`."""
    thresholds: tuple[DefaultThreshold, ...] = ()

    hint: str = ""
    """One sentence for a refuted claim, marked for translation."""
    ladder: Ladder | Callable[..., Ladder] = LEFT_OUT
    """The hints, or a function of the parameters that returns them."""

    definition: str = ""
    """One or two sentences on what such a head does, in Markdown for `docs/detectors.md`, as are the next fields."""
    probe: str = ""
    details: str = ""
    """The text after the probe, such as a table of the parameters' values."""
    confound: str = ""
    literature: str = ""
    """The publications about such heads, each with its section, table or figure."""
    remark: str = ""
    """Other facts, such as the limits of the type."""
    lookalikes: tuple[str, ...] = ()
    """The names of heads in `LOOKALIKES` that could be taken for it; a report compares a refuted head with them."""
    own_lookalikes: Mapping[str, Lookalike] = field(default_factory=dict)
    """Look-alikes of this type alone, which `lookalikes` may name as well."""
    causal: str | Measure | Callable[..., str] = ""
    """The measure that must get worse without such heads: a name of `SHARED_MEASURES`, the type's own, or a function of
    the parameters that returns a name; empty where none can be stated."""

    name: str = ""
    """The name of the type's file, filled in by the registry."""

    def problems(self) -> list[str]:
        """Return everything that is missing or wrong, in words."""
        return [*self._missing(), *self._misfits()]

    def _missing(self) -> list[str]:
        needed = (
            *("title", "letters", "colours", "ask", "probes", "decides", "thresholds", "hint", "ladder"),
            *("definition", "probe", "confound", "literature", "lookalikes"),
            *(("in_decoders",) if self.looks_ahead else ()),
            *(("in_browser",) if self.from_tokens else ()),
        )
        return [f"`{name}` is missing" for name in needed if not getattr(self, name)]

    def _misfits(self) -> list[str]:
        statistics = {threshold.statistic for threshold in self.thresholds}
        colours = (self.colours.light, self.colours.dark) if self.colours else ()
        return [
            *(
                f"`probes`: {probe!r} is not one of {', '.join(SHARED_PROBES)}"
                for probe in self.probes
                if _unknown(probe)
            ),
            *(
                f"`probes`: {probe!r} names a parameter that the type does not have"
                for probe in self.probes
                if isinstance(probe, str)
                and not set(IN_BRACES.findall(probe)) <= {parameter.name for parameter in self.parameters}
            ),
            *chain.from_iterable(threshold.problems() for threshold in self.thresholds),
            *(
                f"`colours`: {colour!r} is not of the form #rrggbb"
                for colour in colours
                if not COLOUR.fullmatch(colour)
            ),
            *(f"`parameters`: {parameter.name} lacks `says`" for parameter in self.parameters if not parameter.says),
            *(
                f"`lookalikes`: {name!r} is not one of {', '.join(LOOKALIKES)}"
                for name in self.lookalikes or ()
                if name not in LOOKALIKES and name not in self.own_lookalikes
            ),
            *(
                [f"`causal`: {self.causal!r} is not one of {', '.join(SHARED_MEASURES)}"]
                if isinstance(self.causal, str) and self.causal not in ("", *SHARED_MEASURES)
                else []
            ),
            *(
                ["`in_browser`: it is not an arrow function, such as `(tokens) => (query, key) => key === query - 1`"]
                if self.in_browser and not ARROW.match(self.in_browser)
                else []
            ),
            *([f"`thresholds`: none is on {self.decides}"] if self.decides and self.decides not in statistics else []),
        ]


def _unknown(probe: str | OwnProbe) -> bool:
    return isinstance(probe, str) and probe not in SHARED_PROBES


def of(value: T | Callable[..., T], parameters: Parameters) -> T:
    """Return the value, or call it with these parameters if it is a function."""
    return value(**parameters) if callable(value) else value
