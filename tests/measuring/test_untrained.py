"""The untrained twin: measured once, the same from the same seed, and none of the trained transformer's scores."""

from pathlib import Path

import pytest
import torch

from grader.laboratory import Laboratory
from grader.measuring.tables.score_table import ScoreTable, content_key
from grader.measuring.transformer import Loaded
from grader.measuring.untrained import untrained
from tests.support.planted_tables import INDUCTION, PREVIOUS, exercise
from tests.support.tiny import saved

ASKED = exercise(
    PREVIOUS,
    INDUCTION,
    transformer={"name": "tiny", "family": "decoder", "layers": 3, "heads": 4},
    probes={"seed": 3, "random_sequences": 4, "repeat_sequences": 6},
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    root = tmp_path_factory.mktemp("untrained")
    return Laboratory(ASKED, root / "tables", explicit=saved(root / "tiny", "gpt2"))


def twin(bench: Laboratory, folder: Path) -> ScoreTable:
    return untrained(ASKED, folder, bench.digest, lambda: bench.loaded)


def test_the_same_seed_is_the_same_twin_and_nobody_elses_random_numbers_change(
    bench: Laboratory, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = twin(bench, tmp_path / "one")

    assert torch.equal(torch.get_rng_state(), before)
    assert twin(bench, tmp_path / "two") == first


def test_it_is_kept_beside_the_trained_table_and_looked_up(bench: Laboratory) -> None:
    def load() -> Loaded:
        raise AssertionError("it was measured already")

    first = twin(bench, bench.folder)
    second = untrained(ASKED, bench.folder, bench.digest, load)

    assert second == first
    assert bench.table.key == content_key(bench.store.key, bench.table.basis) != first.key
    assert bench.table.kinds != first.kinds
    assert (first.layers, first.heads) == (3, 4)
