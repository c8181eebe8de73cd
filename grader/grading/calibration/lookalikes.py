"""The battery on one exercise: which look-alikes its probes and thresholds would confirm, and which not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from grader.grading.standings import KindStandings
from grader.kinds import LOOKALIKES
from grader.schema import Exercise, Fraction, Outcome, Record

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


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


def tried(exercise: Exercise, tokenizer: "PreTrainedTokenizerBase") -> Iterator[TriedLookalike]:
    """Yield every look-alike under every kind of the exercise, by its probes, thresholds and rule.

    Raises:
        ExerciseError: A threshold asks for what the probe does not have.
    """
    from grader.measuring.battery import planted

    causal = exercise.transformer.family == "decoder"
    for asked in exercise.kinds:
        scores = planted(tokenizer, exercise.probes, asked.kind, causal=causal)
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
