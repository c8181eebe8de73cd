"""The scan: every head under every kind, measured on probes; patterns are reduced as soon as they are computed.

Sequences of one length run together, whichever probe they are of, so nothing is padding; a decoder's are cut behind
the last query that anybody asks. On the CPU each batch runs on one thread, as many at a time as torch may use threads:
what a sum is taken over, and in which order, does not depend on their number. On a GPU one batch runs after the other,
each as large as its memory allows.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Sequence as Items
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import accumulate, chain
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from jaxtyping import Bool
from numpy.typing import NDArray
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from grader.base.language import N_, _
from grader.base.memory import is_shortage
from grader.kinds import LOOKALIKES
from grader.kinds.masks import looked_at
from grader.kinds.sequence import ProbeSequence
from grader.measuring.attention.rows import LONG, Asked, by_rows, fitting, stream_asked
from grader.measuring.attention.streaming import one_thread
from grader.measuring.probes.families import families_of, family
from grader.measuring.questions import question
from grader.measuring.statistics.patterns import agreement, reduced
from grader.measuring.statistics.pooling import ELIGIBLE, Answers, pooled
from grader.measuring.tables.elsewhere import either, is_open, widened
from grader.measuring.tables.score_table import KindScores
from grader.measuring.transformer.device import exact_products, given_back, in_double, room
from grader.measuring.transformer.reach import refuse_unreadable
from grader.schema import REFERENCE, Kind, ProbeSettings

if TYPE_CHECKING:
    from hashlib import _Hash

WHOLE = N_(
    "{transformer} computes attention in a way of its own; so its long texts are measured with whole patterns in "
    "memory, which grow with the square of their length"
)
WIDEST = 0.15
"""The width of a 95 % interval from which a kind is asked on more sequences."""
TOKENS = 256
"""The most tokens in a batch on the CPU: enough for fast matrix products, and few enough to fit beside the weights."""
ON_GPU = 8192
"""The most tokens in a batch on a GPU; more are not faster."""
COUNTING = Lock()


def scan(  # noqa: PLR0913 - what is measured, and in keywords how
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    settings: ProbeSettings,
    kinds: Items[Kind],
    *,
    causal: bool,
    tokens: int | None = None,
    say: Callable[[float], None] = lambda done: None,
    note: Callable[[str], None] = lambda message: None,
) -> tuple[KindScores, ...]:
    """Return the scores of all heads under each kind, as `measured` does."""
    return measured(model, tokenizer, settings, kinds, causal=causal, tokens=tokens, say=say, note=note)[0]


def measured(  # noqa: PLR0913 - what is measured, and in keywords how
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    settings: ProbeSettings,
    kinds: Items[Kind],
    *,
    causal: bool,
    tokens: int | None = None,
    say: Callable[[float], None] = lambda done: None,
    note: Callable[[str], None] = lambda message: None,
) -> tuple[tuple[KindScores, ...], str]:
    """Return the scores of all heads under each kind, and the digest of the probes that they were measured on.

    The scores are the same for any number of threads, in float64 for any `tokens`, which is the most that a batch has.
    Where the transformer lies on another device than the CPU, intervals are wider by a margin. A kind whose widest
    interval of the deciding statistic is wider than WIDEST is asked on twice as many sequences, and again, up to
    `settings.grows_to` times the size; thresholds do not matter for this. `causal` is true of a decoder. `say` hears
    which fraction is done, 0 to 1, and `note` what else a person should know, in words.

    Raises:
        ExerciseError: A kind has no query that the transformer could be asked.
        UnsupportedTransformer: A probe is longer than the transformer reads, or has tokens that it does not know.
    """
    too_wide, done, digest = list(kinds), 0.0, sha256()
    with one_thread() as threads, exact_products(), pool_of(threads) as pool:
        scored = _Scored(settings, model.device, pool)
        for draws in _rounds(settings.grows_to):
            probes = _probes(tokenizer, [settings.drawn(draw) for draw in draws], too_wide)
            heard = partial(_say_part, say, done)
            new = answers(model, probes, causal=causal, tokens=tokens, threads=threads, say=heard, note=note)
            _note(digest, probes, new)
            done = (1 + done) / 2
            too_wide = [kind for kind in too_wide if scored.is_too_wide(kind, new[kind.name])]
            if not too_wide:
                break
    say(1.0)
    return tuple(map(scored.of, kinds)), digest.hexdigest()


def pool_of(threads: int) -> ThreadPoolExecutor:
    """Return threads in each of which torch's operations use one thread."""
    return ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))


