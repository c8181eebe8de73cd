"""The scan compared with the limits of this machine, and with other ways to do it.

The transformer has GPT-2 small's size and random weights, which take the same time as real ones. It reads the probes of
`gpt2-heads` with the embedded tokenizer. `python -m benchmarks.scan` prints the table, with `growth` the growth of the
time, with `profile` the time of each operator, with `long` time and memory of long texts. Only on Linux, where the peak
of memory can be read.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import AutoTokenizer, GPT2Config, GPT2Model, PreTrainedModel, PreTrainedTokenizerBase

from benchmarks.ratios import Compared, Seconds, in_turn
from grader import exercises
from grader.kinds.sequence import ProbeSequence
from grader.measuring.attention.rows import Asked, stream_asked
from grader.measuring.attention.streaming import one_thread, stream
from grader.measuring.probes.families import families_of, family
from grader.measuring.questions import question
from grader.measuring.scan import TOKENS, scan
from grader.measuring.statistics.patterns import reduced
from grader.measuring.statistics.pooling import Answers, pooled
from grader.measuring.tables.score_table import KindScores
from grader.measuring.transformer.activation import in_place
from grader.schema import Exercise, Kind

EMBEDDED = Path(__file__).parents[1] / "grader/measuring/transformer/bundled/mini-gpt2"
FLAGSHIP = "gpt2-heads"
BATCH = 1024
"""Tokens in a batch of the bare forward passes and products; the fastest size for them here."""
PROFILED = 18
"""Tokens in a profiled text, the mean of the probes."""
LONG_LAYERS, LONG_ASKED = 4, 64
"""The layers that read a long text, and the queries that are asked at its end."""
HIGH_WATER = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Flagship(NamedTuple):
    """The exercise, a transformer of its size, and its probes by name with the kinds that each of them measures."""

    exercise: Exercise
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    probes: dict[str, tuple[tuple[ProbeSequence, ...], list[Kind]]]

    @property
    def kinds(self) -> list[Kind]:
        """The kinds that the exercise asks for."""
        return [asked.kind for asked in self.exercise.kinds]

    def batches(self) -> list[Tensor]:
        """Return all tokens of the probes, grouped by length, so that there is no padding."""
        by_length: dict[int, list[tuple[int, ...]]] = {}
        for sequences, _ in self.probes.values():
            for sequence in sequences:
                by_length.setdefault(len(sequence.token_ids), []).append(sequence.token_ids)
        batches = []
        for length, alike in by_length.items():
            size = max(1, BATCH // length)
            batches += [torch.tensor(alike[start : start + size]) for start in range(0, len(alike), size)]
        return sorted(batches, key=lambda batch: -batch.numel())


def flagship(layers: int = 12, repeats: int = 1) -> Flagship:
    """Return the flagship exercise on random weights of GPT-2 small's size, with `repeats` times as many sequences."""
    torch.manual_seed(0)
    model = GPT2Model(GPT2Config(n_layer=layers)).eval().requires_grad_(False)
    in_place(model)  # as `grader.measuring.transformer.load` has it
    tokenizer = AutoTokenizer.from_pretrained(EMBEDDED)
    exercise = exercises.load(FLAGSHIP)
    counts = ("random_sequences", "repeat_sequences", "sentences", "category_sequences", "rare_sequences")
    more = {name: repeats * getattr(exercise.probes, name) for name in counts}
    exercise = exercise.model_copy(update={"probes": exercise.probes.model_copy(update=more)})
    probes: dict[str, tuple[tuple[ProbeSequence, ...], list[Kind]]] = {}
    for kind in (asked.kind for asked in exercise.kinds):
        for name in families_of(kind):
            probes.setdefault(name, (family(name, tokenizer, exercise.probes), []))[1].append(kind)
    return Flagship(exercise, model, tokenizer, probes)


def ours(of: Flagship, model: PreTrainedModel | None = None) -> tuple[KindScores, ...]:
    """Run our scan, from loaded weights to scores, with probes and intervals."""
    family.cache_clear()
    return scan(model or of.model, of.tokenizer, of.exercise.probes, of.kinds, causal=True)


