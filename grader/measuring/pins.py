"""The digest that stands for a transformer: it follows from its files' names and their SHA-256."""

import hashlib
from collections.abc import Mapping


def digest_of(files: Mapping[str, str]) -> str:
    """64 hexadecimal digits, the same in whatever order the files are named."""
    lines = "".join(f"{name} {files[name]}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()
