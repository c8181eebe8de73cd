"""The site's folder, exchanged whole: whoever looks sees the old gallery or the new one, or for an instant none."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _

MARK = ".head-gallery"
"""The file that tells a gallery of ours from any other folder, which is never touched."""
SAYS = "This folder is written by `grade gallery build`, which replaces all of it.\n"


@contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """A new folder to write into; it takes the place of `out` at the end, if nothing went wrong.

    Raises:
        InvalidInput: `out` is there and is no gallery, or nothing can be written beside it.
    """
    out = out.resolve()
    if out.exists() and not is_gallery(out) and not (out.is_dir() and not any(out.iterdir())):
        message = _("it is there, and no gallery of ours; name a new folder, or an empty one")
        raise InvalidInput(str(out), [Problem("not-a-gallery", message)])
    new = out.with_name(f".{out.name}-{uuid4().hex}")
    try:
        new.mkdir(parents=True)
        yield new
        (new / MARK).write_text(SAYS)
        _exchange(new, out)
    except OSError as error:
        named = error.filename or out
        raise InvalidInput(str(out), [Problem("unwritable", f"{named}: {error.strerror}")]) from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def is_gallery(folder: Path) -> bool:
    """Whether `grade gallery build` made the folder."""
    return (folder / MARK).is_file()


def _exchange(new: Path, out: Path) -> None:
    """Put the new folder in the old one's place, and the old one back if that fails."""
    if not out.exists():
        new.replace(out)
        return
    old = new.with_name(f"{new.name}.old")
    out.replace(old)
    try:
        new.replace(out)
    except BaseException:  # an interrupt, too: the old one is all that there is
        old.replace(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
