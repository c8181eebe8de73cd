"""Causal evidence as it is kept beside the score table: readable without torch."""

from grader.measuring.tables.score_table import Grid
from grader.schema import HeadIndex, Kind, Record, Scope, SetEffect


class KindScopes(Record):
    """The part of each head's attention on ordinary text that a kind explains; empty if text has none of the kind."""

    kind: Kind
    value: Grid = ()
    low: Grid = ()
    high: Grid = ()

    def of(self, head: HeadIndex) -> Scope | None:
        """Return the scope of one head."""
        layer, number = head
        if not self.value:
            return None
        return Scope(value=self.value[layer][number], interval=(self.low[layer][number], self.high[layer][number]))


class CausalTable(Record):
    """The effects of all single heads under each kind with a measure, and of the sets that the kinds suggest."""

    key: str
    effects: tuple[SetEffect, ...]