def bare(model: PreTrainedModel, batches: list[Tensor]) -> None:
    """Run forward passes without attention patterns, as torch does: each operation on all cores."""
    model.set_attn_implementation("sdpa")
    with torch.inference_mode():
        for batch in batches:
            model(input_ids=batch, use_cache=False)


def bare_by_batch(model: PreTrainedModel, batches: list[Tensor]) -> None:
    """Run the same with each batch on its own core, as our scan does."""
    model.set_attn_implementation("sdpa")
    _by_batch(lambda batch: bare(model, [batch]), batches)


def products(model: GPT2Model, batches: list[Tensor]) -> None:
    """Run only the matrix products of those forward passes, each batch on its own core."""
    block = model.h[0]
    layers = (block.attn.c_attn, block.attn.c_proj, block.mlp.c_fc, block.mlp.c_proj)

    def multiply(batch: Tensor) -> None:
        with torch.inference_mode():
            inputs = [torch.ones(batch.numel(), layer.weight.shape[0]) for layer in layers]
            for _ in model.h:
                for layer, given in zip(layers, inputs, strict=True):
                    torch.mm(given, layer.weight)

    _by_batch(multiply, batches)


def lesson(of: Flagship) -> tuple[KindScores, ...]:
    """Scan as the lesson does: one text at a time with `output_attentions`, everything kept, then indexed."""
    of.model.set_attn_implementation("eager")
    kept: dict[str, list[tuple[Tensor, ...]]] = {}
    with torch.inference_mode():
        for name, (sequences, _) in of.probes.items():
            kept[name] = [
                of.model(input_ids=torch.tensor([sequence.token_ids]), output_attentions=True).attentions
                for sequence in sequences
            ]
    answers: dict[str, list[Answers]] = {}
    for name, (sequences, kinds) in of.probes.items():
        for kind in kinds:
            answers.setdefault(kind.name, []).append(_indexed(kind, sequences, kept[name]))
    return tuple(pooled(kind, answers[kind.name], of.exercise.probes.seed) for kind in of.kinds)


def _indexed(kind: Kind, sequences: tuple[ProbeSequence, ...], kept: list[tuple[Tensor, ...]]) -> Answers:
    questions = [question(kind, sequence).visible(causal=True) for sequence in sequences]
    values = []
    for each, attentions in zip(questions, kept, strict=True):
        asked = each.asked
        of_layers = [
            reduced(pattern[0].transpose(0, 1)[asked], each.targets[asked], each.eligible[asked])
            for pattern in attentions
        ]
        values.append(torch.stack(of_layers, 1))
    whole = torch.cat(values).numpy()
    return Answers(questions, [sequence.slice for sequence in sequences], whole, np.zeros((len(whole), 0)))


def _by_batch(work: Callable[[Tensor], None], batches: list[Tensor]) -> None:
    with one_thread() as threads, ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        list(pool.map(work, batches))


def timed(work: Callable[[], object]) -> Seconds:
    """Return a function that does the work once and returns the time."""

    def once() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return once


def rows() -> Iterator[str]:
    """Yield the table's rows."""
    of, half = flagship(), flagship().model.to(torch.bfloat16)
    batches = of.batches()
    arrangements = {way.__name__: timed(partial(way, of.model, batches)) for way in (bare, bare_by_batch)}
    fastest = min(arrangements, key=lambda name: arrangements[name]())
    ways = {
        "ours": timed(partial(ours, of)),
        "bare": arrangements[fastest],
        "products": timed(partial(products, of.model, batches)),
        "lesson": timed(partial(lesson, of)),
        "half": timed(partial(ours, of, half)),
    }
    took = in_turn(ways)
    tokens = sum(batch.numel() for batch in batches)
    for number, name, against, reach in [
        ("1", "bare", f"bare forward with SDPA, {tokens:,} tokens, nothing padded ({fastest})", "<= 1.0"),
        ("2", "products", "the matrix products alone", "<= 1.2"),
        ("4", "lesson", "one text after the other, `output_attentions`, all kept, then indexed", "< 1"),
    ]:
        yield row(f"{number}. cold scan, 144 heads", against, reach, Compared(took["ours"], took[name]))
    yield row("5. cold scan in bfloat16", "the same in float32", "<= 0.5", Compared(took["half"], took["ours"]))
    peaks = Compared(*(tuple(_peak(name) for _ in range(3)) for name in ("ours", "lesson")))
    yield row("4. peak memory over the weights", "the lesson's way", "<= 0.1", peaks, "MB")


