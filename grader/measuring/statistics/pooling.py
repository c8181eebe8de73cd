"""The statistics of a kind: the answers of single queries, pooled by slice, with bootstrap intervals."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from grader.base.errors import ExerciseError
from grader.kinds.masks import Question
from grader.measuring.statistics.baselines import best_blind_head
from grader.measuring.statistics.bootstrap import Array, Drawn, Resamples, effective, expanded_tail
from grader.measuring.tables.score_table import Grid, KindScores, Resemblance, Slice, Statistics
from grader.schema import REFERENCE, Kind, Statistic

DECIMALS = 4
"""Scores are kept to four decimals: far coarser than rounding noise, far finer than a bootstrap interval."""
AT_ONCE, ON_GPU = 16, 256
"""The most heads whose statistics are taken at once: a thousand resamples of each lie in memory, several times."""
SHARE, HITS, ELIGIBLE = range(3)
"""The last axis of `Answers.values`: attention on targets, hit (1 or 0), and attention on eligible keys."""
NONE_ALIKE = np.zeros((0, 0, 0), np.int64)


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
    alike: NDArray[np.int64] = field(default_factory=lambda: NONE_ALIKE)
    """The number of asked queries on which a head agrees with a look-alike, [layer, head, look-alike]."""

    def followed_by(self, other: "Answers") -> "Answers":
        """Return these answers and then those, which are on other sequences of the same family."""
        return Answers(
            self.questions + other.questions,
            self.slices + other.slices,
            np.concatenate((self.values, other.values)),
            np.concatenate((self.chances, other.chances)),
            self.alike + other.alike,
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


def pooled(
    kind: Kind, families: list[Answers], seed: int, *, device: str = "cpu", pool: ThreadPoolExecutor | None = None
) -> KindScores:
    """Return the kind's scores, from its answers on all its families of probes.

    Args:
        kind: The kind.
        families: The answers on each of its families.
        seed: The seed of the resamples.
        device: Where sums and percentiles are computed: one that knows float64.
        pool: Threads among which the heads are divided; the scores do not depend on their number.

    Raises:
        ExerciseError: there was no query to ask.
    """
    blind, best = "", -1.0
    parts: list[Slice] = []
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
        parts += _slices(answers, by_sequence, Resamples(len(answers.questions), seed, device), pool)
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
    agreeing = np.add.reduce([answers.alike for answers in families]) / sum(len(each.chances) for each in families)
    for number, name in enumerate(kind.head_type.lookalikes[: len(chances)]):
        chance = round(float(chances[number]), DECIMALS)
        yield Resemblance(name=name, value=grid(agreeing[..., number]), chance=chance)


class _Part(NamedTuple):
    """One slice of the probe."""

    name: str
    rows: Tensor
    """The numbers of the asked queries that belong to it."""
    asked: Array
    """The number of them in each sequence."""
    fair: float
    """The number of eligible keys for each target; where it is 1, the lift over chance is not defined."""
    eligible: Array
    """The attention of all heads together on eligible keys in each sequence."""


def _parts(answers: Answers) -> Iterator[_Part]:
    on_eligible = answers.values[..., ELIGIBLE].reshape(len(answers.values), -1).sum(1, dtype=float)
    for name, belongs in answers.by_slice().items():
        sequence, (targets, eligible) = answers.sequence[belongs], answers.keys[belongs].sum(0)
        asked, seen = (
            np.bincount(sequence, weights, len(answers.questions)).astype(float)
            for weights in (None, on_eligible[belongs])
        )
        yield _Part(name, torch.from_numpy(belongs.nonzero()[0]), asked, max(1.0, eligible / targets), seen)


def _slices(answers: Answers, blind: Array, draws: Resamples, pool: ThreadPoolExecutor | None) -> Iterator[Slice]:
    """Yield every slice with the statistics of all heads, some of them at a time.

    `blind` has the number of queries that the blind head gets right in each sequence. The lead is over its hit rate on
    the whole probe, which is an estimate as well: both rates are taken from the same resamples of the sequences.
    """
    values, parts = answers.values.reshape(len(answers.values), -1, answers.values.shape[-1]), list(_parts(answers))
    asked = np.bincount(answers.sequence, minlength=len(answers.questions)).astype(float)
    baseline = draws.totals(torch.from_numpy(blind)[None]) / draws.totals(torch.from_numpy(asked)[None])
    of_heads = partial(_statistics, torch.from_numpy(answers.sequence), parts, baseline, draws)
    most = AT_ONCE if draws.device == REFERENCE else ON_GPU
    some = (values[:, first : first + most] for first in range(0, values.shape[1], most))
    done = list((pool.map if pool else map)(of_heads, some))
    for part, by_heads in zip(parts, zip(*done, strict=True), strict=True):
        columns = {name: np.concatenate([each[name] for each in by_heads], 1) for name in by_heads[0]}
        ends = {name: map(grid, column.reshape(3, *answers.values.shape[1:3])) for name, column in columns.items()}
        statistics = [
            Statistics(statistic=name, value=value, low=low, high=high) for name, (value, low, high) in ends.items()
        ]
        yield Slice(name=part.name, queries=len(part.rows), statistics=tuple(statistics))


def _statistics(
    sequence: Tensor, parts: Sequence[_Part], baseline: Drawn, draws: Resamples, values: NDArray[np.floating]
) -> list[dict[Statistic, Array]]:
    """Return the statistics of some heads on each slice, [value, low and high, head].

    Args:
        sequence: The sequence number of each asked query.
        parts: The slices.
        baseline: The blind head's hit rate.
        draws: The resamples of the sequences.
        values: The heads' answers, [asked query, head, one of SHARE, HITS and ELIGIBLE].
    """
    whole = torch.from_numpy(values).to(draws.device).double().movedim(2, 1)
    sequence, found = sequence.to(draws.device), []
    for part in parts:
        rows = part.rows.to(draws.device)
        sums = whole.new_zeros(len(part.asked), *whole.shape[1:]).index_add_(0, sequence[rows], whole[rows])
        share, hits, eligible = map(draws.totals, sums.permute(1, 2, 0))
        asked, tail = draws.totals(torch.from_numpy(part.asked)[None]), expanded_tail(effective(part.asked))
        rate = hits / asked
        columns: dict[Statistic, Array] = {
            "share": (share / asked).estimate(tail),
            "hit_rate": rate.estimate(tail),
            "lead": (rate - baseline).estimate(tail),
        }
        if part.fair > 1:
            tail = expanded_tail(effective(part.eligible))
            columns["lift"] = part.fair * (share / eligible.at_least(1e-12)).estimate(tail)
        found.append(columns)
    return found


def grid(values: Array) -> Grid:
    """Return one number for each head, to four decimals."""
    scaled = values * 10**DECIMALS
    whole = np.rint(scaled)
    rounded = whole / 10**DECIMALS + 0.0
    for place in zip(*np.nonzero(np.abs(np.abs(scaled - whole) - 0.5) < 1e-6), strict=True):
        rounded[place] = round(float(values[place]), DECIMALS) + 0.0  # the product itself was rounded
    return tuple(map(tuple, rounded.tolist()))
