"""Every head under every kind that an exercise asks for: probes through the transformer, reduced on the spot."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Items
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from grader.attention import stream
from grader.baselines import best_blind_head
from grader.bootstrap import Resamples
from grader.detectors import DETECTORS
from grader.errors import ExerciseError
from grader.patterns import Question, asked_rows, hits, share
from grader.probes.families import family, family_name
from grader.probes.sequence import Sequence
from grader.schema import Kind, ProbeSettings, Statistic
from grader.score_table import Grid, KindScores, Slice, Statistics

Array = NDArray[np.float64]

DECIMALS = 4
"""Scores are kept to four decimals: far above rounding noise, far below what a bootstrap interval resolves."""
BATCH = 8
"""Sequences that run together."""


@dataclass
class Tally:
    """Sums over the asked queries of each sequence, for one kind and one slice."""

    queries: Array
    """By sequence."""
    keys: Array
    """By sequence: targets and eligible keys of the asked queries, counted."""
    sums: dict[str, Array] = field(default_factory=dict)
    """`share`, `hits` and `eligible` by sequence, layer, head."""


def scan(  # noqa: PLR0913 - what is measured, and in keywords how
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    settings: ProbeSettings,
    kinds: Items[Kind],
    *,
    causal: bool,
    batch: int = BATCH,
    say: Callable[[float], None] = lambda done: None,
) -> tuple[KindScores, ...]:
    """The scores of all heads under each kind; the same for every batch size and number of threads.

    `say` hears which fraction of the sequences is done. `causal` is true of a decoder.

    Raises:
        ExerciseError: a kind has no query that the transformer could be asked.
    """
    asked: dict[str, list[Kind]] = defaultdict(list)
    for kind in kinds:
        for name in DETECTORS[kind.type].probes:
            asked[family_name(name, kind)].append(kind)
    probes = {name: family(name, tokenizer, settings) for name in asked}
    runs: dict[str, list[_Run]] = defaultdict(list)
    total, done = sum(map(len, probes.values())), 0
    for name, sequences in probes.items():
        of_family = [_Run.start(kind, sequences, model, causal=causal) for kind in asked[name]]
        for run in of_family:
            runs[run.kind.name].append(run)
        for numbers in _batches(sequences, batch):
            _pass(model, sequences, numbers, of_family)
            done += len(numbers)
            say(done / total)
    return tuple(_scores(kind, runs[kind.name], settings.seed) for kind in kinds)


@dataclass
class _Run:
    """One kind on one family of probes: its questions, and its tallies by slice."""

    kind: Kind
    questions: list[Question]
    tallies: dict[str, Tally]
    slices: list[dict[str, Tensor]]
    """For each sequence, which of its queries belong to which slice."""

    @classmethod
    def start(cls, kind: Kind, sequences: Items[Sequence], model: PreTrainedModel, *, causal: bool) -> "_Run":
        ask = DETECTORS[kind.type].ask
        questions = [ask(sequence, kind).visible(causal=causal) for sequence in sequences]
        slices = [
            {
                sequence.slice: question.asked,
                **{group: question.asked & members for group, members in question.groups.items()},
            }
            for sequence, question in zip(sequences, questions, strict=True)
        ]
        shape = (len(sequences), model.config.num_hidden_layers, model.config.num_attention_heads)
        tallies = {
            name: Tally(
                np.array([float(parts[name].sum()) if name in parts else 0.0 for parts in slices]),
                np.array([_keys(q, parts.get(name)) for q, parts in zip(questions, slices, strict=True)]),
                {key: np.zeros(shape) for key in ("share", "hits", "eligible")},
            )
            for name in dict.fromkeys(name for parts in slices for name in parts)
        }
        return cls(kind, questions, tallies, slices)


def _keys(question: Question, members: Tensor | None) -> tuple[float, float]:
    if members is None:
        return 0.0, 0.0
    return float(question.targets[members].sum()), float(question.eligible[members].sum())


def _batches(sequences: Items[Sequence], size: int) -> Iterable[list[int]]:
    """Numbers of sequences of similar length, so that little is padding."""
    order = sorted(range(len(sequences)), key=lambda number: len(sequences[number].token_ids))
    return [order[start : start + size] for start in range(0, len(order), size)]


def _pass(model: PreTrainedModel, sequences: Items[Sequence], numbers: list[int], runs: list[_Run]) -> None:
    """One batch through the transformer, every layer reduced for every kind."""
    width = max(len(sequences[number].token_ids) for number in numbers)
    masks = [_Masks.of(run, numbers, width) for run in runs]

    def receive(layer: int, pattern: Tensor) -> None:
        for run, mask in zip(runs, masks, strict=True):
            mask.add(run, numbers, layer, pattern)

    stream(model, [sequences[n].token_ids for n in numbers], receive, model.config.num_hidden_layers - 1)


@dataclass
class _Masks:
    """A batch's questions, padded to one width and reduced to the asked queries."""

    asked: Tensor
    targets: Tensor
    eligible: Tensor
    members: dict[str, Tensor]
    """For each slice, a [sequence, asked] matrix of zeros and ones that sums over its queries."""

    @classmethod
    def of(cls, run: _Run, numbers: list[int], width: int) -> "_Masks":
        asked = torch.zeros(len(numbers), width, dtype=torch.bool)
        targets = torch.zeros(len(numbers), width, width, dtype=torch.bool)
        eligible = torch.zeros_like(targets)
        in_slice = {name: torch.zeros_like(asked) for name in run.tallies}
        for row, number in enumerate(numbers):
            question = run.questions[number]
            length = len(question.targets)
            asked[row, :length] = question.asked
            targets[row, :length, :length] = question.targets
            eligible[row, :length, :length] = question.eligible
            for name, members in run.slices[number].items():
                in_slice[name][row, :length] = members
        row_of = asked.nonzero()[:, 0]
        own = (row_of[None, :] == torch.arange(len(numbers))[:, None]).double()
        return cls(
            asked,
            targets[asked],
            eligible[asked],
            {name: own * members[asked] for name, members in in_slice.items()},
        )

    def add(self, run: _Run, numbers: list[int], layer: int, pattern: Tensor) -> None:
        rows = asked_rows(pattern.double(), self.asked)
        found = {
            "share": share(rows, self.targets),
            "hits": hits(rows, self.targets, self.eligible),
            "eligible": share(rows, self.eligible),
        }
        for name, members in self.members.items():
            for key, values in found.items():
                run.tallies[name].sums[key][numbers, layer] = (members @ values).numpy()


