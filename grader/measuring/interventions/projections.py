"""The output projections of families that simply add what heads write to what later layers read."""

from torch import nn

from grader.measuring.interventions.workbench import Workbench

ADDED: dict[str, str] = {
    "biogpt": "out_proj",
    "cohere": "o_proj",
    "gemma": "o_proj",
    "gpt2": "c_proj",
    "gpt_bigcode": "c_proj",
    "gpt_neox": "dense",
    "gpt_oss": "o_proj",
    "llama": "o_proj",
    "mistral": "o_proj",
    "mixtral": "o_proj",
    "modernbert": "Wo",
    "olmo": "o_proj",
    "opt": "out_proj",
    "phi": "dense",
    "phi3": "o_proj",
    "qwen2": "o_proj",
    "qwen2_moe": "o_proj",
    "qwen3": "o_proj",
    "smollm3": "o_proj",
    "stablelm": "o_proj",
    "starcoder2": "o_proj",
}
"""The output projection's name by family (`model_type`).

Elsewhere a norm or a factor stands between, and what a single head adds is not defined.
"""


def projection(bench: Workbench, layer: int) -> nn.Module | None:
    """Return the output projection of a layer's heads; None if what it returns is not simply added."""
    config = bench.model.config
    name = ADDED.get(config.model_type)
    if not bench.stack or not name or not getattr(config, "do_layer_norm_before", True):  # OPT-350m has norms behind
        return None
    modules = (getattr(module, name, None) for module in bench.stack[layer].modules())
    return next((each for each in modules if isinstance(each, nn.Module) and _width(each) == bench.width), None)


def _width(linear: nn.Module) -> int:
    """Return the width of what a linear layer reads."""
    return linear.in_features if isinstance(linear, nn.Linear) else len(linear.get_parameter("weight"))
