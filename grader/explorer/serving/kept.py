"""Scripts that hold nobody's data: a browser keeps them, and asks for them again only when they have changed."""

import gzip
from functools import cached_property
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

FOR_GOOD = "private, max-age=31536000, immutable"
"""For the browser alone: a cache that several people share does not know who is let in."""


class KeptScript:
    """A script whose address names its content, so that another content has another address."""

    def __init__(self, name: str, text: str) -> None:
        self._plain = text.encode()
        self._version = sha256(self._plain).hexdigest()[:16]
        self.address = f"{name}?{self._version}"
        """The address beside the page."""

    @cached_property
    def _compressed(self) -> bytes:
        return gzip.compress(self._plain, mtime=0)

    def answer(self, request: Request) -> Response:
        """Return the script; one that is asked for under another version is not kept."""
        headers = {"Vary": "Accept-Encoding"}
        if request.url.query == self._version:
            headers["Cache-Control"] = FOR_GOOD
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(self._plain, headers=headers, media_type="text/javascript")
        return Response(self._compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type="text/javascript")
