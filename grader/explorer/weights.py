"""The transformer for the browser: one script with its shape, its tokenizer and its weights, loaded from any folder."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.base.errors import UnsupportedTransformer
from grader.base.language import N_, _
from grader.measuring.probes.tokens import special_ids, surround, unknown_id
from grader.measuring.transformer import Loaded
from grader.measuring.transformer.reach import longest_text
from grader.schema import TransformerSource

if TYPE_CHECKING:
    import numpy as np

    Tensors = Mapping[str, np.ndarray[Any, Any]]

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


class Ingredients(NamedTuple):
    """Everything that the script is made of: taken from a loaded transformer, or from its files."""

    source: TransformerSource
    longest: int | None
    config: dict[str, Any]
    tensors: "Tensors"
    spelling: dict[str, Any]
    """The content of tokenizer.json."""
    names: list[str]
    """The tokens in the order of their ids."""
    special: frozenset[int]
    front: tuple[int, ...]
    """The tokens in front of every text."""
    unknown: int | None


def of_loaded(loaded: Loaded) -> Ingredients:
    """Return what the script of a loaded transformer is made of."""
    tokenizer = loaded.tokenizer
    return Ingredients(
        source=loaded.source,
        longest=longest_text(loaded.model),
        config=loaded.model.config.to_dict(),
        tensors={name: tensor.numpy() for name, tensor in loaded.model.state_dict().items()},
        spelling=json.loads(tokenizer.backend_tokenizer.to_str()),
        names=list(tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))),
        special=special_ids(tokenizer),
        front=surround(tokenizer, ())[0],
        unknown=unknown_id(tokenizer),
    )


def transformer_script(of: Ingredients | Loaded) -> str:
    """Return the text of `transformer.js`; the same transformer always gives the same text.

    Raises:
        UnsupportedTransformer: The browser's engine cannot run it, or would not compute the same numbers.
    """
    given = of_loaded(of) if isinstance(of, Loaded) else of
    tokenizer = _tokenizer(given)
    config, tensors = _config(given), _tensors(given)
    numbers = b"".join(tensor.tobytes() for tensor in tensors.values())
    weights = {
        "about": about(given),
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


def about(of: Ingredients | Loaded) -> dict[str, object]:
    """Return what a page knows of a transformer that the engine can run."""
    return {
        "id": of.source.name,
        "layers": of.source.layers,
        "heads": of.source.heads,
        "causal": True,
        "longest": longest_text(of.model) if isinstance(of, Loaded) else of.longest,
        "predicts": True,
        "switches": True,
    }


def _config(given: Ingredients) -> dict[str, Any]:
    """Return the configuration of a GPT-2 that the engine can compute."""
    config = given.config
    for key, computed in CONFIGURED.items():
        if config.get(key) not in computed:
            reason = N_("its `{key}` is {value}, and the page computes {computed}")
            raise _refused(given, _(reason, key=key, value=config.get(key), computed=computed[0]))
    size = config["n_embd"] // config["n_head"]
    if size % LANES or (config["n_inner"] or 0) % LANES:
        raise _refused(given, _("its heads or its MLPs are not a multiple of {number} wide", number=LANES))
    return config


def _tensors(given: Ingredients) -> "Tensors":
    """Return the weights in float16, by name; each is the very number that the grader computes with."""
    weights = dict(sorted(given.tensors.items()))
    count = sum(tensor.size for tensor in weights.values())
    if count > MOST_NUMBERS:
        reason = N_("it has {count} million weights, and a page carries {most} at most")
        raise _refused(given, _(reason, count=count // 10**6, most=MOST_NUMBERS // 10**6))
    halves = {name: tensor.astype("<f2") for name, tensor in weights.items()}
    if any((halves[name] != tensor).any() for name, tensor in weights.items()):
        raise _refused(given, _("its weights are no float16 numbers, so that the page would show other numbers"))
    return halves


def _tokenizer(given: Ingredients) -> dict[str, object]:
    """Return what the engine's tokenizer needs to know."""
    content = given.spelling
    words, pairs, typed = content["pre_tokenizer"] or {}, content["model"], content["added_tokens"]
    alike = (
        content["normalizer"] is None
        and _agrees(words, WORDS)
        and _agrees(pairs, BYTES)
        and all(_agrees(token, TYPED) for token in typed)
        and given.unknown is None
    )
    if not alike:
        raise _refused(given, _("its tokenizer is not the byte-level BPE of GPT-2"))
    return {
        "vocabulary": given.names,
        "merges": pairs["merges"],
        "typed": [[token["content"], token["id"]] for token in typed],
        "special": sorted(given.special),
        "front": given.front,
        "spaced": words["add_prefix_space"],
    }


def _agrees(content: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    return all(content.get(key) == value for key, value in wanted.items())


def _refused(given: Ingredients, reason: str) -> UnsupportedTransformer:
    return UnsupportedTransformer(_(REFUSED, name=given.source.name, reason=reason))
