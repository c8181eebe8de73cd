"""The site's folder, replaced as a whole: a visitor sees the old gallery or the new one, or for an instant none."""

from contextlib import AbstractContextManager
from pathlib import Path

from grader.base import folders
from grader.base.errors import Problem
from grader.base.language import _

GALLERY = folders.FolderMark(".head-gallery", "grade gallery build")
MARK = GALLERY.name
"""The file that marks a folder as a gallery; other folders are never changed."""


def replaced(out: Path) -> AbstractContextManager[Path]:
    """Return a new folder to write into, as a context; it replaces `out` at the end if there was no error.

    Raises:
        InvalidInput: `out` exists and is not a gallery, or its parent cannot be written to.
    """
    message = _("this folder exists and is not a gallery; choose a new or an empty folder")
    return folders.replaced(out, GALLERY, Problem("not-a-gallery", message))


def is_gallery(folder: Path) -> bool:
    """Return whether `grade gallery build` wrote the folder."""
    return GALLERY.is_in(folder)
