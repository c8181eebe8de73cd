"""The gate for numpy's `.npz` files: the size and shape of every array are looked at before any of it is unpacked."""

import lzma
import math
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from grader.base.language import N_, _

MOST_BYTES = 400_000_000
"""The most bytes of all arrays together, unpacked and in double precision: all heads of GPT-2 small on 580 tokens."""
MOST_ENTRIES = 1_000
SUFFIX = ".npy"
NO_ZIP = (OSError, EOFError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""The errors of a zip file."""
NO_ARRAY = (SyntaxError, TokenError, TypeError, RecursionError, AttributeError, OverflowError, MemoryError)
"""The errors of numpy over the header of an array, which it reads as Python."""
NO_NPZ = N_("it is no .npz file; write it with numpy.savez(file, token_ids=..., attn=...)")
PICKLE = N_("an array in it is a pickle, and that is never read: store plain numbers")
TOO_LARGE = N_("{name} has {bytes} bytes unpacked; {most} is the most. Record fewer layers, or shorter texts")


class NoArrays(Exception):
    """The reason why a file cannot be read, in words."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(_(message, **values))


class _Array(NamedTuple):
    """The header of one array."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """The bytes of its content in double precision."""
        return math.prod(self.shape) * max(self.dtype.itemsize, np.dtype(np.float64).itemsize)


def arrays(path: Path, needed: Collection[str], others: Collection[str]) -> dict[str, NDArray[Any]]:
    """Return the arrays of these names that are in the file; others are never opened, nor is a pickle.

    Raises:
        NoArrays: It is no `.npz` file of plain numbers, it lacks a needed array, or it is too large.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise NoArrays(N_("it is a device or a pipe; give an .npz file"))
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise NoArrays(NO_NPZ)
            with zipfile.ZipFile(file) as archive:
                return _read(archive, needed, others)
    except (*NO_ZIP, *NO_ARRAY) as error:
        why = _("it is not an array of plain numbers") if isinstance(error, NO_ARRAY) else str(error)
        raise NoArrays(N_("it cannot be read: {why}"), why=why) from None


def _read(archive: zipfile.ZipFile, needed: Collection[str], others: Collection[str]) -> dict[str, NDArray[Any]]:
    there = [name.removesuffix(SUFFIX) for name in archive.namelist()]
    if len(there) > MOST_ENTRIES or len(set(there)) < len(there):
        raise NoArrays(N_("it has {number} arrays, some of one name or too many of them"), number=len(there))
    if lacking := [name for name in needed if name not in there]:
        shown = ", ".join(there) or _("no array")
        raise NoArrays(N_("it lacks {lacking}; it has {there}"), lacking=", ".join(lacking), there=shown)
    wanted = [name for name in (*needed, *others) if name in there]
    left = MOST_BYTES
    for name in wanted:
        with archive.open(name + SUFFIX) as entry:
            header = _header(entry)
        if header.size > left:
            raise NoArrays(TOO_LARGE, name=name, bytes=f"{header.size:,}", most=f"{MOST_BYTES:,}")
        left -= header.size
    return {name: _array(archive, name + SUFFIX) for name in wanted}


def _array(archive: zipfile.ZipFile, entry: str) -> NDArray[Any]:
    with archive.open(entry) as content:
        array: NDArray[Any] = npy.read_array(content, allow_pickle=False)
    return array


def _header(entry: IO[bytes]) -> _Array:
    """Return an array's header; only so much of the entry is unpacked."""
    version = npy.read_magic(entry)
    read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
    if read is None:
        raise NoArrays(N_("an array in it has version {version} of the format"), version=version)
    shape, _in_columns, dtype = read(entry)
    if dtype.hasobject:
        raise NoArrays(PICKLE)
    if any(size < 0 for size in shape):
        raise NoArrays(N_("an array in it has the shape {shape}"), shape=shape)
    return _Array(shape, dtype)
