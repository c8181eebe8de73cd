"""The gallery, as `grade gallery build` wrote it: its files, for everybody who is signed in."""

from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from grader.doors.web.house import House
from grader.doors.web.pages.crossing import ANCESTORS, NOBODY, SELF
from grader.doors.web.pages.shown import EVERYBODY, NothingHere, route
from grader.doors.web.submissions import page
from grader.gallery.folder import MARK, is_gallery
from grader.gallery.serving import ASKED_TYPES
from grader.service.entrance.visitors import Visitor

INDEX = "index.html"
NOBODYS = frozenset({".css", ".js"})
"""The files that hold nobody's data: a browser keeps them, and asks each time if they have changed."""


def routes(house: House) -> list[BaseRoute]:
    """Return the way to the files."""
    return [route("/gallery/{path:path}", house, _file, EVERYBODY)]


def _file(house: House, visitor: Visitor, request: Request) -> Response:
    """Return one file of the folder.

    Raises:
        NothingHere: There is none, or no gallery; or the path leads out of the folder, by `..` or a link.
    """
    folder, path = house.settings.web.gallery, request.path_params["path"] or INDEX
    if folder is None or not is_gallery(folder) or "\0" in path or path == MARK:
        raise NothingHere
    whole = folder.resolve()
    file = (whole / path).resolve()
    if not file.is_relative_to(whole) or not file.is_file():
        raise NothingHere
    return _content(file, request)


def _content(file: Path, request: Request) -> Response:
    content = file.read_bytes()
    if file.suffix == ".html":
        answer = page(content.decode())
        policy = answer.headers["Content-Security-Policy"].replace(f"{ANCESTORS} {NOBODY}", f"{ANCESTORS} {SELF}")
        answer.headers["Content-Security-Policy"] = policy
        return answer  # the gallery shows its pictures in frames
    kind = ASKED_TYPES.get(file.suffix) or guess_type(file.name)[0] or "application/octet-stream"
    headers = {}
    if file.suffix in NOBODYS:
        headers = {"ETag": f'"{sha256(content).hexdigest()[:32]}"', "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
