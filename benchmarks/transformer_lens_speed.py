"""Our scan compared with TransformerLens's `detect_head`: same weights, same sequences, in one process.

    lens/bin/python benchmarks/transformer_lens_speed.py

The environment is that of `transformer_lens_parity.py`, which compares the two definitions. Previous token,
duplicate token and induction on 16 sequences of 128 tokens, 144 heads of GPT-2 small's size, random weights.
"""

import copy
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from transformer_lens import head_detector

from benchmarks.ratios import Seconds, compare
from benchmarks.transformer_lens_parity import KINDS, lenses, random_gpt2
from grader.kinds.sequence import ProbeSequence
from grader.measuring.attention.streaming import one_thread
from grader.measuring.scan import answers
from grader.measuring.statistics.pooling import pooled
from grader.measuring.transformer.activation import in_place
from grader.schema import Kind

SEQUENCES, LENGTH, WORDS = 16, 128, 50257
ASKED = [Kind(type=type_) for type_ in KINDS.values()]


def main() -> None:
    """Print the table's rows."""
    warnings.simplefilter("ignore")
    whole = random_gpt2(768, 12, 12, WORDS, 3.0)
    bare = copy.deepcopy(whole.base_model)
    in_place(bare)  # as `grader.measuring.transformer.load` has it
    random = torch.Generator().manual_seed(0)
    once = [torch.randperm(WORDS, generator=random)[: LENGTH // 2].tolist() for _ in range(SEQUENCES)]
    texts = [ids * 2 for ids in once]
    sequences = tuple(ProbeSequence(tuple(ids), frozenset(), "repeats") for ids in texts)

    def ours() -> object:
        with one_thread() as threads:
            measured = answers(bare, [(sequences, ASKED)], causal=True, threads=threads)
            return [pooled(kind, measured[kind.name], 0) for kind in ASKED]

    for name, model, _ in lenses(whole):

        def theirs(model: object = model) -> object:
            return [
                head_detector.detect_head(model, torch.tensor([ids]), kind, error_measure="mul")
                for ids in texts
                for kind in KINDS
            ]

        columns = compare(_timed(ours), _timed(theirs)).columns()
        measure, against = f"3. three kinds, {SEQUENCES} x {LENGTH} tokens", f"TransformerLens `detect_head`, {name}"
        sys.stdout.write(f"| {measure} | {against} | <= 0.125 | {columns} |\n")
        sys.stdout.flush()


def _timed(work: Callable[[], object]) -> Seconds:
    def once() -> float:
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return once


if __name__ == "__main__":
    main()
