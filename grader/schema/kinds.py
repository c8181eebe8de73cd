"""The words that all records are made of, and the kinds of head."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from grader.base.language import N_, _
from grader.kinds import PARAMETERS, SPELLINGS, TYPES, kind_name
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
"""Where a head is, seen from a threshold: `borderline` is a threshold inside the head's interval."""
Outcome = Literal["confirmed", "refuted", "not_graded"]
WhyNot = Literal["repeated", "no_such_head", "not_asked", "over_budget"]
Precision = Literal["float64", "float32", "bfloat16"]
Feedback = Literal["all", "verdicts", "score"]
Borderline = Literal["in_favour", "as_measured", "against"]

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""Lower-case words joined by hyphens; never a path."""
StudentName = Annotated[str, Field(pattern=r"^[\w][\w.@+ -]*$", max_length=64)]
GalleryName = Annotated[str, Field(pattern=r"^\w[\w.' -]*$", max_length=40)]
"""What a student wants to be called in public; no sign of an address fits in."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Record(BaseModel):
    """What every record has in common."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        strict=True,
        defer_build=True,  # a validator is built when it is first used: most commands use a few
    )


if TYPE_CHECKING:

    class _Named(Record):
        """What a type checker sees of the fields below, which follow from the registry."""

        type: str
        offset: int | None = None
        relation: str | None = None
        direction: str | None = None

else:

    def _field(parameter: Parameter) -> tuple[object, object]:
        """Return a parameter as pydantic declares a field: its annotation, and what is said of it."""
        match parameter.values:
            case WholeNumber(least, most):
                values = Annotated[int, Field(ge=least, le=most)]
            case OneOf(words):
                values = Literal[words]
        return values | None, Field(default=None, description=parameter.says)

    _Named = create_model(
        "_Named",
        __base__=Record,
        type=(TypeName, Field(description="What the head does.")),
        **{name: _field(parameter) for name, parameter in PARAMETERS.items()},
    )


class Kind(_Named):
    """A kind of head: its type with the type's own parameters."""

    @model_validator(mode="before")
    @classmethod
    def _spelled_out(cls, data: object) -> object:
        """Replace other spellings of a type, and fill in the parameters that are left out."""
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            return data
        if data["type"] in SPELLINGS:
            word, (name, meant) = data["type"], SPELLINGS[data["type"]]
            for parameter, value in meant.items():
                if data.get(parameter, value) != value:
                    message = N_("`{type}` means {parameter} {value}; leave `{parameter}` out")
                    raise ValueError(
                        _(message, type=word, parameter=parameter, value=PARAMETERS[parameter].shown(value))
                    )
            data = {**data, **meant, "type": name}
        filled = {
            each.name: each.default
            for each in (TYPES[data["type"]].parameters if data["type"] in TYPES else ())
            if each.default is not None and data.get(each.name) is None
        }
        return {**data, **filled} if filled else data

    @model_validator(mode="after")
    def _parameters_fit(self) -> Self:
        own = {parameter.name for parameter in self.head_type.parameters}
        for name in PARAMETERS:
            if name in own and getattr(self, name) is None:
                raise ValueError(_("a {type} head needs `{parameter}`", type=self.type, parameter=name))
            if name not in own and getattr(self, name) is not None:
                owners = ", ".join(each.name for each in TYPES.values() if PARAMETERS[name] in each.parameters)
                message = N_("`{parameter}` belongs to {owners} heads, not to {type}")
                raise ValueError(_(message, parameter=name, owners=owners, type=self.type))
        if self.head_type.refuse and (wrong := self.head_type.refuse(**self.parameters)):
            raise ValueError(wrong)
        return self

    @property
    def head_type(self) -> HeadType:
        """All that there is to say of the type."""
        return TYPES[self.type]

    @property
    def parameters(self) -> dict[str, Any]:
        """The type's own parameters by their names."""
        return {each.name: getattr(self, each.name) for each in self.head_type.parameters}

    @property
    def kind(self) -> "Kind":
        """The kind alone, of a record that says more."""
        return Kind(type=self.type, **self.parameters)

    @property
    def name(self) -> str:
        """The kind in one word, such as `positional:-1` or `syntactic:verb_subject`; unique among kinds."""
        return kind_name(self.type, self.parameters)

    @property
    def letters(self) -> str:
        """One to three signs for the map of all heads: `-1`, `AB` for induction, `vs` for verb to subject."""
        return of(self.head_type.letters, self.parameters)

    @property
    def looks_ahead(self) -> bool:
        """Whether such a head looks at later tokens, which a decoder's heads cannot."""
        return self.head_type.looks_ahead(**self.parameters)


def head_name(layer: int, head: int) -> str:
    """Return the head as people write it, such as `L5H10`."""
    return f"L{layer}H{head}"


def title(kind: Kind) -> str:
    """Return the kind in words, such as `positional, offset -1`."""
    found = kind.head_type.title
    return found(**kind.parameters) if callable(found) else _(found)
