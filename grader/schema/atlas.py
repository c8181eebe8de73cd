"""An atlas: every head of one transformer under all kinds that apply, and two of them side by side."""

from typing import Literal

from pydantic import Field

from grader.schema.exercise import Threshold, TransformerSource
from grader.schema.kinds import Kind, Outcome, Precision, Record, head_name
from grader.schema.report import Measurement

Change = Literal["came", "went", "moved"]


class AtlasHead(Record):
    """One head under one kind."""

    layer: int
    head: int
    rank: int = Field(description="The place among all heads under this kind; 1 has the highest score.")
    outcome: Outcome = Field(
        description="The outcome by the thresholds; `not_graded` if the interval of a statistic holds its threshold."
    )
    measured: Measurement

    @property
    def name(self) -> str:
        """The head, printed as `L5H10`."""
        return head_name(self.layer, self.head)


class AtlasKind(Record):
    """All heads under one kind, best score first."""

    kind: Kind
    confirmed: int = Field(description="The number of heads that are confirmed.")
    too_close: int = Field(description="The number of heads on which the intervals leave the outcome open.")
    blind_head: str = Field(description="The best head that is blind to the kind; its hit rate is the baseline.")
    thresholds: tuple[Threshold, ...]
    heads: tuple[AtlasHead, ...]


class LeftOut(Record):
    """A kind that was not measured."""

    kind: Kind
    reason: str


class Atlas(Record):
    """Every head of one transformer under all kinds that apply, by the default thresholds of the types."""

    grader_version: str
    transformer: TransformerSource
    digest: str = Field(description="The digest of the transformer's files.")
    seed: int = Field(description="The seed of the probes.")
    precision: Precision
    table: str = Field(description="The hash of all that the scores follow from.")
    kinds: tuple[AtlasKind, ...]
    left_out: tuple[LeftOut, ...] = ()


class HeadChange(Record):
    """One head under one kind, in both of two transformers."""

    change: Change = Field(
        description="`came` if it is confirmed only in the second, `went` if only in the first, `moved` if in both "
        "with another score or rank."
    )
    before: AtlasHead
    after: AtlasHead


class ComparedKind(Record):
    """One kind in both of two transformers."""

    kind: Kind
    confirmed: tuple[int, int] = Field(description="The numbers of confirmed heads, in the first and in the second.")
    changes: tuple[HeadChange, ...] = Field(description="Empty if the two do not have the same shape.")
    best: tuple[tuple[AtlasHead, ...], tuple[AtlasHead, ...]] = Field(description="The best heads of each.")


class Compared(Record):
    """One of two transformers side by side."""

    transformer: TransformerSource
    digest: str
    table: str


class Comparison(Record):
    """Two transformers, or two checkpoints of one, under the kinds that were measured in both."""

    before: Compared
    after: Compared
    head_by_head: bool = Field(
        description="True if both have the same family and shape, so that a layer and a head mean the same place."
    )
    kinds: tuple[ComparedKind, ...]
    only_before: tuple[LeftOut, ...] = Field(description="The kinds that were measured only in the first, and why.")
    only_after: tuple[LeftOut, ...] = Field(description="The kinds that were measured only in the second, and why.")
