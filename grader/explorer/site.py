"""The page as files that need no server: the page, and beside it the transformer, which the browser runs by itself."""

import re
from contextlib import AbstractContextManager
from pathlib import Path

from grader.base import folders
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.explorer.content import contents
from grader.explorer.page import page
from grader.explorer.weights import Ingredients, about, transformer_script
from grader.measuring.transformer import Loaded
from grader.schema import Exercise

INDEX, SCRIPT = "index.html", "transformer.js"
SERVICE = re.compile(r"https?://[\w.-]+(:\d+)?(/[\w./~-]*)?", re.ASCII)
EXPLORER = folders.FolderMark(".head-explorer", "grade explore build")


def build(exercise: Exercise, of: Ingredients | Loaded, out: Path, service: str | None = None) -> None:
    """Write the folder, which then works opened as files and from any address; an older one is replaced whole.

    Raises:
        UnsupportedTransformer: The exercise's transformer cannot run in a browser.
        InvalidInput: `out` exists and was not written by this function, or cannot be written to.
    """
    script = transformer_script(of)
    with _replaced(out) as folder:
        (folder / SCRIPT).write_bytes(script.encode())
        (folder / INDEX).write_bytes(beside(exercise, of, service).encode())


def beside(exercise: Exercise, of: Ingredients | Loaded, service: str | None = None, *, script: str = SCRIPT) -> str:
    """Return the page for a folder in which the transformer's script lies."""
    source = {"kind": "browser", "script": script, "about": about(of)}
    return page(contents(exercise), source, beside=True, service=service)


def refuse_address(service: str | None) -> None:
    """Refuse an address to which a page cannot hand in.

    Raises:
        InvalidInput: It is not the address of a service.
    """
    if service and not SERVICE.fullmatch(service):
        message = _("it is not the address of a service; write it like https://heads.example")
        raise InvalidInput(service, [Problem("no-address", message)])


def _replaced(out: Path) -> AbstractContextManager[Path]:
    message = _("this folder exists and is not one that `grade explore build` wrote; choose a new or an empty folder")
    return folders.replaced(out, EXPLORER, Problem("not-an-explorer", message))
