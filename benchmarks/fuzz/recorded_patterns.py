"""Recorded patterns whose arrays, headers, zip entries or bytes are changed."""

import io
import random
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.fuzz.damage import damaged
from grader.base.errors import GraderError
from grader.measuring.recorded import scan_file
from grader.schema import Kind

LENGTH = 12
LENGTHS = (200, 2_000, 8_000)
"""The lengths of patterns of zeros, which pack well."""
KINDS = (
    Kind(type="positional", offset=-1),
    Kind(type="induction"),
    Kind(type="duplicate_token"),
    Kind(type="semantic"),
)
SHAPES = ("(10000000000000,)", "(0,)", "(-1,)", "(3, 2)", "(True,)", "12", "()", "(2**60,)", "[12]", "(12,)" * 3)
TYPES = ("<f8", "<i8", "|O", "<U99999999", "<f2", "V8", "|b1", "M8[ns]", "[('a', '<f8')]", "\0")
SPECIALS = ("/dev/zero", "/dev/null", "/dev/stdin", ".", "nowhere.npz")


def case(rng: random.Random, folder: Path) -> None:
    """Score the heads of a changed recording under one kind."""
    for length in LENGTHS:
        _of_zeros(length)
    file = folder / "recorded.npz"
    file.write_bytes(rng.choice((_odd_arrays, _odd_header, _inflated, _damaged))(rng))
    if rng.random() < 0.05:
        file = Path(rng.choice(SPECIALS))
    try:
        scan_file(file, rng.choice(KINDS))
    except GraderError:
        return


def _arrays(rng: random.Random) -> dict[str, Any]:
    """Return a whole recording in one of the three layouts, with or without a mask."""
    numpy = np.random.default_rng(rng.randrange(2**32))
    attention = np.tril(numpy.random((2, 3, LENGTH, LENGTH)))
    attention /= attention.sum(-1, keepdims=True)
    ids = numpy.integers(-1, 6, LENGTH)
    form = rng.randrange(3)
    if form == 0:
        arrays = {"token_ids": ids, "attn": attention}
    elif form == 1:
        arrays = {"token_ids": ids, "attn": attention[0], "heads": np.array([[0, 1], [3, 2], [1, 1]])}
    else:
        arrays = {"token_ids": np.stack([ids] * 3), "attn": attention[0], "heads": np.array([[0, 1], [0, 1], [1, 1]])}
    if rng.random() < 0.5:
        mask = np.ones_like(arrays["token_ids"])
        mask[..., LENGTH - rng.randrange(4) :] = 0
        arrays["attention_mask"] = mask
    return arrays


def _odd_arrays(rng: random.Random) -> bytes:
    arrays = _arrays(rng)
    name = rng.choice([*arrays, "layers", "heads"])
    array = np.array(arrays.get(name, np.arange(2)))
    if array.size:
        array.flat[rng.randrange(array.size)] = rng.choice((0, -1, 7, 2**31))
    changes = (
        lambda: array.astype(rng.choice(("f2", "f4", "i1", "u8", "bool", "U3", "c16", "O"))),
        lambda: array[..., : rng.randrange(3)],
        lambda: array[None],
        lambda: array.ravel(),
        lambda: array * rng.choice((0, 2, -1)),
        lambda: array + np.nan,
    )
    with np.errstate(all="ignore"):
        return _saved({**arrays, name: rng.choice(changes)()})


def _odd_header(rng: random.Random) -> bytes:
    shape, kind = rng.choice(SHAPES), rng.choice(TYPES)
    header = f"{{'descr': {kind!r}, 'fortran_order': {rng.choice((False, 3))}, 'shape': {shape}, }}".encode()
    header = rng.choice((header, header[:20], b"(" * 5_000, b"9" * 9_000, b"__import__('os').getcwd()"))
    version = rng.choice((b"\x01\x00", b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\xff\xff"))
    size = len(header).to_bytes(2 if version[0] == 1 else 4, "little")
    name = rng.choice(("attn", "token_ids", "heads"))
    return _with_entry(_saved(_arrays(rng)), f"{name}.npy", b"\x93NUMPY" + version + size + header + bytes(64))


def _inflated(rng: random.Random) -> bytes:
    return _of_zeros(rng.choice(LENGTHS))


@cache
def _of_zeros(length: int) -> bytes:
    """Return a small file whose pattern unpacks to much more; made once, for that takes longer than to refuse it."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f2", "fortran_order": False, "shape": (1, length, length)})
    arrays = {"token_ids": np.arange(length), "heads": np.array([[0, 0]])}
    return _with_entry(_saved(arrays), "attn.npy", header.getvalue() + bytes(2 * length * length))


def _damaged(rng: random.Random) -> bytes:
    return damaged(rng, _saved(_arrays(rng)))


def _saved(arrays: dict[str, Any]) -> bytes:
    raw = io.BytesIO()
    np.savez(raw, **arrays)
    return raw.getvalue()


def _with_entry(whole: bytes, name: str, content: bytes) -> bytes:
    """Return the zip file with another content of one entry."""
    raw = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            if entry != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return raw.getvalue()
