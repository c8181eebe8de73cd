"""The transformer for the browser: one script with its shape, its tokenizer and its weights, loaded from any folder."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from grader.base.errors import UnsupportedTransformer
from grader.base.language import N_, _
from grader.measuring.probes.tokens import special_ids, surround, unknown_id
from grader.measuring.transformer import Loaded
from grader.measuring.transformer.reach import longest_text

if TYPE_CHECKING:
    import numpy as np

GLOBAL = "explorerTransformer"
"""The name of the global variable that the script sets."""
MOST_NUMBERS = 32_000_000
"""The most weights: a page of more than about 90 MB is not opened on a phone."""
LANES = 8
"""The number of columns that the browser's products of matrices take at once."""
CONFIGURED = {
    "model_type": ("gpt2",),
    "activation_function": ("gelu_new", "gelu_pytorch_tanh"),  # two names of one formula
    "scale_attn_weights": (True,),
    "scale_attn_by_inverse_layer_idx": (False,),
    "add_cross_attention": (False,),
    "tie_word_embeddings": (True,),
}
"""The parts of a configuration on which the computation depends, with the values that the browser's engine computes."""
WORDS = {"type": "ByteLevel", "use_regex": True}
BYTES = {
    "type": "BPE",
    "dropout": None,
    "unk_token": None,
    "continuing_subword_prefix": None,
    "end_of_word_suffix": None,
    "byte_fallback": False,
    "ignore_merges": False,
}
"""The parts of tokenizer.json on which a byte-level tokenizer depends, with the values that the engine follows."""
TYPED = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
REFUSED = N_(
    "the transformer '{name}' cannot run in the browser: {reason}. Explore it on this machine instead: grade explore"
)


def transformer_script(loaded: Loaded) -> str:
    """Return the text of `transformer.js`; the same transformer always gives the same text.

    Raises:
        UnsupportedTransformer: The browser's engine cannot run it, or would not compute the same numbers.
    """
    tokenizer = _tokenizer(loaded)
    config, tensors = _config(loaded), _tensors(loaded)
    numbers = b"".join(tensor.tobytes() for tensor in tensors.values())
    weights = {
        "about": about(loaded),
        "shape": {
            "layers": config["n_layer"],
            "heads": config["n_head"],
            "width": config["n_embd"],
            "inner": config["n_inner"] or 4 * config["n_embd"],
            "longest": config["n_positions"],
            "epsilon": config["layer_norm_epsilon"],
        },
        "spelling": tokenizer,
        "tensors": [[name, list(tensor.shape)] for name, tensor in tensors.items()],
        "numbers": b64encode(numbers).decode(),
    }
    return f"globalThis.{GLOBAL}={json.dumps(weights, separators=(',', ':'))};\n"


def about(loaded: Loaded) -> dict[str, object]:
    """Return what a page knows of a transformer that the engine can run."""
    return {
        "id": loaded.source.name,
        "layers": loaded.source.layers,
        "heads": loaded.source.heads,
        "causal": True,
        "longest": longest_text(loaded.model),
        "predicts": True,
        "switches": True,
    }


def _config(loaded: Loaded) -> dict[str, Any]:
    """Return the configuration of a GPT-2 that the engine can compute."""
    config: dict[str, Any] = loaded.model.config.to_dict()
    for key, computed in CONFIGURED.items():
        if config.get(key) not in computed:
            reason = N_("its `{key}` is {value}, and the page computes {computed}")
            raise _refused(loaded, _(reason, key=key, value=config.get(key), computed=computed[0]))
    size = config["n_embd"] // config["n_head"]
    if size % LANES or (config["n_inner"] or 0) % LANES:
        raise _refused(loaded, _("its heads or its MLPs are not a multiple of {number} wide", number=LANES))
    return config


def _tensors(loaded: Loaded) -> "dict[str, np.ndarray[Any, Any]]":
    """Return the weights in float16, by name; each is the very number that the grader computes with."""
    weights = {name: tensor.numpy() for name, tensor in sorted(loaded.model.state_dict().items())}
    count = sum(tensor.size for tensor in weights.values())
    if count > MOST_NUMBERS:
        reason = N_("it has {count} million weights, and a page carries {most} at most")
        raise _refused(loaded, _(reason, count=count // 10**6, most=MOST_NUMBERS // 10**6))
    halves = {name: tensor.astype("<f2") for name, tensor in weights.items()}
    if any((halves[name] != tensor).any() for name, tensor in weights.items()):
        raise _refused(loaded, _("its weights are no float16 numbers, so that the page would show other numbers"))
    return halves


def _tokenizer(loaded: Loaded) -> dict[str, object]:
    """Return what the engine's tokenizer needs to know."""
    content = json.loads(loaded.tokenizer.backend_tokenizer.to_str())
    words, pairs, typed = content["pre_tokenizer"] or {}, content["model"], content["added_tokens"]
    alike = (
        content["normalizer"] is None
        and _agrees(words, WORDS)
        and _agrees(pairs, BYTES)
        and all(_agrees(token, TYPED) for token in typed)
        and unknown_id(loaded.tokenizer) is None
    )
    if not alike:
        raise _refused(loaded, _("its tokenizer is not the byte-level BPE of GPT-2"))
    names = loaded.tokenizer.convert_ids_to_tokens(list(range(len(loaded.tokenizer))))
    return {
        "vocabulary": names,
        "merges": pairs["merges"],
        "typed": [[token["content"], token["id"]] for token in typed],
        "special": sorted(special_ids(loaded.tokenizer)),
        "front": surround(loaded.tokenizer, ())[0],
        "spaced": words["add_prefix_space"],
    }


def _agrees(content: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    return all(content.get(key) == value for key, value in wanted.items())


def _refused(loaded: Loaded, reason: str) -> UnsupportedTransformer:
    return UnsupportedTransformer(_(REFUSED, name=loaded.source.name, reason=reason))