class _Scored:
    """The kinds that have been asked, with all their answers and their scores so far."""

    def __init__(self, settings: ProbeSettings, place: torch.device, pool: ThreadPoolExecutor) -> None:
        self.settings, self.place, self.pool = settings, place, pool
        self.is_reference = place.type == REFERENCE
        self._answers: dict[str, list[Answers]] = {}
        self._scores: dict[str, KindScores] = {}
        self._open: dict[str, KindScores] = {}
        """The scores of kinds that the CPU may have left at that."""

    def of(self, kind: Kind) -> KindScores:
        """Return the kind's scores."""
        scores = self._scores[kind.name]
        return scores if self.is_reference else widened(scores)

    def is_too_wide(self, kind: Kind, new: list[Answers]) -> bool:
        """Take a kind's new answers, and return whether it must be asked more."""
        name, before = kind.name, self._answers.get(kind.name)
        own = self._answers[name] = new if before is None else list(map(Answers.followed_by, before, new))
        now = pooled(kind, own, self.settings.seed, device=in_double(self.place), pool=self.pool)
        self._scores[name] = either(self._open[name], now) if name in self._open else now
        if not self.settings.generates(kind):
            return False
        if not self.is_reference and is_open(now, WIDEST):
            self._open[name] = self._scores[name]
            return True
        return now.widest > WIDEST


def _say_part(say: Callable[[float], None], done: float, part: float) -> None:
    """Say which fraction is done if this is a part of the present round, which is half of what is left."""
    say(done + part * (1 - done) / 2)


def _rounds(times: int) -> Iterator[range]:
    """Yield the numbers of the draws of each round: every round doubles the probe, up to `times` its first size."""
    yield range(1)
    start = 1
    while 2 * start <= times:
        yield range(start, 2 * start)
        start *= 2


Probes = list[tuple[tuple[ProbeSequence, ...], list[Kind]]]
"""Families of probes, each with the kinds that are measured on it."""


def _probes(tokenizer: PreTrainedTokenizerBase, draws: Items[ProbeSettings], kinds: Items[Kind]) -> Probes:
    asked: dict[str, list[Kind]] = defaultdict(list)
    for kind in kinds:
        for name in families_of(kind):
            asked[name].append(kind)
    return [
        (tuple(chain.from_iterable(family(name, tokenizer, settings) for settings in draws)), of_family)
        for name, of_family in sorted(asked.items())  # a kind's families come in the same order in every round
    ]


def _note(digest: "_Hash", probes: Probes, asked: Mapping[str, list[Answers]]) -> None:
    """Take the tokens of these probes into the digest, and what is asked of them."""
    for sequences, of_family in probes:
        digest.update(repr([(each.token_ids, each.slice) for each in sequences]).encode())
        digest.update(repr([each.queries for each in sequences if each.queries is not None]).encode())
        digest.update(repr([kind.name for kind in of_family]).encode())
    for name in sorted(asked):
        for family_asked in asked[name]:
            digest.update(family_asked.chances.tobytes())
            for each in family_asked.questions:
                masks = torch.stack((each.targets, each.eligible)).numpy()
                digest.update(repr(masks.shape).encode() + np.packbits(masks).tobytes())
                groups = {group: members.nonzero().flatten().tolist() for group, members in each.groups.items()}
                digest.update(repr((sorted(groups.items()), sorted(each.rivals.items()))).encode())


def answers(  # noqa: PLR0913 - what is asked, and in keywords how
    model: PreTrainedModel,
    probes: Items[tuple[Items[ProbeSequence], Items[Kind]]],
    *,
    causal: bool,
    tokens: int | None = None,
    threads: int = 1,
    say: Callable[[float], None] = lambda done: None,
    note: Callable[[str], None] = lambda message: None,
) -> dict[str, list[Answers]]:
    """Return the answers of all heads on each of a kind's families, by the kind's name.

    A batch has `tokens` at most, by default as many as are fast on the CPU, or fit into the memory of a GPU.
    """
    runs: dict[str, list[_Run]] = defaultdict(list)
    texts: list[_Text] = []
    for sequences, kinds in probes:
        started = [_Run.start(kind, sequences, model, causal=causal) for kind in kinds]
        for run in started:
            runs[run.kind.name].append(run)
        texts += _texts(sequences, started, causal=causal)
    refuse_unreadable(model, (text.token_ids for text in texts))
    by_rows = _by_rows(model, texts, note)
    _pass_all(model, _batches(texts, partial(_at_once, model, tokens, by_rows)), threads, say, rows=by_rows)
    return {name: [run.answers for run in of_kind] for name, of_kind in runs.items()}


