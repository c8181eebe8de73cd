"""Files in an archive, always the same bytes for the same files."""

import zipfile
from collections.abc import Mapping
from io import BytesIO

DATE = (1980, 1, 1, 0, 0, 0)
"""The time of every file."""
PLAIN, SCRIPT = 0o644, 0o755
UNIX = 3
PACKED = (".whl", ".zip")
"""The endings of files that are archives themselves: to press them again takes a second and saves nothing."""


def mode(content: bytes) -> int:
    """Return a file's permissions: a script can be run."""
    return SCRIPT if content.startswith(b"#!") else PLAIN


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files by their paths."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in sorted(files.items()):
            info = zipfile.ZipInfo(name, DATE)
            info.compress_type = zipfile.ZIP_STORED if name.endswith(PACKED) else zipfile.ZIP_DEFLATED
            info.create_system = UNIX
            info.external_attr = mode(content) << 16
            archive.writestr(info, content)
    return out.getvalue()
