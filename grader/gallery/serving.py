"""A server for a gallery on this machine: the files of one folder, only on the loopback address."""

from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from grader.base.errors import GraderError, InvalidInput, Problem
from grader.base.language import _
from grader.gallery.folder import MARK, is_gallery

LOOPBACK = "127.0.0.1"
ASKED_TYPES = {".json": "application/feed+json", ".xml": "application/atom+xml"}


class Files(SimpleHTTPRequestHandler):
    """The files of a folder, without lists of folders and without a way out of it by a path or a link."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | ASKED_TYPES

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Return the requested file if it is inside the folder, else answer 404."""
        requested = Path(self.translate_path(self.path)).resolve()
        if not requested.is_relative_to(Path(self.directory).resolve()) or requested.name == MARK:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path: object) -> None:
        """Answer 404 for a folder without an `index.html`."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log, because only the person at this machine makes requests."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """Return a server for the gallery in this folder on the loopback address; port 0 means any free one.

    Raises:
        InvalidInput: There is no gallery in the folder.
        GraderError: The port is in use.
    """
    if not is_gallery(folder):
        message = _("there is no gallery in this folder; make one with `grade gallery build --out`")
        raise InvalidInput(str(folder), [Problem("not-a-gallery", message)])
    try:
        return ThreadingHTTPServer((LOOPBACK, port), partial(Files, directory=str(folder)))
    except OSError as error:
        message = _("port {port}: {error}; choose another one with --port", port=port, error=error.strerror)
        raise GraderError(message) from None
