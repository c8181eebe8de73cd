"""The types that all records share, and the kinds of head."""

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator

from grader.base import names
from grader.base.language import N_, _
from grader.kinds import PARAMETERS, SPELLINGS, TYPES, kind_name, naming
from grader.kinds.causal import Measure
from grader.kinds.definition import HeadType, OneOf, Parameter, WholeNumber, of

if TYPE_CHECKING:
    TypeName = str
    Relation = str
else:
    TypeName = Literal[tuple(TYPES)]
    Relation = Literal[PARAMETERS["relation"].values.words]
HeadIndex = tuple[int, int]
"""Layer and head, both counted from 0."""
Side = Literal["over", "borderline", "under"]
"""The side of a threshold that a head is on; `borderline` if the threshold lies inside the head's interval."""
Outcome = Literal["confirmed", "refuted", "not_graded"]
WhyNot = Literal["repeated", "no_such_head", "not_asked", "over_budget", "too_close", "no_evidence"]
Precision = Literal["float64", "float32", "bfloat16"]
Feedback = Literal["all", "verdicts", "score"]
Borderline = Literal["not_yet", "in_favour", "as_measured", "against"]


def _plain(name: object) -> object:
    return names.plain(name) if isinstance(name, str) else name


_IDENTIFIER, _LONGEST = r"^[a-z0-9]+(-[a-z0-9]+)*$", 64
Identifier = Annotated[str, Field(pattern=_IDENTIFIER, max_length=_LONGEST)]
"""Lower-case words joined by hyphens, so that it cannot be a path."""
StudentName = Annotated[str, Field(pattern=r"^[\w][\w.@+ -]*$", max_length=64), BeforeValidator(_plain)]
"""A name, kept in one form however it was typed."""
GalleryName = Annotated[str, Field(pattern=r"^\w[\w.' -]*$", max_length=40), BeforeValidator(_plain)]
"""The name that a student chooses to show in public; it cannot hold an e-mail address."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]


def is_identifier(text: str) -> bool:
    """Return whether the text is an `Identifier`."""
    return len(text) <= _LONGEST and re.fullmatch(_IDENTIFIER, text) is not None


class Record(BaseModel):
    """The base of all records: frozen and strict, without unknown keys and without NaN."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        strict=True,
        defer_build=True,  # a validator is built when it is first used: most commands use a few
    )


if TYPE_CHECKING:

    class _Named(Record):
        """The fields for the type checker; at run time they come from the registry."""

        type: str
        offset: int | None = None
        relation: str | None = None
        direction: str | None = None

else:

    def _field(parameter: Parameter) -> tuple[object, object]:
        """Return the annotation and the pydantic field of a parameter."""
        match parameter.values:
            case WholeNumber(least, most):
                values = Annotated[int, Field(ge=least, le=most)]
            case OneOf(words):
                values = Literal[words]
        return values | None, Field(default=None, description=parameter.says)

    _Named = create_model(
        "_Named",
        __base__=Record,
        type=(TypeName, Field(description="The type of head: what it does.")),
        **{name: _field(parameter) for name, parameter in PARAMETERS.items()},
    )


def _read(word: str, data: dict[str, Any]) -> dict[str, Any]:
    """Return the data with the type and the parameters that the word for the type means."""
    try:
        said = naming.parsed(word)
    except naming.NameFault as fault:
        raise ValueError(_("`type` cannot be read: {why}", why=fault)) from None
    for name, value in said.items():
        if name != "type" and data.get(name, value) != value:
            message = N_("`{type}` means {parameter} {value}; leave `{parameter}` out")
            raise ValueError(_(message, type=word, parameter=name, value=PARAMETERS[name].shown(value)))
    return {**data, **said}


class Kind(_Named):
    """A kind of head: a type with values for its parameters."""

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, data: object) -> object:
        """Replace other spellings of a type, and fill in the defaults of missing parameters."""
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            return data
        if data["type"] in SPELLINGS or data["type"].partition(":")[0] in TYPES:
            data = _read(data["type"], data)
        defaults = {
            parameter.name: parameter.default
            for parameter in (TYPES[data["type"]].parameters if data["type"] in TYPES else ())
            if parameter.default is not None and data.get(parameter.name) is None
        }
        return {**data, **defaults} if defaults else data

    @model_validator(mode="after")
    def _parameters_fit(self) -> Self:
        self._refuse_misfits()
        return self

    def _refuse_misfits(self) -> None:
        own = {parameter.name for parameter in self.head_type.parameters}
        for name in PARAMETERS:
            if name in own and getattr(self, name) is None:
                raise ValueError(_("a {type} head needs `{parameter}`", type=self.type, parameter=name))
            if name not in own and getattr(self, name) is not None:
                owners = ", ".join(owner.name for owner in TYPES.values() if PARAMETERS[name] in owner.parameters)
                message = N_("`{parameter}` belongs to {owners} heads, not to {type} heads")
                raise ValueError(_(message, parameter=name, owners=owners, type=self.type))
        if self.head_type.refuse and (refusal := self.head_type.refuse(**self.parameters)):
            raise ValueError(refusal)

    @property
    def head_type(self) -> HeadType:
        """The type's definition."""
        return TYPES[self.type]

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the type's parameters, by name."""
        return {parameter.name: getattr(self, parameter.name) for parameter in self.head_type.parameters}

    @property
    def causal(self) -> str | Measure:
        """The measure that must get worse without such heads, or its name; empty where none can be stated."""
        causal = self.head_type.causal
        return causal(**self.parameters) if callable(causal) else causal

    @property
    def kind(self) -> "Kind":
        """The kind without the other fields of a record."""
        return Kind(type=self.type, **self.parameters)

    @property
    def name(self) -> str:
        """The kind's unique name, such as `positional:-1` or `syntactic:verb_subject`."""
        return kind_name(self.type, self.parameters)

    @property
    def full_name(self) -> str:
        """The type and the values of all its parameters, defaults included, so that a new default is another kind."""
        return " ".join([self.type, *(f"{name}={value}" for name, value in self.parameters.items())])

    @property
    def letters(self) -> str:
        """One to three characters for the map of heads: `-1`, `AB` for induction, `vs` for verb to subject."""
        return of(self.head_type.letters, self.parameters)

    @property
    def looks_ahead(self) -> bool:
        """True if such a head looks at later tokens, which a decoder's heads cannot."""
        looks_ahead = self.head_type.looks_ahead
        return looks_ahead is not None and looks_ahead(**self.parameters)


def head_name(layer: int, head: int) -> str:
    """Return the head's name, such as `L5H10`."""
    return f"L{layer}H{head}"


def title(kind: Kind) -> str:
    """Return the kind in words, such as `positional, offset -1`."""
    text = kind.head_type.title
    return text(**kind.parameters) if callable(text) else _(text)
