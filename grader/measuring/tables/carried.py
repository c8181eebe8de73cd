"""The scores that an exercise carries: one file in its folder, from which it is graded without weights and torch.

It is a zip of JSON texts and of plain bytes, always the same bytes for the same scores. It may come from strangers:
nothing in it is run, no entry is unpacked beyond its limit, and what is damaged is measured as if it were not there.
"""

import logging
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from grader.measuring.tables.score_table import ScoreTable
from grader.measuring.tables.sound import fault
from grader.schema import Record

R = TypeVar("R", bound=Record)

FILE_NAME = "scores.zip"
TABLE, RESULTS = "table.json", "results.txt"
"""The entries with the score table, and with single results: a key, a space and a record as JSON in each line."""
MOST_BYTES = 32 * 2**20
"""The largest file, in bytes."""
MOST_UNPACKED = 32 * 2**20
"""The most bytes of one entry."""
MOST_ENTRIES = 200
DATE = (1980, 1, 1, 0, 0, 0)
"""The time of every entry: two files with the same scores are the same bytes."""
LEVEL = 9
NO_ZIP = (OSError, EOFError, ValueError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""The errors of a file that is no zip, or a damaged one."""

log = logging.getLogger(__name__)


class DamagedScores(Exception):
    """The reason why a file of scores cannot be used."""


@dataclass(frozen=True)
class Carried:
    """The scores in one file, read when they are asked for; what cannot be read counts as missing, with a warning."""

    path: Path
    _warned: list[str] = field(default_factory=list)

    @cached_property
    def table(self) -> ScoreTable | None:
        """The score table, of whatever exercise it is."""
        raw = self.entry(TABLE)
        table = None if raw is None else self._record(TABLE, raw, ScoreTable)
        for scores in table.kinds if table else ():
            if why := fault(scores):
                self.warn(f"{TABLE}: {scores.kind.name}: {why}")
                return None
        return table

    def result(self, key: str, record: type[R]) -> R | None:
        """Return the single result with this key, if there is one."""
        raw = self._results.get(key.encode())
        return None if raw is None else self._record(RESULTS, raw, record)

    @cached_property
    def _results(self) -> dict[bytes, bytes]:
        lines = (self.entry(RESULTS) or b"").splitlines()
        return {key: text for key, _space, text in (line.partition(b" ") for line in lines)}

    def entry(self, name: str, most: int = MOST_UNPACKED) -> bytes | None:
        """Return the bytes of an entry; None if there is none, or if it is damaged or larger than `most`."""
        try:
            with self.path.open("rb") as file:
                return _entry(file.read(MOST_BYTES + 1), name, most)
        except FileNotFoundError:
            return None
        except (*NO_ZIP, DamagedScores) as error:
            self.warn(str(error))
            return None

    def entries(self) -> dict[str, bytes]:
        """Return all entries; none if the file is missing or damaged."""
        try:
            with zipfile.ZipFile(self.path) as archive:
                names = archive.namelist()
        except NO_ZIP:
            return {}
        found = {name: self.entry(name) for name in names[:MOST_ENTRIES]}
        return {name: content for name, content in found.items() if content is not None}

    def warn(self, why: str) -> None:
        """Say once that the file is damaged."""
        if not self._warned:
            self._warned.append(why)
            log.warning(
                "%s is damaged (%s) and not used; `grade exercises publish %s` writes it anew",
                self.path,
                why,
                self.path.parent.name,
            )

    def _record(self, name: str, raw: bytes, record: type[R]) -> R | None:
        try:
            return record.model_validate_json(raw)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            self.warn(f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}")
            return None


def _entry(content: bytes, name: str, most: int) -> bytes | None:
    if len(content) > MOST_BYTES:
        raise DamagedScores(f"it has more than {MOST_BYTES:,} bytes")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = archive.namelist()
        if len(names) > MOST_ENTRIES or len(set(names)) < len(names):
            raise DamagedScores(f"it has {len(names)} entries, some of one name or too many of them")
        if name not in names:
            return None
        if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DamagedScores(f"{name} is compressed in an unusual way")
        with archive.open(name) as packed:  # its stated size may be a lie, so that only reading tells
            unpacked = packed.read(most + 1)
            if len(unpacked) > most:
                raise DamagedScores(f"{name} has more than {most:,} bytes")
            packed.read()  # at its end the checksum is compared
    return unpacked


def packed(entries: Mapping[str, bytes]) -> bytes:
    """Return the file with these entries, in the order of their names."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in sorted(entries.items()):
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, content, compresslevel=LEVEL)
    return out.getvalue()


def entries_of(table: ScoreTable, results: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the entries of a table and of single results, by their names."""
    yield TABLE, table.model_dump_json().encode()
    if results:
        yield RESULTS, b"".join(key.encode() + b" " + text + b"\n" for key, text in sorted(results.items()))
