"""The pictures of a report: one short sequence for each kind, with every head's pattern on it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from grader.base.errors import ScoreTableError
from grader.measuring.examples import STEPS, examples, picture, save
from grader.measuring.probes.families import family
from grader.schema import Kind, ProbeSettings
from tests.support.tiny import for_words, word_tokenizer

SMALL = ProbeSettings(
    seed=3, random_sequences=4, repeat_sequences=6, sentences=20, category_sequences=10, rare_sequences=10
)
KINDS = (
    Kind(type="positional"),
    Kind(type="induction"),
    Kind(type="syntactic", relation="verb_subject"),
    Kind(type="rare_token"),
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "examples.npz"
    save(path, examples(for_words("gpt2"), word_tokenizer("gpt2"), SMALL, KINDS, causal=True))
    return path


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_shows_a_sequence_with_targets(kept: Path, kind: Kind) -> None:
    drawn = picture(kept, kind, 2, 3)

    assert drawn is not None
    assert drawn.targets
    assert all(key < query for query, key in drawn.targets)
    assert len(drawn.pattern) == len(drawn.tokens)
    assert all(sum(row) == pytest.approx(1, abs=len(row) / STEPS) for row in drawn.pattern)
    assert "L2H3" in drawn.caption


def test_the_pattern_is_the_heads_own(kept: Path) -> None:
    """The shortest sequence of the probe, run through the library itself."""
    shortest = min(family("repeats", word_tokenizer("gpt2"), SMALL), key=lambda one: len(one.token_ids))
    model = for_words("gpt2")
    model.set_attn_implementation("eager")
    with torch.no_grad():
        expected = model(input_ids=torch.tensor([shortest.token_ids]), output_attentions=True).attentions
    for layer, head in ((0, 0), (2, 3)):
        drawn = picture(kept, KINDS[1], layer, head)
        assert drawn is not None
        assert np.allclose(drawn.pattern, expected[layer][0, head], atol=0.6 / STEPS + 0.0005)


def test_the_same_examples_have_the_same_bytes(kept: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.npz"
    save(again, examples(for_words("gpt2"), word_tokenizer("gpt2"), SMALL, KINDS, causal=True))
    with np.load(kept) as one, np.load(again) as other:
        assert one.files == other.files
        assert all(np.array_equal(one[name], other[name]) for name in one.files)


def test_what_is_not_kept_is_not_drawn(kept: Path, tmp_path: Path) -> None:
    assert picture(kept, Kind(type="semantic"), 0, 0) is None
    assert picture(tmp_path / "nowhere.npz", KINDS[0], 0, 0) is None


@pytest.mark.parametrize("cut", [0, 10, 3000, -10])
def test_a_damaged_file_is_an_error_that_says_what_to_do(kept: Path, tmp_path: Path, cut: int) -> None:
    damaged = tmp_path / "damaged.examples.npz"
    damaged.write_bytes(kept.read_bytes()[:cut])

    with pytest.raises(ScoreTableError, match=r"is damaged; delete it and damaged\.json"):
        picture(damaged, KINDS[0], 0, 0)
