"""Each family that is said to be measurable is, and those that are said not to be are refused with the list."""

from pathlib import Path

import pytest
from transformers import AutoConfig, AutoModel

from grader.base.errors import UnsupportedTransformer
from grader.measuring.attention import pattern_of
from grader.measuring.transformer.borrowed import borrowed
from grader.measuring.transformer.families import MEASURED, NOT_MEASURED, advice
from tests.support.tiny import word_tokenizer

PAGE = Path(__file__).parents[3] / "docs" / "writing-exercises.md"
SINKS = ("gpt_oss",)
WIDTH = dict.fromkeys(
    ("hidden_size", "n_embd", "d_model", "dim", "embedding_size", "word_embed_proj_dim", "emb_dim"), 32
)
INSIDE = dict.fromkeys(("intermediate_size", "ffn_dim", "n_inner", "hidden_dim"), 64)
LAYERS = dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers"), 2)
HEADS = dict.fromkeys(("num_attention_heads", "n_head", "n_heads"), 4)
REST = {"num_key_value_heads": 2, "head_dim": 8, "vocab_size": 100, "n_positions": 64, "max_position_embeddings": 64}
EXPERTS = {"num_local_experts": 4, "num_experts": 4, "rotary_dim": 8, "attention_types": [[["global"], 2]]}
IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "layer_types": ["full_attention"] * 2}
SMALL = WIDTH | INSIDE | LAYERS | HEADS | REST | EXPERTS | IDS


def tiny(family: str) -> object:
    usual = AutoConfig.for_model(family)
    known = {name: value for name, value in SMALL.items() if getattr(usual, name, None) is not None}
    return AutoModel.from_config(AutoConfig.for_model(family, **known)).eval()


@pytest.mark.parametrize("family", MEASURED)
def test_a_small_one_is_measured(family: str) -> None:
    with borrowed(tiny(family), word_tokenizer("gpt2")) as lent:
        rows = pattern_of(lent.model, [3, 5, 6, 7, 8, 9], 1, 2).sum(-1)

    assert (lent.layers, lent.heads) == (2, 4)
    assert bool((rows <= 1 + 1e-6).all())
    assert bool((rows >= 1 - 1e-6).all()) == (family not in SINKS)


@pytest.mark.parametrize("family", ["gptj", "bloom", "deberta-v2"])
def test_one_out_of_reach_is_refused_with_the_list(family: str) -> None:
    assert family in NOT_MEASURED
    with pytest.raises(UnsupportedTransformer, match="These families can be measured: GPT-2, "):
        borrowed(tiny(family), word_tokenizer("gpt2")).__enter__()


def test_the_page_lists_them() -> None:
    page = " ".join(PAGE.read_text().split())

    assert ", ".join(MEASURED.values()) in page
    assert ", ".join(NOT_MEASURED.values()) in page
    assert all(name in advice() for name in MEASURED.values())
