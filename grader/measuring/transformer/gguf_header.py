"""The header of a `.gguf` file, walked before the library reads it: that one believes every count in it.

The format: magic, version, the numbers of tensors and of keys; each key with its value; each tensor with its shape.
"""

import mmap
import struct
from pathlib import Path
from typing import NamedTuple

from grader.base.errors import UnsupportedTransformer

MAGIC = b"GGUF"
VERSIONS = (2, 3)
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
"""The types of plain values, by the format's numbers for them, as `struct` calls them."""
STRING, ARRAY = 8, 9
MOST_ITEMS = 2_000_000
"""The most items in all arrays together: the largest vocabularies have some 260,000 tokens, and scores and types."""
MOST_TENSORS = 100_000
MOST_AXES = 4
NESTED = 4
"""The most arrays in one another."""


class GgufHeader(NamedTuple):
    """The counts and numbers of a header."""

    numbers: dict[str, int | float]
    """The values that are one number each, by key."""
    tensors: int

    @classmethod
    def of(cls, file: Path) -> "GgufHeader":
        """Return the header of a file, walked to its end.

        Raises:
            UnsupportedTransformer: It promises more than the file holds, or is no such header.
        """
        with file.open("rb") as stream:
            if stream.read(len(MAGIC)) != MAGIC:
                raise UnsupportedTransformer(f"{file}: it is no .gguf file; such a file begins with the letters GGUF")
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
                try:
                    return _Walk(data).header()
                except (struct.error, OverflowError):
                    raise _absurd(file, "it promises more than the file holds") from None
                except _Absurd as error:
                    raise _absurd(file, str(error)) from None


class _Absurd(Exception):
    """The reason why it is no header."""


def _absurd(file: Path, why: str) -> UnsupportedTransformer:
    return UnsupportedTransformer(f"{file}: its header cannot be: {why}; the file is cut short or damaged")


class _Walk:
    """A walk over the bytes of a header."""

    def __init__(self, data: mmap.mmap) -> None:
        self.data, self.place, self.items = data, len(MAGIC), 0

    def header(self) -> GgufHeader:
        if (version := self._one("I")) not in VERSIONS:
            raise _Absurd(f"version {version} of the format; {' and '.join(map(str, VERSIONS))} are read")
        tensors, keys = int(self._one("Q")), int(self._one("Q"))
        if tensors > MOST_TENSORS:
            raise _Absurd(f"{tensors} tensors; {MOST_TENSORS} is the most")
        numbers = {}
        for _ in range(keys):  # ends at the file's end, whatever the count
            name, value = self._text(), self._value(int(self._one("I")))
            if value is not None:
                numbers[name] = value
        for _ in range(tensors):
            self._tensor()
        return GgufHeader(numbers, tensors)

    def _value(self, type_: int, depth: int = 0) -> int | float | None:
        """Pass a value, and return it if it is one number."""
        if type_ in SCALARS:
            value = self._one(SCALARS[type_])
            return None if isinstance(value, bool) else value
        if type_ == STRING:
            self._text()
        elif type_ == ARRAY and depth < NESTED:
            self._array(int(self._one("I")), int(self._one("Q")), depth + 1)
        else:
            raise _Absurd(f"a value of type {type_}, which does not exist here")
        return None

    def _array(self, type_: int, count: int, depth: int) -> None:
        self.items += count
        if self.items > MOST_ITEMS:
            raise _Absurd(f"an array of {count} values; {MOST_ITEMS} is the most of all arrays together")
        if type_ in SCALARS:
            self._pass(count * struct.calcsize(SCALARS[type_]))
            return
        for _ in range(count):
            self._value(type_, depth)

    def _tensor(self) -> None:
        name, axes = self._text(), int(self._one("I"))
        if axes > MOST_AXES:
            raise _Absurd(f"{name} has {axes} axes; {MOST_AXES} is the most")
        self._pass(axes * struct.calcsize("<Q"))
        self._one("I")
        if self._one("Q") > len(self.data):
            raise _Absurd(f"{name} begins behind the end of the file")

    def _one(self, form: str) -> int | float:
        value: int | float = struct.unpack_from(f"<{form}", self.data, self.place)[0]
        self.place += struct.calcsize(f"<{form}")
        return value

    def _text(self) -> str:
        length, start = int(self._one("Q")), self.place
        self._pass(length)
        return self.data[start : self.place].decode(errors="replace")

    def _pass(self, size: int) -> None:
        if self.place + size > len(self.data):
            raise _Absurd("it promises more than the file holds")
        self.place += size
