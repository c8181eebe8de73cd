"""Scripts that hold nobody's data: a browser keeps them, and asks for them again only when they have changed."""

import gzip
from hashlib import sha256
from typing import NamedTuple, Self

from starlette.requests import Request
from starlette.responses import Response

FOR_GOOD = "private, max-age=31536000, immutable"
"""For the browser alone: a cache that several people share does not know who is let in."""


class KeptScript(NamedTuple):
    """A script whose address names its content, so that another content has another address."""

    name: str
    version: str
    plain: bytes
    compressed: bytes

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """Return the script with this text."""
        plain = text.encode()
        return cls(name, sha256(plain).hexdigest()[:16], plain, gzip.compress(plain, mtime=0))

    @property
    def address(self) -> str:
        """The address beside the page."""
        return f"{self.name}?{self.version}"

    def answer(self, request: Request) -> Response:
        """Return the script; one that is asked for under another version is not kept."""
        headers = {"Vary": "Accept-Encoding"}
        if request.url.query == self.version:
            headers["Cache-Control"] = FOR_GOOD
        is_compressed = "gzip" in request.headers.get("accept-encoding", "")
        if is_compressed:
            headers["Content-Encoding"] = "gzip"
        content = self.compressed if is_compressed else self.plain
        return Response(content, headers=headers, media_type="text/javascript")
