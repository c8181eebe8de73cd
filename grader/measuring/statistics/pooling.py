"""The statistics of a kind: the answers of single queries, pooled by slice, with bootstrap intervals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from grader.base.errors import ExerciseError
from grader.kinds.masks import Question
from grader.measuring.statistics.baselines import best_blind_head
from grader.measuring.statistics.bootstrap import Array, Estimate, Resamples
from grader.measuring.tables.score_table import Grid, KindScores, Resemblance, Slice, Statistics
from grader.schema import Kind, Statistic

DECIMALS = 4
"""Scores are kept to four decimals: far coarser than rounding noise, far finer than a bootstrap interval."""
SHARE, HITS, ELIGIBLE = range(3)
"""The last axis of `Answers.values`: attention on targets, hit (1 or 0), and attention on eligible keys."""
NONE_ALIKE = np.zeros((0, 0, 0, 0), np.bool_)


@dataclass(frozen=True)
class Answers:
    """The answers of all heads to one kind's questions on one family of probes; queries go sequence by sequence."""

    questions: list[Question]
    """One for each sequence."""
    slices: list[str]
    """One for each sequence."""
    values: NDArray[np.floating]
    """[asked query, layer, head, and one of SHARE, HITS and ELIGIBLE]"""
    chances: Array
    """The fraction of eligible keys that each look-alike looks at, [asked query, look-alike], or none of them."""
    alike: NDArray[np.bool_] = field(default_factory=lambda: NONE_ALIKE)
    """The agreement with look-alikes, a byte each, since there are many: [asked query, layer, head, look-alike]."""

    def followed_by(self, other: "Answers") -> "Answers":
        """Return these answers and then those, which are on other sequences of the same family."""
        return Answers(
            self.questions + other.questions,
            self.slices + other.slices,
            np.concatenate((self.values, other.values)),
            np.concatenate((self.chances, other.chances)),
            np.concatenate((self.alike, other.alike)),
        )

    @cached_property
    def sequence(self) -> NDArray[np.intp]:
        """The sequence number of each asked query."""
        return np.repeat(np.arange(len(self.questions)), [int(question.asked.sum()) for question in self.questions])

    @cached_property
    def keys(self) -> NDArray[np.intp]:
        """The numbers of targets and of eligible keys of each asked query, [asked query, 2]."""
        counted = [torch.stack((q.targets, q.eligible), -1)[q.asked].sum(1).numpy() for q in self.questions]
        return np.concatenate(counted)

    def by_slice(self) -> dict[str, NDArray[np.bool_]]:
        """Return for each slice, by its name, a mask of the asked queries that belong to it; the whole probe first."""
        slices: dict[str, NDArray[np.bool_]] = {}
        first = 0
        for own, question in zip(self.slices, self.questions, strict=True):
            asked = question.asked
            last = first + int(asked.sum())
            for name, members in {own: asked, **question.groups}.items():
                whole = slices.setdefault(name, np.zeros(len(self.sequence), dtype=np.bool_))
                whole[first:last] = members[asked].numpy()
            first = last
        return slices


def pooled(kind: Kind, families: list[Answers], seed: int) -> KindScores:
    """Return the kind's scores, from its answers on all its families of probes.

    Raises:
        ExerciseError: there was no query to ask.
    """
    blind, best, parts = "", -1.0, []
    for answers in families:
        head, by_sequence = best_blind_head(answers.questions, offsets_known=kind.head_type.is_place)
        asked = len(answers.sequence)
        if not asked:
            raise ExerciseError(
                f"{kind.name}: the probe has no query to ask; bring other sentences or do not ask for this kind"
            )
        baseline = by_sequence.sum() / asked
        if baseline > best:
            blind, best = head, baseline
        parts += [_slice(name, answers, members, by_sequence, seed) for name, members in answers.by_slice().items()]
    return KindScores(
        kind=kind,
        decides=kind.head_type.decides,
        baseline=round(float(best), DECIMALS),
        blind_head=blind,
        slices=tuple(parts),
        resemblances=tuple(_resemblances(kind, families)),
    )


def _resemblances(kind: Kind, families: list[Answers]) -> Iterator[Resemblance]:
    """Yield the agreement with each look-alike of the kind's type, over all queries of all families."""
    chances = np.concatenate([answers.chances for answers in families]).mean(0)
    agreeing = sum(answers.alike.sum(0) for answers in families) / sum(len(answers.chances) for answers in families)
    for number, name in enumerate(kind.head_type.lookalikes[: len(chances)]):
        chance = round(float(chances[number]), DECIMALS)
        yield Resemblance(name=name, value=grid(agreeing[..., number]), chance=chance)


def _slice(name: str, answers: Answers, belongs: NDArray[np.bool_], blind: Array, seed: int) -> Slice:
    """Return one slice's statistics.

    The lead is over the blind head's hit rate on the whole probe, which is an estimate as well: both rates are taken
    from the same resamples of the sequences. `blind` has the number of queries that it gets right in each sequence.
    """
    sequence, count = answers.sequence[belongs], len(answers.questions)
    values = answers.values[belongs]
    sums = np.zeros((count, *values.shape[1:]))
    np.add.at(sums, sequence, values)
    below = np.bincount(sequence, minlength=count).astype(float)
    draws = Resamples(count, seed)
    asked = np.bincount(answers.sequence, minlength=count).astype(float)
    columns: dict[Statistic, Estimate] = {
        "share": draws.ratio(sums[..., SHARE], below),
        "hit_rate": draws.ratio(sums[..., HITS], below),
        "lead": draws.difference((sums[..., HITS], below), (blind, asked)),
    }
    targets, eligible = answers.keys[belongs].sum(0)
    if targets < eligible:
        value, low, high = draws.ratio(sums[..., SHARE], np.maximum(sums[..., ELIGIBLE], 1e-12))
        columns["lift"] = (value * eligible / targets, low * eligible / targets, high * eligible / targets)
    return Slice(
        name=name,
        queries=len(sequence),
        statistics=tuple(
            Statistics(statistic=statistic, value=grid(value), low=grid(low), high=grid(high))
            for statistic, (value, low, high) in columns.items()
        ),
    )


def grid(values: Array) -> Grid:
    """Return one number for each head, to four decimals."""
    return tuple(tuple(round(float(value), DECIMALS) + 0.0 for value in row) for row in values)