def _scores(kind: Kind, runs: list[_Run], seed: int) -> KindScores:
    """Pooled statistics with their intervals, from the tallies of all families."""
    blind, right, queries, parts = "", 0.0, 0.0, []
    for run in runs:
        head, by_sequence = best_blind_head(run.questions, offsets_known=kind.type == "positional")
        whole = next(iter(run.tallies.values()))
        if not whole.queries.sum():
            raise ExerciseError(
                f"{kind.name}: the probe has no query to ask; bring other sentences or do not ask for this kind"
            )
        if by_sequence.sum() / whole.queries.sum() > (right / queries if queries else -1):
            blind, right, queries = head, by_sequence.sum(), whole.queries.sum()
        for name, tally in run.tallies.items():
            parts.append(_slice(name, tally, by_sequence, whole.queries, seed))
    return KindScores(
        kind=kind,
        decides=DETECTORS[kind.type].decides,
        baseline=round(right / queries, DECIMALS),
        blind_head=blind,
        slices=tuple(parts),
    )


def _slice(name: str, tally: Tally, blind: Array, asked: Array, seed: int) -> Slice:
    """One slice's statistics; the lead is over the blind head's rate on the whole probe."""
    draws = Resamples(len(tally.queries), seed)
    below = np.broadcast_to(tally.queries[:, None, None], tally.sums["share"].shape)
    targets, eligible = tally.keys.sum(0)
    baseline = blind.sum() / asked.sum()
    hit = draws.ratio(tally.sums["hits"], below)
    columns: dict[Statistic, tuple[Array, Array, Array]] = {
        "share": draws.ratio(tally.sums["share"], below),
        "hit_rate": hit,
        "lead": (hit[0] - baseline, hit[1] - baseline, hit[2] - baseline),
    }
    if targets < eligible:
        value, low, high = draws.ratio(tally.sums["share"], np.maximum(tally.sums["eligible"], 1e-12))
        columns["lift"] = (value * eligible / targets, low * eligible / targets, high * eligible / targets)
    return Slice(
        name=name,
        queries=int(tally.queries.sum()),
        statistics=tuple(
            Statistics(statistic=statistic, value=_grid(value), low=_grid(low), high=_grid(high))
            for statistic, (value, low, high) in columns.items()
        ),
    )


def _grid(values: Array) -> Grid:
    return tuple(tuple(round(float(value), DECIMALS) + 0.0 for value in row) for row in values)
