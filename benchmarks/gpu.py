"""The scan on a GPU: forward passes, pooling, peak memory, and the scores beside the CPU's.

Random weights, which take the same time as real ones, on the probes of `gpt2-heads` with the embedded tokenizer.
`python -m benchmarks.gpu` prints the table; without a GPU it says so and exits with 1. `--pooling` prints only the time
of pooling 1,024 heads with random answers, also on the CPU.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from itertools import chain
from statistics import median
from typing import NamedTuple

import numpy as np
import torch
from transformers import AutoTokenizer, GPT2Config, GPT2Model, LlamaConfig, LlamaModel, PreTrainedModel

from benchmarks.machine import machine
from benchmarks.scan import EMBEDDED, FLAGSHIP
from grader import exercises
from grader.kinds.masks import Question
from grader.measuring.attention.streaming import one_thread
from grader.measuring.probes.families import families_of, family
from grader.measuring.questions import question
from grader.measuring.scan import answers, pool_of
from grader.measuring.statistics.pooling import ELIGIBLE, Answers, pooled
from grader.measuring.tables.score_table import KindScores
from grader.measuring.transformer.activation import in_place
from grader.measuring.transformer.device import exact_products, in_double, there
from grader.schema import Kind, Precision

RUNS = 3
NO_GPU = "torch sees no GPU here, so there is nothing to measure; run it where `torch.cuda.is_available()`"
LAYERS = HEADS = 32
"""The heads that `--pooling` takes: those of a Llama of 7 billion parameters."""


class Size(NamedTuple):
    """A transformer's size, and the precisions in which it is measured."""

    name: str
    config: GPT2Config | LlamaConfig
    precisions: tuple[Precision, ...]
    on_cpu: bool
    """True if the CPU can be waited for."""


class Measured(NamedTuple):
    """One scan."""

    forward: float
    pooling: float
    scores: tuple[KindScores, ...]


def sizes(words: int) -> tuple[Size, ...]:
    """Return the sizes, with a vocabulary of so many tokens."""
    smol = LlamaConfig(
        vocab_size=words,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
    )
    large = LlamaConfig(
        vocab_size=words, hidden_size=4096, intermediate_size=12544, num_hidden_layers=32, num_attention_heads=32
    )
    gpt2 = GPT2Config(vocab_size=words)
    return (
        Size("GPT-2 small's size", gpt2, ("float32", "bfloat16"), on_cpu=True),
        Size("SmolLM2-135M's size", smol, ("float32", "bfloat16"), on_cpu=True),
        Size("Llama, 7.1 billion parameters", large, ("bfloat16",), on_cpu=False),
    )


def made(size: Size, precision: Precision, device: str) -> PreTrainedModel:
    """Return a transformer with the same random weights on every device that has the memory for it."""
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, precision))
    try:
        with torch.device("cpu" if size.on_cpu else device):
            model = GPT2Model(size.config) if isinstance(size.config, GPT2Config) else LlamaModel(size.config)
    finally:
        torch.set_default_dtype(before)
    whole: PreTrainedModel = model.eval().requires_grad_(False)
    in_place(whole)
    return whole.to(device)  # type: ignore[arg-type]


def scanned(model: PreTrainedModel) -> Measured:
    """Measure every head once, without letting probes grow, so that all do the same work."""
    exercise, tokenizer = exercises.load(FLAGSHIP), AutoTokenizer.from_pretrained(EMBEDDED)
    kinds = [asked.kind for asked in exercise.kinds]
    asked: dict[str, list[Kind]] = {}
    for kind in kinds:
        for name in families_of(kind):
            asked.setdefault(name, []).append(kind)
    probes = [(family(name, tokenizer, exercise.probes), of_family) for name, of_family in asked.items()]
    with one_thread() as threads, exact_products(), pool_of(threads) as pool:
        start = time.perf_counter()
        answered = answers(model, probes, causal=True, threads=threads)
        between = time.perf_counter()
        place, seed = in_double(model.device), exercise.probes.seed
        scores = tuple(pooled(kind, answered[kind.name], seed, device=place, pool=pool) for kind in kinds)
    return Measured(between - start, time.perf_counter() - between, scores)


