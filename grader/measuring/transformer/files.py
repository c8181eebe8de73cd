"""The files of a transformer: safetensors weights, configuration, tokenizer; or one `.gguf` file."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from grader.base.errors import UnsupportedTransformer

CONFIGURATION = ("config.json",)
INDEX = "model.safetensors.index.json"
"""The file that names the parts of weights that are spread over several files."""
WEIGHTS = ("model.safetensors", "model-*.safetensors", INDEX)
TOKENIZER = ("tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model")
TOKENIZER_EXTRAS = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt")
PARTS = {
    "config.json": CONFIGURATION,
    "weights (*.safetensors)": WEIGHTS[:2],
    "a tokenizer (tokenizer.json)": TOKENIZER,
}
"""The parts of a transformer in words, each with the names of files that are it."""
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")


def _any(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_read(name: str) -> bool:
    """Return whether a file of this name is read, and therefore fetched: never code, never a pickle."""
    return _any(name, CONFIGURATION + WEIGHTS + TOKENIZER + TOKENIZER_EXTRAS)


def files_of(path: Path) -> dict[str, Path]:
    """Return the files that are read from a folder, or the `.gguf` file, by name and in the order of names."""
    if path.is_file():
        return {path.name: path}
    return {file.name: file for file in sorted(path.iterdir()) if file.is_file() and is_read(file.name)}


def lacks(path: Path) -> list[str]:
    """Return what a folder lacks to be a transformer, in words; a `.gguf` file lacks nothing."""
    return [] if path.is_file() else lacking(path, files_of(path))


def lacking(path: Path, given: Iterable[str]) -> list[str]:
    """Return what a folder lacks to be a transformer if only the given files of it are read, in words."""
    names = list(given)
    return missing_parts(names) + sorted(_parts(path / INDEX) - set(names) if INDEX in names else ())


def missing_parts(names: Iterable[str]) -> list[str]:
    """Return the parts of a transformer that none of these files is, in words."""
    given = tuple(names)
    return [part for part, patterns in PARTS.items() if not any(_any(name, patterns) for name in given)]


def _parts(index: Path) -> set[str]:
    """Return the names of the files that weights are spread over."""
    spread = read_json(index).get("weight_map", {})
    if not isinstance(spread, dict) or not all(isinstance(name, str) for name in spread.values()):
        raise UnsupportedTransformer(f"{index}: `weight_map` must give the name of a file for each weight")
    return set(spread.values())


def pickles_in(folder: Path) -> list[str]:
    """Return the names of pickled weights. They are never read: a pickle can run code."""
    return sorted(file.name for file in folder.iterdir() if _any(file.name, PICKLES))


def read_json(file: Path) -> dict[str, Any]:
    """Return the JSON object in a file.

    Raises:
        UnsupportedTransformer: It holds none.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise UnsupportedTransformer(f"{file}: its brackets are nested too deeply") from error
    except ValueError as error:
        raise UnsupportedTransformer(f"{file}: not valid JSON ({error})") from error
    if not isinstance(content, dict):
        raise UnsupportedTransformer(f"{file}: not a JSON object")
    return content
