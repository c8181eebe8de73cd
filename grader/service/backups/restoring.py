"""A backup, put back: checked as a whole first, then everything at once, or nothing.

The ledger and the files of the home are put where they were. Exercises, the list of platforms and secrets belong to
places that only the operator knows, so they are put into a folder of their own inside the home.
"""

import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from pydantic import ValidationError

from grader.base import home
from grader.base.errors import GraderError
from grader.base.files import PRIVATE, passing, removed
from grader.ledger import Ledger
from grader.ledger.archive import Row, counts, put_back
from grader.service import up
from grader.service.backups import contents
from grader.service.backups.contents import IN_HOME, IN_LEDGER
from grader.service.backups.manifest import FILE, SIZE_LIMIT, Manifest, Part
from grader.service.backups.writing import CHUNK

RESTORED = "restored"
"""The folder inside the home for what belongs elsewhere, with a folder for each backup's time."""


class BackupError(GraderError):
    """The file is no backup that can be used."""

    exit_code = 2


class NotEmpty(GraderError):
    """Something is there that would be lost."""

    exit_code = 2


class Restored(NamedTuple):
    """What was put back, and where."""

    rows: Mapping[str, int]
    in_place: Sequence[Path]
    elsewhere: Path | None
    """The folder with the exercises, platforms and secrets; None if there were none."""


class _Move(NamedTuple):
    staged: Path
    target: Path


@contextmanager
def checked(path: Path) -> Iterator["Backup"]:
    """Open a backup, once every part of it has the digest that the manifest names.

    Raises:
        BackupError: It is not a backup, or is damaged, or a newer grader made it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            backup = Backup(path, archive)
            backup.check()
            yield backup
    except OSError as error:
        if error.filename != str(path):
            raise
        raise BackupError(f"{path}: cannot be read ({error.strerror})") from None
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BackupError(f"{path}: not a whole backup ({error}); use another one") from None


class Backup:
    """One backup, opened."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        """Read the manifest.

        Raises:
            BackupError: There is none, or it is not one that this grader knows.
        """
        self.path, self._archive = path, archive
        try:
            with archive.open(FILE) as file:
                self.manifest = Manifest.model_validate_json(file.read(SIZE_LIMIT))
        except KeyError:
            raise BackupError(f"{path}: not a backup: it holds no {FILE}") from None
        except ValidationError as error:
            why = error.errors(include_url=False)[0]["msg"]
            raise BackupError(f"{path}: its {FILE} cannot be used ({why}); a newer grader may have made it") from None

    def check(self) -> None:
        """Compare every part with its digest.

        Raises:
            BackupError: One differs, is missing, or was added.
        """
        named = [*(part.name for part in self.manifest.parts), FILE]
        if sorted(named) != sorted(self._archive.namelist()):
            raise BackupError(f"{self.path}: damaged: its parts are not those of its {FILE}; use another one")
        for part in self.manifest.parts:
            digest = hashlib.sha256()
            for chunk in self._content(part):
                digest.update(chunk)
            if digest.hexdigest() != part.sha256:
                raise BackupError(f"{self.path}: damaged: {part.name} is not what it was; use another one")

    def restore(self, ledger: Ledger, *, force: bool = False) -> Restored:
        """Put everything back; with `force`, in place of what is there.

        Raises:
            NotEmpty: The ledger has rows, or a file of the home is another one.
            GraderError: `grade up` is running, a newer grader made the backup, or something cannot be written;
                nothing was changed.
        """
        if (facts := up.running()) is not None:
            raise up.AlreadyUp(f"`grade up` is running (process {facts.pid}); stop it first")
        if (rows := counts(ledger)) and not force:
            told = ", ".join(f"{count} {table}" for table, count in rows.items())
            raise NotEmpty(f"{ledger.where}: this ledger is in use ({told}); with --force, the backup takes its place")
        staging = home.writable_folder() / f".restoring-{uuid4().hex}"
        with passing(staging):
            moves = list(self._staged(staging, force=force))
            with _placed(moves, staging, self._elsewhere):
                put_back(ledger, self.manifest.tables, self._tables())
        elsewhere = {move.target for move in moves if self._elsewhere in move.target.parents}
        return Restored(
            self.manifest.rows,
            sorted({move.target for move in moves} - elsewhere),
            self._elsewhere if elsewhere else None,
        )

    @property
    def _elsewhere(self) -> Path:
        return home.folder() / RESTORED / f"{self.manifest.made_at:%Y-%m-%dT%H-%M-%SZ}"

    def _tables(self) -> dict[str, Iterator[Row]]:
        return {
            part.name.removeprefix(IN_LEDGER).removesuffix(".jsonl"): self._rows(part)
            for part in self.manifest.parts
            if part.name.startswith(IN_LEDGER)
        }

    def _rows(self, part: Part) -> Iterator[Row]:
        try:
            with self._archive.open(part.name) as file:
                yield from map(json.loads, file)
        except ValueError as error:
            raise BackupError(f"{self.path}: {part.name} holds something else than rows ({error})") from None

    def _staged(self, staging: Path, *, force: bool) -> Iterator[_Move]:
        """Unpack each file that is not in place already, and yield where it belongs."""
        for number, part in enumerate(self.manifest.files):
            target = self._target(part)
            if target.exists():
                if hashlib.sha256(target.read_bytes()).hexdigest() == part.sha256 or target.name in contents.ONLY_ADDED:
                    continue
                if not force:
                    raise NotEmpty(f"{target}: there is another one; with --force, that of the backup takes its place")
            staged = staging / f"{number}"
            staging.mkdir(mode=home.PRIVATE, exist_ok=True)
            staged.touch(mode=PRIVATE)
            with staged.open("wb") as file:
                file.writelines(self._content(part))
            yield _Move(staged, target)

    def _target(self, part: Part) -> Path:
        if part.name.startswith(IN_HOME):
            return contents.place(part.name.removeprefix(IN_HOME))
        return self._elsewhere / part.name

    def _content(self, part: Part) -> Iterator[bytes]:
        """Yield the content of a part, and no more than it should have."""
        left = part.size
        with self._archive.open(part.name) as file:
            while chunk := file.read(CHUNK):
                left -= len(chunk)
                if left < 0:
                    break
                yield chunk
        if left:
            raise BackupError(f"{self.path}: damaged: {part.name} is longer or shorter than it was; use another one")


@contextmanager
def _placed(moves: Sequence[_Move], aside: Path, new: Path) -> Iterator[None]:
    """Move the files to their places; an error inside the `with` block moves everything back.

    What was there lies `aside` meanwhile; the folder `new` is removed again if it did not exist.
    """
    with ExitStack() as undo:
        if not new.exists():
            undo.callback(removed, new)
        for move in moves:
            move.target.parent.mkdir(mode=home.PRIVATE, parents=True, exist_ok=True)
            if move.target.exists():
                old = aside / f"{move.staged.name}.old"
                shutil.move(move.target, old)
                undo.callback(shutil.move, old, move.target)
            shutil.move(move.staged, move.target)
            undo.callback(shutil.move, move.target, move.staged)
        yield
        undo.pop_all()
