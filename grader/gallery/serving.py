"""A look at a gallery on this machine alone: the files of one folder on loopback, and nothing beside them."""

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
    """The files of a folder; folders are not listed, and neither a path nor a link leads out of it."""

    extensions_map = SimpleHTTPRequestHandler.extensions_map | ASKED_TYPES

    def send_head(self) -> BytesIO | BinaryIO | None:
        """The file that was asked for, if it may be seen."""
        asked = Path(self.translate_path(self.path)).resolve()
        if not asked.is_relative_to(Path(self.directory).resolve()) or asked.name == MARK:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        return super().send_head()

    def list_directory(self, path: object) -> None:
        """Nothing: who asks for a folder without an `index.html` finds none."""
        self.send_error(HTTPStatus.NOT_FOUND)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: whoever looks knows what was asked for."""


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server for the gallery in this folder, bound to loopback; 0 is any free port.

    Raises:
        InvalidInput: the folder holds no gallery.
        GraderError: the port is taken.
    """
    if not is_gallery(folder):
        message = _("there is no gallery in it; `grade gallery build --out` makes one")
        raise InvalidInput(str(folder), [Problem("not-a-gallery", message)])
    try:
        return ThreadingHTTPServer((LOOPBACK, port), partial(Files, directory=str(folder)))
    except OSError as error:
        message = _("port {port}: {error}; name another with --port", port=port, error=error.strerror)
        raise GraderError(message) from None