@dataclass(frozen=True)
class _Run:
    """One kind on one family of probes: its questions, and the places of their answers."""

    kind: Kind
    sequences: Items[ProbeSequence]
    causal: bool
    rows: list[Tensor]
    """The rows of each sequence's question that are asked."""
    queries: list[Tensor]
    """The positions of the asked queries of each sequence."""
    first: list[int]
    """The place of each sequence's first answer."""
    answers: Answers

    @classmethod
    def start(cls, kind: Kind, sequences: Items[ProbeSequence], model: PreTrainedModel, *, causal: bool) -> "_Run":
        questions = [question(kind, sequence).visible(causal=causal) for sequence in sequences]
        rows = [question.asked.nonzero().flatten() for question in questions]
        queries = [question.places[asked] for question, asked in zip(questions, rows, strict=True)]
        *first, total = accumulate(map(len, queries), initial=0)
        heads = (total, model.config.num_hidden_layers, model.config.num_attention_heads)
        values = np.zeros((*heads, ELIGIBLE + 1), np.float64 if model.dtype == torch.float64 else np.float32)
        alike = len(kind.head_type.lookalikes)
        agreeing, chances = np.zeros((*heads[1:], alike), np.int64), np.zeros((total, alike))
        own = Answers(questions, [s.slice for s in sequences], values, chances, agreeing)
        return cls(kind, sequences, causal, rows, queries, first, own)

    def places(self, number: int) -> slice:
        """Return the places of a sequence's answers."""
        return slice(self.first[number], self.first[number] + len(self.rows[number]))

    def alike(self, number: int) -> Bool[Tensor, "lookalike asked key"]:
        """Return the keys that each look-alike looks at in a sequence, and write down its chances.

        It is asked batch by batch: for all sequences together the masks would be as large as the questions.
        """
        sequence, queries = self.sequences[number], self.queries[number].tolist()
        named = [LOOKALIKES[name] for name in self.kind.head_type.lookalikes]
        masks = torch.stack([looked_at(each, sequence, queries, causal=self.causal) for each in named])
        eligible = self.answers.questions[number].eligible[self.rows[number]]
        chances = (masks & eligible).sum(-1) / eligible.sum(-1).clamp(min=1)  # [look-alike, asked query]
        self.answers.chances[self.places(number)] = chances.T.double().numpy()
        return masks


class _Text(NamedTuple):
    """A sequence's tokens up to the last one that is needed, the runs that ask it, and its number in them."""

    token_ids: tuple[int, ...]
    asked_by: list[_Run]
    number: int


def _is_long(text: _Text) -> bool:
    return len(text.token_ids) >= LONG


def _by_rows(model: PreTrainedModel, texts: Items[_Text], note: Callable[[str], None]) -> bool:
    """Return whether there is a long text, and rows of its patterns can be had alone; say so if they cannot."""
    long = next(filter(_is_long, texts), None)
    if long is None:
        return False
    possible = by_rows(model, long.token_ids, model.config.num_hidden_layers - 1)
    if not possible:
        note(_(WHOLE, transformer=type(model).__name__))
    return possible


def _texts(sequences: Items[ProbeSequence], runs: list[_Run], *, causal: bool) -> Iterator[_Text]:
    """Yield the texts that have to be run; sequences without a query are left out."""
    for number, sequence in enumerate(sequences):
        asking = [run for run in runs if len(run.queries[number])]
        if asking:
            last = max(int(run.queries[number][-1]) for run in asking)
            yield _Text(sequence.token_ids[: last + 1] if causal else sequence.token_ids, asking, number)


def _batches(texts: Items[_Text], at_once: Callable[[int], int]) -> list[list[_Text]]:
    """Return texts of one length together, the largest batches first, so that no thread ends with a large one.

    `at_once` gives the most texts of a length in a batch.
    """
    by_length: dict[int, list[_Text]] = defaultdict(list)
    for text in texts:
        by_length[len(text.token_ids)].append(text)
    batches = []
    for length, alike in sorted(by_length.items()):
        size = max(1, at_once(length))
        batches += [alike[start : start + size] for start in range(0, len(alike), size)]
    return sorted(batches, key=lambda batch: -len(batch) * len(batch[0].token_ids))


