"""Files that pretend to be recorded patterns: refused before anything of them is unpacked."""

import os
import zipfile
from pathlib import Path

import pytest

from grader.base.errors import InvalidInput
from grader.measuring.recorded import read


def entry(header: str, content: bytes = b"") -> bytes:
    raw = header.encode()
    return b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw + content


HEADERS = {
    "more than memory": "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000, 8, 8), }",
    "less than nothing": "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 8), }",
    "text of a gigabyte": "{'descr': '<U999999999', 'fortran_order': False, 'shape': (3,), }",
    "no dictionary": "(1, 2",
    "brackets": "(" * 5_000,
    "an object": "{'descr': '|O', 'fortran_order': False, 'shape': (8,), }",
    "nothing": "",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_an_absurd_header_is_refused(tmp_path: Path, header: str) -> None:
    file = tmp_path / "recorded.npz"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("attn.npy", entry(header))
        archive.writestr("token_ids.npy", entry("{'descr': '<i8', 'fortran_order': False, 'shape': (8,), }", bytes(64)))

    with pytest.raises(InvalidInput, match="no-pattern"):
        read(file)


def test_what_unpacks_to_more_than_it_may_is_not_unpacked(tmp_path: Path) -> None:
    header = "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 1, 40000, 40000), }"
    file = tmp_path / "recorded.npz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("attn.npy", "w") as attention:
        attention.write(entry(header))
        for _ in range(5):  # the start of 3.2 GB
            attention.write(bytes(1_000_000))
        archive_ids = entry("{'descr': '<i8', 'fortran_order': False, 'shape': (8,), }", bytes(64))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("token_ids.npy", archive_ids)

    with pytest.raises(InvalidInput, match="attn has 12,800,000,000 bytes unpacked"):
        read(file)


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused(device: str) -> None:
    with pytest.raises(InvalidInput, match="it is a device or a pipe"):
        read(Path(device))


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "recorded.npz")

    with pytest.raises(InvalidInput, match="it is a device or a pipe"):
        read(tmp_path / "recorded.npz")
