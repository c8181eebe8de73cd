"""The scores of every head under every kind, as rows that a program can look through."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, overload

from grader.base.errors import InvalidInput, Problem
from grader.doors.python.notebook import framed
from grader.exercises.names import kind_named
from grader.grading.standings import Standings
from grader.schema import Kind, head_name
from grader.schema.atlas import Comparison, LeftOut

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

INSTALL = "pandas is not installed; install it with: python -m pip install 'head-grader[notebook]'"


class Score(NamedTuple):
    """One head under one kind.

    Attributes:
        layer: Counted from 0.
        head: Its number in the layer, counted from 0.
        kind: The kind's name, such as `induction` or `positional:-1`.
        share: Mean attention that the asked queries pay to their targets, 0 to 1.
        hit_rate: Fraction of the asked queries whose most attended key is a target, 0 to 1.
        baseline: The hit rate of the best head that is blind to the kind, on the same probe, 0 to 1.
        score: The statistic that decides, on the worst slice of the probe, 0 to 1.
        low: The lower end of the score's 95 % bootstrap interval over the probe's sequences.
        high: The upper end.
        queries: How many queries were asked on that slice.
        confirmed: Whether the head is of the kind, by the thresholds.
        rank: Its place among all heads under this kind; 1 has the highest score.
    """

    layer: int
    head: int
    kind: str
    share: float
    hit_rate: float
    baseline: float
    score: float
    low: float
    high: float
    queries: int
    confirmed: bool
    rank: int

    @property
    def place(self) -> str:
        """The head, printed as `L5H10`."""
        return head_name(self.layer, self.head)


class Scores(Sequence[Score]):
    """All heads of a transformer under some kinds: a sequence of `Score`, kind by kind, best score first.

    Attributes:
        transformer: Its name.
        layers: How many layers it has.
        heads: How many heads each layer has.
        kinds: The names of the kinds, in their order.
        seed: Of the probes; the same seed gives the same scores.
        left_out: The kinds that could not be measured, by name, each with the reason.
    """

    def __init__(self, standings: Standings, left_out: Iterable[LeftOut] = ()) -> None:
        """Made by `scan`."""
        self._left_out = tuple(left_out)
        self.left_out = {each.kind.name: each.reason for each in self._left_out}
        table = standings.table
        self.transformer, self.layers, self.heads, self.seed = table.transformer, table.layers, table.heads, table.seed
        self.kinds = tuple(standings.by_kind)
        self._standings = standings
        self._rows = tuple(_rows(standings))

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Score: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Score, ...]: ...

    def __getitem__(self, index: int | slice) -> Score | tuple[Score, ...]:
        return self._rows[index]

    def __iter__(self) -> Iterator[Score]:
        return iter(self._rows)

    def __repr__(self) -> str:
        number, right = len(self.kinds), len({(each.layer, each.head) for each in self.confirmed})
        return (
            f"<Scores of {self.transformer}: {self.layers} layers of {self.heads} heads under "
            f"{number} {'kind' if number == 1 else 'kinds'}, {right} heads confirmed>"
        )

    def _repr_html_(self) -> str:
        """The map of all heads, and every kind's scores, in a frame."""
        from grader.report.pages import scores

        return framed(scores.render(self._standings))

    @property
    def confirmed(self) -> tuple[Score, ...]:
        """The rows of the heads that are of their kind."""
        return tuple(each for each in self._rows if each.confirmed)

    def best(self, kind: str | Kind, n: int = 1) -> tuple[Score, ...]:
        """Return the `n` best heads of a kind, best first, confirmed or not.

        Args:
            kind: Its name, such as `induction`, or the `Kind` itself.
            n: How many, from 1; fewer come back where there are fewer heads.

        Raises:
            InvalidInput: It is not one of `kinds`.
        """
        name = (kind_named(kind, "kind") if isinstance(kind, str) else kind).name
        if name not in self.kinds:
            message = f"`{name}` was not measured; there are {', '.join(self.kinds)}"
            raise InvalidInput("kind", [Problem("not-measured", message)])
        return tuple(each for each in self._rows if each.kind == name and each.rank <= n)

    def compare(self, other: "Scores") -> Comparison:
        """Return what is different in the other scores, kind by kind: which heads came, went and moved.

        Args:
            other: Of another transformer or checkpoint. Heads are compared one by one only where family, layers and
                heads are the same; else each kind's best heads stand side by side.
        """
        from grader.grading.atlas import atlas_of, compare

        return compare(*(atlas_of(each._standings, each._left_out) for each in (self, other)))

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the rows as a data frame, with a column for each attribute of `Score`.

        Raises:
            ImportError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise ImportError(INSTALL) from None
        return pandas.DataFrame(self._rows, columns=Score._fields)


def _rows(standings: Standings) -> Iterator[Score]:
    """Every head under every kind, best first within each."""
    for name, of_kind in standings.by_kind.items():
        for (layer, head), rank in sorted(of_kind.ranks.items(), key=lambda item: item[1]):
            standing = of_kind[layer, head]
            measured = standing.measured
            yield Score(
                layer=layer,
                head=head,
                kind=name,
                share=measured.share,
                hit_rate=measured.hit_rate,
                baseline=measured.baseline,
                score=measured.score,
                low=measured.interval[0],
                high=measured.interval[1],
                queries=measured.queries,
                confirmed=standing.confirmed,
                rank=rank,
            )
