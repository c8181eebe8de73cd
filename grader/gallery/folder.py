"""The site's folder, replaced as a whole: a visitor sees the old gallery or the new one, or for an instant none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _

MARK = ".head-gallery"
"""The file that marks a folder as a gallery; other folders are never changed."""
MARK_TEXT = "This folder is written by `grade gallery build`, which replaces all of it.\n"


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """Yield a new folder to write into; it replaces `out` at the end if there was no error.

    Raises:
        InvalidInput: `out` exists and is not a gallery, or its parent cannot be written to.
    """
    out = out.resolve()
    if out.exists() and not is_gallery(out) and not (out.is_dir() and not any(out.iterdir())):
        message = _("this folder exists and is not a gallery; choose a new or an empty folder")
        raise InvalidInput(str(out), [Problem("not-a-gallery", message)])
    new = out.with_name(f".{out.name}-{uuid4().hex}")
    try:
        new.mkdir(parents=True)
        yield new
        (new / MARK).write_text(MARK_TEXT)
        _exchange(new, out)
    except OSError as error:
        path = error.filename or out
        raise InvalidInput(str(out), [Problem("unwritable", f"{path}: {error.strerror}")]) from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def is_gallery(folder: Path) -> bool:
    """Return whether `grade gallery build` wrote the folder."""
    return (folder / MARK).is_file()


def _exchange(new: Path, out: Path) -> None:
    """Move the new folder to the place of the old one; move the old one back if that fails."""
    if not out.exists():
        new.replace(out)
        return
    old = new.with_name(f"{new.name}.old")
    out.replace(old)
    try:
        new.replace(out)
    except BaseException:  # also at an interrupt, because there is no other gallery
        old.replace(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