def rows(device: str) -> Iterator[str]:
    """Yield the table's rows for this GPU, and those of the CPU where it can be waited for."""
    words = len(AutoTokenizer.from_pretrained(EMBEDDED))
    for size in sizes(words):
        reference: tuple[KindScores, ...] | None = None
        if size.on_cpu:
            runs = _runs(made(size, "float32", "cpu"))
            reference = runs[0].scores
            yield _row(size, "the CPU, float32", runs, "", "")
        for precision in size.precisions:
            model = made(size, precision, device)
            torch.cuda.reset_peak_memory_stats(device)
            runs = _runs(model)
            peak = f"{torch.cuda.max_memory_allocated(device) / 2**30:.2f} GiB"
            yield _row(size, f"{device}, {precision}", runs, peak, _difference(reference, runs[0].scores))
            del model
            torch.cuda.empty_cache()


def _runs(model: PreTrainedModel) -> list[Measured]:
    scanned(model)  # what is compiled or drawn once does not count
    return [scanned(model) for _ in range(RUNS)]


def _row(size: Size, on: str, runs: list[Measured], peak: str, difference: str) -> str:
    forward, pooling = median(run.forward for run in runs), median(run.pooling for run in runs)
    total = median(run.forward + run.pooling for run in runs)
    return f"| {size.name} | {on} | {total:.2f} s | {forward:.2f} / {pooling:.2f} s | {peak} | {difference} |"


def _difference(reference: tuple[KindScores, ...] | None, found: tuple[KindScores, ...]) -> str:
    """Return the largest difference of a value, lifts left out, and the number of values that differ."""
    if reference is None:
        return ""
    pairs = list(zip(_values(reference), _values(found), strict=True))
    differing = [abs(one - other) for one, other in pairs if one != other]
    return f"{max(differing, default=0):.4f} ({len(differing)} of {len(pairs):,})"


def _values(scores: tuple[KindScores, ...]) -> Iterator[float]:
    for each in scores:
        for column in (column for part in each.slices for column in part.statistics if column.statistic != "lift"):
            yield from chain.from_iterable(column.value)


def pooling() -> Iterator[str]:
    """Yield the time of pooling random answers of 32 x 32 heads on each device that knows float64."""
    given = _random_answers()
    for device in (name for name in there() if name != "mps"):
        took = []
        for _ in range(1 + RUNS):
            with one_thread() as threads, pool_of(threads) as pool:
                start = time.perf_counter()
                for kind, families in given.items():
                    pooled(kind, families, 0, device=device, pool=pool)
                took.append(time.perf_counter() - start)
        yield f"| {LAYERS} x {HEADS} heads, {len(given)} kinds | {device} | {median(took[1:]):.2f} s |"


def _random_answers() -> Mapping[Kind, list[Answers]]:
    exercise, tokenizer = exercises.load(FLAGSHIP), AutoTokenizer.from_pretrained(EMBEDDED)
    random = np.random.default_rng(0)
    kinds = [asked.kind for asked in exercise.kinds]
    return {
        kind: [_random(kind, name, tokenizer, exercise.probes, random) for name in families_of(kind)] for kind in kinds
    }


def _random(kind: Kind, name: str, tokenizer: object, probes: object, random: np.random.Generator) -> Answers:
    sequences = family(name, tokenizer, probes)  # type: ignore[arg-type]
    questions: list[Question] = [question(kind, sequence).visible(causal=True) for sequence in sequences]
    count = sum(int(each.asked.sum()) for each in questions)
    values = random.random((count, LAYERS, HEADS, ELIGIBLE + 1), np.float32)
    values[..., 0] *= values[..., 2]
    values[..., 1] = values[..., 1] < random.random((LAYERS, HEADS))
    return Answers(questions, [sequence.slice for sequence in sequences], values, np.zeros((count, 0)))


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pooling", action="store_true")
    given = parser.parse_args()
    if given.pooling:
        sys.stdout.write(f"{machine()}\n\n| what | device | seconds |\n|---|---|---|\n")
        for row in pooling():
            sys.stdout.write(f"{row}\n")
        return 0
    if not torch.cuda.is_available():
        sys.stderr.write(f"{NO_GPU}\n")
        return 1
    sys.stdout.write(f"{machine()}, {torch.cuda.get_device_name()}, CUDA {torch.version.cuda}\n\n")
    sys.stdout.write("| transformer | on | seconds | forward / pooling | peak memory | scores against the CPU's |\n")
    sys.stdout.write("|---|---|---|---|---|---|\n")
    for row in rows("cuda"):
        sys.stdout.write(f"{row}\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
