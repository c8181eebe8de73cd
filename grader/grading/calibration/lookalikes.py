"""The battery on one exercise: which look-alikes its probes and thresholds would confirm, and which not."""

from collections.abc import Iterable, Iterator

from grader.grading.standings import KindStandings
from grader.kinds import LOOKALIKES
from grader.measuring.tables.score_table import KindScores
from grader.schema import Exercise, Fraction, Outcome, Record


class TriedLookalike(Record):
    """One look-alike, planted as a head and measured under one kind."""

    kind: str
    lookalike: str
    knows: str
    score: Fraction
    outcome: Outcome
    rightly: bool
    """True if it is of the kind by what it knows."""

    @property
    def is_as_expected(self) -> bool:
        """True if it is confirmed where it is of the kind, and nowhere else."""
        return (self.outcome == "confirmed") == self.rightly


def tried(exercise: Exercise, planted: Iterable[KindScores]) -> Iterator[TriedLookalike]:
    """Yield every look-alike under every kind of the exercise, by its thresholds and its rule.

    `planted` has the scores of all look-alikes, as the heads of one layer.

    Raises:
        ExerciseError: A threshold asks for what the probe does not have.
    """
    causal = exercise.transformer.family == "decoder"
    for asked, scores in zip(exercise.kinds, planted, strict=True):
        standings = KindStandings(exercise, asked, scores)
        for head, (name, lookalike) in enumerate(LOOKALIKES.items()):
            standing = standings[0, head]
            yield TriedLookalike(
                kind=asked.name,
                lookalike=name,
                knows=lookalike.knows,
                score=min(1.0, max(0.0, standing.measured.score)),
                outcome=standing.outcome,
                rightly=lookalike.is_of(asked.name, causal=causal),
            )
