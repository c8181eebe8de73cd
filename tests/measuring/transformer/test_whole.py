"""A transformer with its head for predictions: the library's own logits in every family, or none where it has none."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from grader.base.errors import UnsupportedTransformer
from grader.measuring.interventions.workbench import Workbench
from grader.measuring.transformer import load
from grader.schema import TransformerSource
from tests.support.every_family import ENCODERS, REPLACED, headed
from tests.support.saved_transformers import saved, saved_as_gguf, tokenizer

IDS = [[1, 5, 6, 7, 8, 9, 5, 6, 7, 8]]
WORDS = 300


def source(family: str, layers: int = 2) -> TransformerSource:
    kind = "encoder" if family in ENCODERS else "decoder"
    return TransformerSource.model_validate({"name": "tiny-one", "family": kind, "layers": layers, "heads": 4})


@pytest.mark.parametrize("family", REPLACED)
def test_the_whole_predicts_what_the_library_predicts(family: str, tmp_path: Path) -> None:
    made = headed(family, layers=2, vocab_size=WORDS)
    made.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    loaded = load(source(family), tmp_path, dtype="float64", whole=True)
    assert loaded.whole is not None
    assert loaded.whole.base_model is loaded.model
    bench = Workbench(loaded.model, loaded.whole)
    final = bench.run(IDS).final
    assert final is not None
    with torch.inference_mode():
        expected = made(input_ids=torch.tensor(IDS), use_cache=False).logits[0]

    assert not any(weights.requires_grad for weights in loaded.whole.parameters())
    assert float((torch.cat(list(bench.predictions(final[0]))) - expected).abs().max()) <= 1e-5


@pytest.mark.parametrize("family", ["gpt2", "llama", "bert"])
def test_weights_without_a_head_are_loaded_without_one(family: str, tmp_path: Path) -> None:
    """GPT-2's head is its embedding, so it is never without one."""
    loaded = load(source(family), saved(tmp_path / "tiny", family), whole=True)

    assert (loaded.whole is None) == (family != "gpt2")
    assert len(Workbench(loaded.model, loaded.whole).run(IDS).outputs) == 2


def test_a_gguf_file_without_a_head_has_that_of_its_embedding(tmp_path: Path) -> None:
    """So says the format."""
    loaded = load(source("llama"), saved_as_gguf(tmp_path / "tiny.gguf"), whole=True)
    assert loaded.whole is not None
    bench = Workbench(loaded.model, loaded.whole)
    final = bench.run(IDS).final
    assert final is not None
    (logits,) = bench.predictions(final[0])

    torch.testing.assert_close(logits, final[0] @ loaded.model.get_input_embeddings().weight.T)


def test_without_being_asked_for_there_is_no_head(tmp_path: Path) -> None:
    headed("gpt2", layers=2, vocab_size=WORDS).save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)

    assert load(source("gpt2"), tmp_path).whole is None


def test_a_head_whose_weights_are_not_numbers_is_refused_by_name(tmp_path: Path) -> None:
    headed("bert", layers=2, vocab_size=WORDS).save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    file = tmp_path / "model.safetensors"
    weights = load_file(file)
    weights["cls.predictions.transform.dense.weight"][0, 0] = float("nan")
    save_file(weights, file, {"format": "pt"})

    with pytest.raises(UnsupportedTransformer, match=r"1 of the 1,024 weights of cls\.predictions\.transform\.dense"):
        load(source("bert"), tmp_path, whole=True)
    assert load(source("bert"), tmp_path).model is not None
