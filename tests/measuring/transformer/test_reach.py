"""A transformer that is too short for the probes, or that a tokenizer does not belong to: said with both numbers."""

import json
import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from transformers import RobertaConfig, RobertaModel

from grader import exercises
from grader.base.errors import UnsupportedTransformer
from grader.laboratory import Laboratory
from grader.measuring.transformer.find import BUNDLED
from grader.measuring.transformer.reach import longest_text
from grader.schema import Exercise

POSITIONS = 64


@pytest.fixture
def mini() -> Exercise:
    """The exercise with its transformer unpinned, so that another one may be given."""
    exercise = exercises.load("mini-heads")
    return exercise.model_copy(update={"transformer": exercise.transformer.model_copy(update={"files": {}})})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(BUNDLED / "mini-gpt2", tmp_path / "mini")


def cut(folder: Path, name: str, rows: int, setting: str) -> None:
    """Leave only the first rows of a table, and say so in the configuration."""
    weights = load_file(folder / "model.safetensors")
    weights[name] = weights[name][:rows].clone()
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, setting: rows}))


def test_a_context_shorter_than_the_probes(mini: Exercise, folder: Path, tmp_path: Path) -> None:
    cut(folder, "transformer.wpe.weight", POSITIONS, "n_positions")

    with pytest.raises(UnsupportedTransformer, match=r"reads 64 tokens at most, but a probe has \d+"):
        _ = Laboratory(mini, tmp_path / "tables", explicit=folder).table


def test_a_tokenizer_with_more_tokens(mini: Exercise, folder: Path, tmp_path: Path) -> None:
    cut(folder, "transformer.wte.weight", 1_000, "vocab_size")

    with pytest.raises(UnsupportedTransformer, match="gives the token 2509, but GPT2Model has a vocabulary of 1000"):
        _ = Laboratory(mini, tmp_path / "tables", explicit=folder).loaded


def test_positions_that_begin_behind_the_padding() -> None:
    sizes = {"vocab_size": 50, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = RobertaModel(RobertaConfig(**sizes, intermediate_size=8, max_position_embeddings=66, pad_token_id=1))

    assert longest_text(model) == 64