def _at_once(model: PreTrainedModel, tokens: int | None, rows: bool, length: int) -> int:
    """Return the number of texts of this length that one batch has; with `rows`, long ones run without patterns."""
    if tokens is not None or model.device.type == REFERENCE:
        return (tokens or TOKENS) // length
    config = model.config
    heads = 0 if rows and length >= LONG else config.num_attention_heads
    return min(ON_GPU // length, fitting(room(model.device), length, config.hidden_size, heads))


def _pass_all(
    model: PreTrainedModel, batches: list[list[_Text]], threads: int, say: Callable[[float], None], *, rows: bool
) -> None:
    """Run every batch through the transformer: on the CPU `threads` at a time, on a GPU one after the other.

    With `rows`, long texts run without their patterns.
    """
    sizes = [len(batch) * len(batch[0].token_ids) for batch in batches]
    with pool_of(threads if model.device.type == REFERENCE else 1) as pool:
        done = [pool.submit(_passed, model, batch, rows=rows and _is_long(batch[0])) for batch in batches]
        try:
            for so_far, one in zip(accumulate(sizes), done, strict=True):
                one.result()
                say(so_far / sum(sizes))
        finally:  # whoever interrupts does not wait for what has not begun
            pool.shutdown(cancel_futures=True)


def _passed(model: PreTrainedModel, batch: list[_Text], *, rows: bool) -> None:
    """Run one batch, or if memory runs out, one half of it after the other."""
    try:
        _pass(model, batch, rows=rows)
    except (MemoryError, RuntimeError) as error:
        if len(batch) == 1 or not is_shortage(error):
            raise
    else:
        return
    given_back(model.device)  # not before the error is gone, which holds what had been allocated
    middle = len(batch) // 2
    _passed(model, batch[:middle], rows=rows)
    _passed(model, batch[middle:], rows=rows)


def _pass(model: PreTrainedModel, batch: list[_Text], *, rows: bool) -> None:
    """Run one batch through the transformer, and reduce every layer for every kind at once.

    With `rows` no layer's pattern is held.
    """
    length, pieces = len(batch[0].token_ids), [(row, run) for row, text in enumerate(batch) for run in text.asked_by]
    numbers = [(run, batch[row].number) for row, run in pieces]
    sizes = [len(run.rows[number]) for run, number in numbers]
    device = model.device
    asked = Asked(
        torch.tensor([row for row, _ in pieces]).repeat_interleave(torch.tensor(sizes)).to(device),
        torch.cat([run.queries[number] for run, number in numbers]).to(device),
    )
    questions = [(run.answers.questions[number], run.rows[number]) for run, number in numbers]
    targets = torch.cat([question.targets[of_piece, :length] for question, of_piece in questions])
    eligible = torch.cat([question.eligible[of_piece, :length] for question, of_piece in questions])
    alike = _padded([run.alike(number)[:, :, :length] for run, number in numbers])
    targets, eligible, alike = (each.to(device) for each in (targets, eligible, alike))
    places = [(run.answers, run.places(number)) for run, number in numbers]

    def reduce(seen: Tensor, at: slice) -> Tensor:
        return torch.cat((reduced(seen, targets[at], eligible[at]), agreement(seen, eligible[at], alike[:, at])), -1)

    counted: list[tuple[NDArray[np.int64], Tensor]] = []

    def receive(layer: int, answered: Tensor) -> None:
        for (answers, at), of_piece in zip(places, torch.split(answered.cpu(), sizes), strict=True):
            answers.values[at, layer] = of_piece[..., : ELIGIBLE + 1].numpy()
            agreeing = of_piece[..., ELIGIBLE + 1 :][..., : answers.alike.shape[-1]].sum(0)
            counted.append((answers.alike[layer], agreeing.long()))

    texts, last = [text.token_ids for text in batch], model.config.num_hidden_layers - 1
    stream_asked(model, texts, asked, reduce, receive, last, rows=rows)
    with COUNTING:  # batches that run at the same time count into the same numbers; one that breaks off counts nothing
        for count, agreeing in counted:
            count += agreeing.numpy()


def _padded(masks: list[Tensor]) -> Tensor:
    """Return the masks of all pieces, [look-alike, asked query, key]; kinds with fewer look-alikes get empty ones."""
    most = max(len(mask) for mask in masks)
    whole = [torch.cat((mask, mask.new_zeros(most - len(mask), *mask.shape[1:]))) for mask in masks]
    return torch.cat(whole, 1)
