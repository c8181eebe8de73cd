"""The same heads on every device that torch has here, and with little memory: the CPU's scores."""

import subprocess
import sys
from copy import deepcopy
from itertools import chain
from pathlib import Path

import pytest
import torch

import grader
from grader.kinds.sequence import ProbeSequence
from grader.measuring import scan as scanning
from grader.measuring.scan import scan
from grader.measuring.tables.elsewhere import MARGIN
from grader.measuring.tables.score_table import KindScores
from grader.measuring.transformer.device import there
from grader.schema import Kind, ProbeSettings
from tests.support.tiny import for_words, word_tokenizer

REPOSITORY = Path(__file__).parents[2]
STEP = 0.0001
SMALL = ProbeSettings(seed=3, random_sequences=4, repeat_sequences=6, sentences=20, category_sequences=10)
KINDS = (Kind(type="positional", offset=-1), Kind(type="induction"), Kind(type="semantic"))


def flat(found: KindScores, end: str) -> list[float]:
    columns = (column for part in found.slices for column in part.statistics if column.statistic != "lift")
    return list(chain.from_iterable(chain.from_iterable(getattr(column, end) for column in columns)))


def scores(device: str, tokens: int | None = None) -> tuple[KindScores, ...]:
    model = deepcopy(for_words("gpt2", torch.float32)).to(device)
    return scan(model, word_tokenizer("gpt2"), SMALL, KINDS, causal=True, tokens=tokens)


@pytest.mark.parametrize("device", there())
def test_every_device_gives_the_cpus_scores(device: str) -> None:
    """Other batches as well: on the CPU the same four decimals, elsewhere intervals that hold the CPU's."""
    for reference, found in zip(scores("cpu"), scores(device, tokens=64), strict=True):
        margin = 0.0 if device == "cpu" else MARGIN
        for here, elsewhere in zip(flat(reference, "value"), flat(found, "value"), strict=True):
            assert elsewhere == here if device == "cpu" else abs(elsewhere - here) < 1.5 * STEP
        for here, elsewhere in zip(flat(reference, "low"), flat(found, "low"), strict=True):
            assert 0 <= here - elsewhere <= margin + 1.5 * STEP
        for here, elsewhere in zip(flat(reference, "high"), flat(found, "high"), strict=True):
            assert 0 <= elsewhere - here <= margin + 1.5 * STEP


@pytest.mark.parametrize("device", there())
def test_a_transformer_in_memory_is_measured_where_it_lies(device: str) -> None:
    model = deepcopy(for_words("gpt2", torch.float32)).to(device)
    tokenizer = word_tokenizer("gpt2")

    best = grader.scan(model=model, tokenizer=tokenizer, kinds=["positional:-1"], settings=SMALL).best("positional:-1")
    pattern = grader.attention(model=model, tokenizer=tokenizer, layer=0, head=0, text="the king waits for the queen")

    assert best[0].score > 0
    assert pattern.weights.sum(-1) == pytest.approx(1.0, abs=1e-5)
    assert {str(each.device) for each in model.parameters()} == {str(torch.empty(0, device=device).device)}


SHORT_OF_MEMORY = """
import resource
import sys
from pathlib import Path
import torch
from grader.kinds.sequence import ProbeSequence
from grader.measuring import scan as scanning
from grader.schema import Kind
from tests.support.tiny import for_words

torch.set_num_threads(1)
passed, whole = [], scanning._pass

def watched(model, batch, *, rows):
    whole(model, batch, rows=rows)
    passed.append(len(batch))

scanning._pass = watched
model, kind = for_words("gpt2"), Kind(type="positional", offset=-1)
texts = [ProbeSequence(tuple(5 + (7 * number + place) % 80 for place in range(240)), frozenset({0}), "random")
         for number in range(24)]

def values(tokens):
    (found,) = scanning.answers(model, [(texts, [kind])], causal=True, tokens=tokens)[kind.name]
    return found.values

expected, passed[:] = values(480), []
held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (held + 150 * 2**20, resource.RLIM_INFINITY))
found = values(1_000_000)
print(sorted(passed), abs(found - expected).max() < 1e-12)
"""


def test_a_batch_that_does_not_fit_is_halved_until_it_does() -> None:
    """A real limit of the process's memory, and real allocations that fail."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SHORT_OF_MEMORY],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert done.returncode == 0, done.stderr
    sizes, same = done.stdout.strip().rsplit(maxsplit=1)
    parts = [int(size) for size in sizes.strip("[]").split(",")]
    assert (sum(parts), len(parts) > 1, same) == (24, True, "True")


def test_what_breaks_off_for_want_of_memory_counts_nothing() -> None:
    """Memory runs out in the last layer, when the layers before it were counted already."""
    model, kind = deepcopy(for_words("gpt2")), Kind(type="positional", offset=-1)
    texts = [ProbeSequence(tuple(range(5 + number, 45 + number)), frozenset({0}), "random") for number in range(8)]
    found = [scanning.answers(model, [(texts, [kind])], causal=True)[kind.name][0]]

    def refuse(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if len(given[0]) > 3:
            raise MemoryError

    model.h[-1].register_forward_pre_hook(refuse)
    found.append(scanning.answers(model, [(texts, [kind])], causal=True)[kind.name][0])

    assert found[0].alike.any()
    assert (found[0].alike == found[1].alike).all()
    assert found[1].values == pytest.approx(found[0].values)
