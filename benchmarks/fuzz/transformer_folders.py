"""Folders of a transformer whose configuration, tokenizer, index or weights are changed or damaged."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.fuzz.damage import damaged, odd, replaced
from grader import exercises
from grader.base.errors import GraderError
from grader.measuring.scan import scan
from grader.measuring.sentence import read
from grader.measuring.transformer import load
from grader.measuring.transformer.find import BUNDLED
from grader.schema import Kind

WHOLE = BUNDLED / "mini-gpt2"
FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors")
TEXT = "The baker near the old bridge waved, 밥 먹었어."


def case(rng: random.Random, folder: Path) -> None:
    """Load a changed copy of the embedded transformer, and measure a kind of head if that can be done."""
    exercise = exercises.load("mini-heads")
    copy = folder / "transformer"
    shutil.copytree(WHOLE, copy, ignore=shutil.ignore_patterns("heat-maps", "*.md"))
    for _ in range(rng.randint(1, 2)):
        rng.choice(CHANGES)(rng, copy)
    source = exercise.transformer.model_copy(update={"files": {}})
    settings = exercise.probes.model_copy(update={"random_sequences": 2, "repeat_sequences": 2, "grows_to": 1})
    try:
        loaded = load(source, copy)
        read(loaded.model, loaded.tokenizer, TEXT)
        scan(loaded.model, loaded.tokenizer, settings, [Kind(type="positional", offset=-1)], causal=True)
    except GraderError:
        return


def _configuration(rng: random.Random, folder: Path) -> None:
    _edit(folder / "config.json", lambda content: _one_changed(rng, content))


def _model_type(rng: random.Random, folder: Path) -> None:
    types = ("bert", "llama", "t5", "vit", "bloom", "mamba", "gpt_oss", "mixtral", "deberta-v2", "roberta", "opt")
    _edit(folder / "config.json", lambda content: {**content, "model_type": rng.choice(types)})


def _tokenizer(rng: random.Random, folder: Path) -> None:
    _edit(folder / "tokenizer.json", lambda content: replaced(rng, content))


def _beside(rng: random.Random, folder: Path) -> None:
    name = rng.choice(("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json"))
    content = {rng.choice(("eos_token", "bos_token", "tokenizer_class", "model_max_length", "a", "auto_map")): odd(rng)}
    if not (folder / name).is_dir():  # as an earlier change may have made it
        (folder / name).write_text(json.dumps(content), encoding="utf-8")


def _index(rng: random.Random, folder: Path) -> None:
    content = rng.choice(({"weight_map": odd(rng)}, {"weight_map": {"wte.weight": odd(rng)}}, odd(rng)))
    (folder / "model.safetensors.index.json").write_text(json.dumps(content), encoding="utf-8")


def _bytes(rng: random.Random, folder: Path) -> None:
    file = folder / rng.choice(FILES)
    if file.is_file():
        file.write_bytes(damaged(rng, file.read_bytes()))


def _deep(rng: random.Random, folder: Path) -> None:
    depth = rng.choice((100, 1_000, 100_000))
    if (file := folder / rng.choice(FILES[:3])).is_file():
        file.write_text('{"a":' + "[" * depth + "]" * depth + "}", encoding="utf-8")


def _no_file(rng: random.Random, folder: Path) -> None:
    file = folder / rng.choice(FILES)
    if file.is_file():
        file.unlink()
        if rng.random() < 0.5:
            file.mkdir()


CHANGES = (_configuration, _configuration, _configuration, _model_type, _tokenizer, _beside, _index, _bytes, _deep)
CHANGES += (_no_file,)


def _edit(file: Path, change: Callable[[Any], Any]) -> None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    file.write_text(json.dumps(change(content)), encoding="utf-8")


def _one_changed(rng: random.Random, content: Any) -> Any:  # noqa: ANN401 - JSON
    """Return the configuration with one value odd, or with a key that other families have."""
    if not isinstance(content, dict) or not content:
        return odd(rng)
    other = ("num_labels", "num_local_experts", "layer_types", "rope_parameters", "torch_dtype", "quantization_config")
    return {**content, rng.choice((*content, *other)): odd(rng)}
