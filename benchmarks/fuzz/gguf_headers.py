"""A small `.gguf` file whose bytes are changed, most of them in its header."""

import random
import struct
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.fuzz.damage import damaged
from grader import exercises
from grader.base.errors import GraderError
from grader.measuring.transformer import load
from tests.support.saved_transformers import saved_as_gguf

NUMBERS = (0, 1, 3, 9, 2**31, 2**32 - 1, 2**40, 2**60, 2**63, 2**64 - 1)
HEADER = 700
"""The bytes in which most counts stand."""


def case(rng: random.Random, folder: Path) -> None:
    """Load a changed file."""
    file = folder / "changed.gguf"
    file.write_bytes(_changed(rng, _whole()))
    source = exercises.load("mini-heads").transformer.model_copy(update={"files": {}, "layers": 2, "heads": 4})
    try:
        load(source, file)
    except GraderError:
        return


@cache
def _whole() -> bytes:
    with TemporaryDirectory() as folder:
        return saved_as_gguf(Path(folder) / "whole.gguf").read_bytes()


def _changed(rng: random.Random, content: bytes) -> bytes:
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(HEADER)
        match rng.randrange(4):
            case 0:
                content = damaged(rng, content)
            case 1:
                content = content[:8] + struct.pack("<Q", rng.choice(NUMBERS)) + content[16:]
            case 2:
                content = content[:place] + struct.pack("<Q", rng.choice(NUMBERS)) + content[place + 8 :]
            case 3:
                content = content[:place] + struct.pack("<I", rng.choice(NUMBERS[:6])) + content[place + 4 :]
    return content
