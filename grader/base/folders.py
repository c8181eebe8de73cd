"""Folders that are there as a whole or not at all, also if Ctrl-C ends the program.

One that a command writes is replaced: readers see the old one, the new one, or for an instant none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

from grader.base.errors import InvalidInput, Problem
from grader.base.files import passing, removed


@dataclass(frozen=True)
class FolderMark:
    """The file that marks a folder as written by a command; other folders are never changed."""

    name: str
    command: str

    def is_in(self, folder: Path) -> bool:
        """Return whether the command wrote the folder."""
        return (folder / self.name).is_file()

    def leave(self, folder: Path) -> None:
        """Mark the folder."""
        text = f"This folder is written by `{self.command}`, which replaces all of it.\n"
        (folder / self.name).write_text(text)


@contextmanager
def replaced(out: Path, mark: FolderMark, foreign: Problem) -> Iterator[Path]:
    """Yield a new folder to write into; it replaces `out` at the end if there was no error.

    Raises:
        InvalidInput: `out` exists without the mark, which is the problem `foreign`, or its parent cannot be written to.
    """
    try:
        out = out.resolve()
        if out.exists() and not mark.is_in(out) and not (out.is_dir() and not any(out.iterdir())):
            raise InvalidInput(str(out), [foreign])
    except (OSError, RuntimeError) as error:  # Python before 3.13 has no OSError for links that lead in a circle
        raise _unwritable(out, error) from None
    new = out.with_name(f".{out.name}-{uuid4().hex}")
    try:
        with passing(new):
            new.mkdir(parents=True)
            yield new
            mark.leave(new)
            _exchange(new, out)
    except OSError as error:
        raise _unwritable(out, error) from None


@contextmanager
def temporary(prefix: str) -> Iterator[Path]:
    """Provide a new folder for this user alone, among the system's temporary ones; it is gone afterwards."""
    folder = Path(gettempdir()) / f"{prefix}{uuid4().hex}"
    with passing(folder):  # from before it is there, so that no interrupt comes too early
        folder.mkdir(mode=0o700)
        yield folder


def _unwritable(out: Path, error: OSError | RuntimeError) -> InvalidInput:
    said = f"{error.filename or out}: {error.strerror}" if isinstance(error, OSError) else str(error)
    return InvalidInput(str(out), [Problem("unwritable", said)])


def _exchange(new: Path, out: Path) -> None:
    """Move the new folder to the place of the old one; move the old one back if that fails."""
    if not out.exists():
        new.replace(out)
        return
    old = new.with_name(f"{new.name}.old")
    out.replace(old)
    try:
        new.replace(out)
    except BaseException:  # also at an interrupt, because there is no other one
        old.replace(out)
        raise
    removed(old)
