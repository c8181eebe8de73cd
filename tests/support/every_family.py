"""A tiny random transformer of every family that can be measured, alone or with its head for predictions."""

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, PreTrainedConfig, PreTrainedModel

from grader.measuring.transformer.families import MEASURED

ENCODERS = ("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra", "albert", "modernbert")
DECODERS = tuple(family for family in MEASURED if family not in ENCODERS)
WIDTH = dict.fromkeys(
    ("hidden_size", "n_embd", "d_model", "dim", "embedding_size", "word_embed_proj_dim", "emb_dim"), 32
)
INSIDE = dict.fromkeys(
    (
        "intermediate_size",
        "ffn_dim",
        "n_inner",
        "hidden_dim",
        "moe_intermediate_size",
        "shared_expert_intermediate_size",
    ),
    64,
)
LAYERS = dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers"), 2)
HEADS = dict.fromkeys(("num_attention_heads", "n_head", "n_heads"), 4)
REST = {"num_key_value_heads": 2, "head_dim": 16, "vocab_size": 100, "n_positions": 64, "max_position_embeddings": 64}
EXPERTS = {"num_local_experts": 4, "num_experts": 4, "rotary_dim": 8, "attention_types": [[["global"], 2]]}
IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "layer_types": ["full_attention"] * 2}
SCALES = {"residual_multiplier": 0.22, "logits_scaling": 8.0, "embedding_multiplier": 12.0, "logit_scale": 0.5}
SMALL = WIDTH | INSIDE | LAYERS | HEADS | REST | EXPERTS | IDS | SCALES


def config(family: str, layers: int = 2, **more: object) -> PreTrainedConfig:
    usual = AutoConfig.for_model(family)
    small = SMALL | dict.fromkeys(LAYERS, layers) | {"layer_types": ["full_attention"] * layers} | more
    known = {name: value for name, value in small.items() if getattr(usual, name, None) is not None}
    return AutoConfig.for_model(family, **known)


def headed(family: str, layers: int = 3, **more: object) -> PreTrainedModel:
    """Return one with its head for predictions, in float64; its weights, biases too, are so large that heads differ."""
    automatic = AutoModelForMaskedLM if family in ENCODERS else AutoModelForCausalLM
    torch.manual_seed(0)
    model: PreTrainedModel = (
        automatic.from_config(
            config(family, layers, **more), attn_implementation="eager", experts_implementation="eager"
        )
        .double()
        .eval()
        .requires_grad_(False)
    )
    for name, weights in model.named_parameters():
        if weights.ndim >= 2:
            weights.mul_(5)
        elif name.endswith("bias"):
            weights.normal_(std=0.3)
    return model


OUTPUT = {
    "gpt2": "attn.c_proj",
    "gpt_bigcode": "attn.c_proj",
    "gpt_neox": "attention.dense",
    "opt": "self_attn.out_proj",
    "biogpt": "self_attn.out_proj",
    "phi": "self_attn.dense",
    "distilbert": "attention.out_lin",
    "albert": "attention.dense",
    "modernbert": "attn.Wo",
    **dict.fromkeys(("bert", "roberta", "xlm-roberta", "camembert", "electra"), "attention.output.dense"),
}
"""The end of the name of each layer's output projection; `self_attn.o_proj` elsewhere."""


def output_projections(family: str, model: PreTrainedModel) -> list[nn.Module]:
    """Return the output projections in the order of the layers; those of layers that are one are one."""
    end = OUTPUT.get(family, "self_attn.o_proj")
    return [module for name, module in model.named_modules() if name.endswith(f".{end}")]


def layers_of(model: PreTrainedModel) -> list[nn.Module]:
    """Return the layers in their order."""
    lists = [module for name, module in model.named_modules() if name.endswith((".h", ".layers", ".layer"))]
    (layers,) = (each for each in lists if isinstance(each, nn.ModuleList))
    return list(layers)
