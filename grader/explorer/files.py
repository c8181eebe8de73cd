"""The transformer for the browser from its files alone: numpy reads the weights, and no torch is needed.

Only for a GPT-2 whose files say everything: what a library would add by itself, only the library knows.
"""

import json
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from grader.base.errors import UnsupportedTransformer
from grader.base.installed import COMMAND
from grader.base.language import N_, _
from grader.explorer.weights import Ingredients
from grader.measuring.transformer import locate, verify
from grader.measuring.transformer.files import read_json
from grader.schema import TransformerSource

if TYPE_CHECKING:
    from grader.explorer.weights import Tensors

NUMBERS: dict[str, np.dtype[Any]] = {"F16": np.dtype("<f2"), "F32": np.dtype("<f4"), "F64": np.dtype("<f8")}
MOST_HEADER = 2**24
"""The most bytes of the list of tensors."""
INNER = "transformer."
"""The beginning of the names of weights that were saved together with the head for predictions."""
SPECIAL = ("bos_token", "eos_token", "unk_token", "pad_token", "mask_token", "cls_token", "sep_token")
STATED = ("n_layer", "n_head", "n_embd", "n_inner", "n_positions", "layer_norm_epsilon")
"""The keys of config.json that must be there."""
ONLY_MEASURED = N_("{path}: {what}, so that it can only be explored where everything is installed: {command}")


def of_files(source: TransformerSource, explicit: Path | None = None) -> Ingredients:
    """Return what the script is made of, from files that are verified first.

    Raises:
        TransformerNotFound: They are nowhere.
        DigestMismatch: They are not the pinned ones.
        UnsupportedTransformer: They do not say everything that is needed.
    """
    located = locate(source, explicit)
    verify(located, source)
    folder = located.path
    if not folder.is_dir() or not (folder / "model.safetensors").is_file():
        raise _refused(folder, _("it is no folder with model.safetensors"))
    config = read_json(folder / "config.json")
    if unsaid := [name for name in STATED if name not in config]:
        raise _refused(folder, _("its configuration leaves out {names}", names=", ".join(unsaid)))
    if (config["n_layer"], config["n_head"]) != (source.layers, source.heads):
        raise _refused(folder, _("it has not the layers and heads that the exercise says"))
    spelling = read_json(folder / "tokenizer.json")
    ids: dict[str, int] = dict(spelling["model"]["vocab"])
    ids |= {token["content"]: token["id"] for token in spelling["added_tokens"]}
    special = _special(read_json(folder / "tokenizer_config.json"), ids)
    if "bos_token" not in special:
        raise _refused(folder, _("its configuration leaves out {names}", names="bos_token"))
    used = {special.get(name) for name in ("bos_token", "eos_token", "pad_token", "mask_token")}
    unknown = special.get("unk_token")
    return Ingredients(
        source=source,
        longest=config["n_positions"],
        config={"tie_word_embeddings": True, **config},
        tensors=_tensors(folder / "model.safetensors"),
        spelling=spelling,
        names=sorted(ids, key=ids.__getitem__),
        special=frozenset(special.values()) | {each["id"] for each in spelling["added_tokens"] if each["special"]},
        front=(special["bos_token"],),
        unknown=None if unknown in used else unknown,
    )


def _special(config: dict[str, Any], ids: dict[str, int]) -> dict[str, int]:
    """Return the ids of the special tokens that the configuration names."""
    named = {name: config.get(name) for name in SPECIAL}
    spelled = {name: each["content"] if isinstance(each, dict) else each for name, each in named.items()}
    return {name: ids[text] for name, text in spelled.items() if text in ids}


def _tensors(file: Path) -> "Tensors":
    """Return the weights in a file, by name, without those of the head for predictions."""
    content = file.read_bytes()
    length = int.from_bytes(content[:8], "little")
    if length > min(MOST_HEADER, len(content)):
        raise _refused(file, _("it is damaged"))
    listed, numbers = json.loads(content[8 : 8 + length]), memoryview(content)[8 + length :]
    tensors = {}
    for name, entry in listed.items():
        if name in ("__metadata__", "lm_head.weight"):
            continue
        kind, (start, end) = NUMBERS.get(entry["dtype"]), entry["data_offsets"]
        if kind is None or end - start != prod(entry["shape"]) * kind.itemsize or end > len(numbers):
            raise _refused(file, _("its numbers are {kind}", kind=entry["dtype"]))
        tensor = np.frombuffer(numbers[start:end], kind).reshape(entry["shape"])
        if not np.isfinite(tensor).all():
            raise _refused(file, _("it is damaged"))
        tensors[name.removeprefix(INNER)] = tensor
    return tensors


def _refused(path: Path, what: str) -> UnsupportedTransformer:
    return UnsupportedTransformer(_(ONLY_MEASURED, path=path, what=what, command=COMMAND))