def row(measure: str, against: str, reach: str, times: Compared, unit: str = "s") -> str:
    """Return one row of the table."""
    return f"| {measure} | {against} | {reach} | {times.columns(unit)} |"


def _peak(name: str) -> float:
    """Return the peak of memory of one way over its weights, in MB, measured in its own process."""
    return float(_apart("peak", name)[0])


def _apart(*arguments: str) -> list[str]:
    """Return the words that this module prints in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scan", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()  # noqa: S603


def peak(name: str) -> float:
    """Return the same, measured in this process."""
    of = flagship()
    bare(of.model, [torch.zeros(1, 64, dtype=torch.long)])  # so that what torch allocates for itself does not count
    return _over(partial({"ours": ours, "lesson": lesson}[name], of))


def _over(work: Callable[[], object]) -> float:
    """Return the peak of memory over what is held before, in MB."""
    status, clear = HIGH_WATER
    clear.write_text("5")
    before = _high_water(status)
    work()
    return (_high_water(status) - before) / 1024


def one_long(way: str, tokens: int) -> str:
    """Return the peak of memory over the weights, in MB, and the seconds of one text of so many tokens."""
    torch.manual_seed(0)
    model = GPT2Model(GPT2Config(n_layer=LONG_LAYERS, n_positions=tokens)).eval().requires_grad_(False)
    in_place(model)
    ids = [torch.randint(model.config.vocab_size, (tokens,)).tolist()]

    def read(length: int) -> None:
        queries = torch.arange(length - LONG_ASKED, length)
        asked = Asked(torch.zeros_like(queries), queries)
        text, last = [ids[0][:length]], LONG_LAYERS - 1
        with one_thread():
            stream_asked(model, text, asked, lambda rows, _: rows.sum(-1), lambda *_: None, last, rows=way == "rows")

    read(2 * LONG_ASKED)
    start = time.perf_counter()
    over = _over(partial(read, tokens))
    return f"{over:.0f} {time.perf_counter() - start:.2f}"


def long() -> Iterator[str]:
    """Yield memory and time of a long text, row by row and with patterns; both again, with twice the tokens."""
    for tokens in (512, 1024, 2048, 4096):
        (over, took), (over_eager, took_eager) = (_apart("one", way, str(tokens)) for way in ("rows", "eager"))
        yield f"| {tokens:,} | {over} MB | {over_eager} MB | {took} s | {took_eager} s |"


def _high_water(status: Path) -> int:
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))


def growth() -> Iterator[str]:
    """Yield the growth of the scan's time with tokens and with layers."""
    sizes = {"6 layers": flagship(6), "6 layers, tokens x2": flagship(6, 2), "12 layers": flagship(12)}
    took = in_turn({name: timed(partial(ours, of)) for name, of in sizes.items()})
    yield row("10. tokens x2", "the scan of 6 layers", "2", Compared(took["6 layers, tokens x2"], took["6 layers"]))
    yield row("10. layers x2", "the scan of 6 layers", "2", Compared(took["12 layers"], took["6 layers"]))


def profile() -> Iterator[str]:
    """Yield the time of a batch by operator, on one thread."""
    of = flagship()
    batch = [list(range(PROFILED))] * (TOKENS // PROFILED)
    with one_thread():
        for name, model in (("float32", of.model), ("bfloat16", flagship().model.to(torch.bfloat16))):
            with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as watched:
                for _ in range(5):
                    stream(model, batch, lambda layer, pattern: None, model.config.num_hidden_layers - 1)
            yield f"{name}\n{watched.key_averages().table(sort_by='self_cpu_time_total', row_limit=12)}"


MODES = {"growth": growth, "profile": profile, "long": long}

if __name__ == "__main__":
    match sys.argv[1:]:
        case ["peak", name]:
            lines = iter([str(peak(name))])
        case ["one", way, tokens]:
            lines = iter([one_long(way, int(tokens))])
        case given:
            lines = MODES.get(" ".join(given), rows)()
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
