"""A tiny random transformer of every family that can be measured, alone or with its head for predictions."""

import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM, PreTrainedConfig, PreTrainedModel

from grader.measuring.transformer.families import (
    ALIBI,
    CAP,
    FAMILIES,
    GROUPED,
    MEASURED,
    NORMED,
    RELATIVE,
    ROTARY,
    SCALE,
    SINKS,
    WINDOW,
)

ENCODERS = (
    *("bert", "roberta", "xlm-roberta", "camembert", "distilbert", "electra", "albert", "modernbert"),
    *("deberta", "deberta-v2", "mpnet", "roformer", "rembert", "xlm"),
)
DECODERS = tuple(family for family in MEASURED if family not in ENCODERS)
INTERFACE = tuple(name for name, family in FAMILIES.items() if family.way == "interface")
REPLACED = (*INTERFACE, "gptj", "bloom", "falcon", "deberta-v2")
"""The families whose heads are replaced in every way; of those with code of their own, four stand for the others."""
WIDTH = dict.fromkeys(
    (
        *("hidden_size", "n_embd", "d_model", "dim", "embedding_size", "word_embed_proj_dim", "emb_dim"),
        *("input_embedding_size", "output_embedding_size"),
    ),
    32,
)
INSIDE = dict.fromkeys(
    (
        "intermediate_size",
        "ffn_dim",
        "ffn_hidden_size",
        "d_ff",
        "encoder_ffn_dim",
        "decoder_ffn_dim",
        "n_inner",
        "hidden_dim",
        "moe_intermediate_size",
        "shared_expert_intermediate_size",
    ),
    64,
)
LAYERS = dict.fromkeys(
    ("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers"), 2
)
HEADS = dict.fromkeys(
    (
        *("num_attention_heads", "n_head", "n_heads", "num_heads", "attention_heads"),
        *("encoder_attention_heads", "decoder_attention_heads"),
    ),
    4,
)
REST = {"num_key_value_heads": 2, "head_dim": 16, "vocab_size": 100, "n_positions": 64, "max_position_embeddings": 64}
EXPERTS = {"num_local_experts": 4, "num_experts": 4, "rotary_dim": 8, "d_kv": 8}
IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "layer_types": ["full_attention"] * 2}
SCALES = {"residual_multiplier": 0.22, "logits_scaling": 8.0, "embedding_multiplier": 12.0, "logit_scale": 0.5}
SMALL = WIDTH | INSIDE | LAYERS | HEADS | REST | EXPERTS | IDS | SCALES


HALF_WINDOW = {"sliding_window": 3, "layer_types": ["sliding_attention", "full_attention"]}
ON: dict[str, dict[str, object]] = {
    WINDOW: HALF_WINDOW,
    GROUPED: {"num_key_value_heads": 1},
    NORMED: {"qk_layernorm": True},
    CAP: {"attn_logit_softcapping": 0.5},
    SCALE: {"query_pre_attn_scalar": 3},
}
"""The settings that switch a special feature on, where a family has no other ones."""
ON_IN: dict[tuple[str, str], dict[str, object]] = {
    ("gpt2", "scaled by layer"): {"scale_attn_by_inverse_layer_idx": True},
    ("gpt2", "unscaled"): {"scale_attn_weights": False},
    ("gpt2", "upcast"): {"reorder_and_upcast_attn": True},
    ("gpt_neox", ROTARY): {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 1}},
    ("gpt_bigcode", GROUPED): {"multi_query": False},
    ("gpt_bigcode", "unscaled"): {"scale_attn_weights": False},
    ("gpt_oss", SINKS): {},
    ("smollm3", "layers without positions"): {"no_rope_layers": [0, 1]},
    ("mistral", WINDOW): {"sliding_window": 3},
    ("mixtral", WINDOW): {"sliding_window": 3},
    ("phi3", WINDOW): {"sliding_window": 3},
    ("starcoder2", WINDOW): {"sliding_window": 3},
    ("qwen2", WINDOW): {"use_sliding_window": True, **HALF_WINDOW},
    ("qwen2_moe", WINDOW): {"use_sliding_window": True, **HALF_WINDOW},
    ("qwen3", WINDOW): {"use_sliding_window": True, **HALF_WINDOW},
    ("phi", ROTARY): {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 1}},
    ("stablelm", ROTARY): {"rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 1}},
    ("olmo", "clipped queries"): {"clip_qkv": 0.1},
    ("granite", SCALE): {"attention_multiplier": 0.1},
    ("cohere", NORMED): {"use_qk_norm": True},
    ("modernbert", WINDOW): {"local_attention": 4, "layer_types": ["sliding_attention", "full_attention"]},
    ("gptj", ROTARY): {"rotary_dim": 4},
    ("codegen", ROTARY): {"rotary_dim": 4},
    ("gpt_neo", WINDOW): {"attention_types": [[["local", "global"], 1]], "window_size": 3},
    ("bloom", ALIBI): {},
    ("falcon", ALIBI): {"alibi": True},
    ("falcon", GROUPED): {"new_decoder_architecture": True, "num_kv_heads": 2},
    ("mpt", ALIBI): {},
    ("mpt", SCALE): {"attn_config": {"softmax_scale": 1.0}},
    ("deberta", RELATIVE): {"relative_attention": True, "pos_att_type": ["c2p", "p2c"]},
    ("deberta-v2", RELATIVE): {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 4},
    ("mpnet", RELATIVE): {},
    ("roformer", "rotated values"): {"rotary_value": True},
    ("xlm", "causal"): {"causal": True},
    ("t5", RELATIVE): {},
    ("t5", "gated"): {"feed_forward_proj": "gated-gelu"},
    ("mt5", RELATIVE): {},
    ("umt5", RELATIVE): {},
}
"""The settings that switch it on in one family; none where it is never off."""


def config(family: str, layers: int = 2, **more: object) -> PreTrainedConfig:
    usual = AutoConfig.for_model(family)
    small = SMALL | dict.fromkeys(LAYERS, layers) | {"layer_types": ["full_attention"] * layers}
    small["attention_types"] = [[["global"], layers]]
    known = {name: value for name, value in small.items() if _takes(usual, name)}
    return AutoConfig.for_model(family, **known | more)


def special(family: str, feature: str) -> dict[str, object]:
    """Return the settings that switch a special feature of a family on."""
    return ON_IN.get((family, feature)) if (family, feature) in ON_IN else ON[feature]


def _takes(usual: PreTrainedConfig, name: str) -> bool:
    return not isinstance(getattr(type(usual), name, None), property) and getattr(usual, name, None) is not None


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
    "gptj": "attn.out_proj",
    "codegen": "attn.out_proj",
    "mpt": "attn.out_proj",
    "gpt_neo": "attention.out_proj",
    "bloom": "self_attention.dense",
    "falcon": "self_attention.dense",
    "xglm": "self_attn.out_proj",
    "openai-gpt": "attn.c_proj",
    "mpnet": "attn.o",
    **dict.fromkeys(("bert", "roberta", "xlm-roberta", "camembert", "electra"), "attention.output.dense"),
    **dict.fromkeys(("deberta", "deberta-v2", "roformer", "rembert"), "attention.output.dense"),
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
