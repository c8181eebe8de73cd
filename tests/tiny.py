"""Tiny random transformers of three families, from a config: real code, no weights to fetch."""

import torch
from transformers import BertConfig, BertModel, GPT2Config, GPT2Model, LlamaConfig, LlamaModel, PreTrainedModel

WORDS = 97
"""Tokens in their vocabularies."""


def gpt2() -> PreTrainedModel:
    return GPT2Model(GPT2Config(vocab_size=WORDS, n_positions=160, n_embd=32, n_layer=3, n_head=4))


def llama() -> PreTrainedModel:
    """Eight query heads share two key heads."""
    return LlamaModel(
        LlamaConfig(
            vocab_size=WORDS,
            hidden_size=64,
            intermediate_size=96,
            num_hidden_layers=3,
            num_attention_heads=8,
            num_key_value_heads=2,
        )
    )


def bert() -> PreTrainedModel:
    return BertModel(
        BertConfig(
            vocab_size=WORDS,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=160,
        )
    )


FAMILIES = {"gpt2": gpt2, "llama": llama, "bert": bert}


def transformer(family: str, dtype: torch.dtype = torch.float64) -> PreTrainedModel:
    """A random transformer, the same every time; its weights are large enough for its heads to differ."""
    torch.manual_seed(0)
    model = FAMILIES[family]().to(dtype).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(5)
    return model
