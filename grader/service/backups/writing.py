"""A backup, written: the ledger as it is at one moment, and the files that cannot be made again.

It is a zip file that only its owner can read. The service may go on meanwhile: what comes in after the moment is not in
it. The files are read after the ledger, so that a student who is erased in between is in the list of erasures.
"""

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from grader import __version__
from grader.base.errors import GraderError
from grader.base.files import PRIVATE, being_written
from grader.ledger import SCHEMA, Ledger
from grader.ledger.archive import Moment, moment
from grader.service.backups.contents import IN_LEDGER, sources
from grader.service.backups.manifest import FILE, Manifest, Part

CHUNK = 1024 * 1024
"""Bytes that are read at once."""
QUICK = 1
"""The level of compression: a ledger is text that shrinks to a tenth in any case."""


class Taken(GraderError):
    """There is a file of this name already."""

    exit_code = 2


def write(ledger: Ledger, out: Path, *, with_secrets: bool) -> Manifest:
    """Write a backup to a new file, and return what is in it.

    Raises:
        Taken: The file exists.
        GraderError: Something cannot be read or written; no file is left then.
    """
    if out.exists():
        raise Taken(f"{out}: this file exists, and a backup takes no other's place; name another file")
    try:
        with being_written(out) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=QUICK) as made:
            return _Writing(made).all(ledger, with_secrets=with_secrets)
    except OSError as error:
        raise GraderError(f"{error.filename or out}: {error.strerror}; no backup was made") from error


class _Writing:
    """One backup that is being written."""

    def __init__(self, made: zipfile.ZipFile) -> None:
        self.made, self.at = made, datetime.now(UTC)
        self.parts: list[Part] = []
        self.rows: dict[str, int] = {}

    def all(self, ledger: Ledger, *, with_secrets: bool) -> Manifest:
        with moment(ledger) as now:
            for table in now.tables:
                self._add(f"{IN_LEDGER}{table}.jsonl", self._lines(now, table))
        for source in sources(with_secrets=with_secrets):
            with source.path.open("rb") as file:
                self._add(source.name, _chunks(file))
        manifest = Manifest(
            made_at=self.at,
            grader=__version__,
            tables=SCHEMA,
            rows=self.rows,
            has_secrets=with_secrets,
            parts=tuple(self.parts),
        )
        with self.made.open(self._head(FILE), "w") as part:
            part.write(manifest.model_dump_json(indent=2).encode())
        return manifest

    def _lines(self, now: Moment, table: str) -> Iterator[bytes]:
        self.rows[table] = 0
        for row in now.rows(table):
            self.rows[table] += 1
            yield json.dumps(row, allow_nan=False, separators=(",", ":")).encode() + b"\n"

    def _add(self, name: str, content: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self.made.open(self._head(name), "w", force_zip64=True) as part:
            for chunk in content:
                part.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        self.parts.append(Part(name=name, sha256=digest.hexdigest(), size=size))

    def _head(self, name: str) -> zipfile.ZipInfo:
        head = zipfile.ZipInfo(name, self.at.timetuple()[:6])
        head.external_attr = PRIVATE << 16  # for a person who unpacks it by hand
        head.compress_type = zipfile.ZIP_DEFLATED
        return head


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk
