"""Secrets: each is the content of its own file, read when it is used, and never part of a message.

A file that other users can read, or that is empty or short, is refused: it would protect nothing.
"""

import base64
import os
import stat
from pathlib import Path

from grader.base.errors import GraderError

LEAST_CHARACTERS = 16
"""Of a password or a key. A shorter one could be guessed from one signature, or from the server's list of users."""
WEBHOOK_PREFIX = "whsec_"
WEBHOOK_LEAST_BYTES = 24
"""Of a webhook's key, as Standard Webhooks demands."""
SIZE_LIMIT = 4096
"""Bytes; a larger file is not a secret."""

HOW_TO_MAKE_ONE = "openssl rand -hex 32"
HOW_TO_MAKE_A_WEBHOOK_SECRET = f'echo "{WEBHOOK_PREFIX}$(openssl rand -base64 32)"'
_OTHERS = stat.S_IROTH | stat.S_IWOTH


class SecretError(GraderError):
    """A secret's file is missing, or does not hold a secret that can be used."""


def secret(path: str | Path) -> str:
    """Return the one line that the file holds, without the spaces and line ends around it.

    Raises:
        SecretError: The file cannot be read, others can read or write it, or it is not a secret.
    """
    text = _content(Path(path)).strip()
    remedy = f"make one with: {HOW_TO_MAKE_ONE}"
    if not text:
        raise SecretError(f"{path}: this secret's file is empty; {remedy}")
    if len(text) < LEAST_CHARACTERS:
        raise SecretError(f"{path}: this secret has fewer than {LEAST_CHARACTERS} characters; {remedy}")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise SecretError(f"{path}: a secret is one line of ASCII characters without spaces; {remedy}")
    return text


def webhook_secret(path: str | Path) -> str:
    """Return the webhook's secret that the file holds, with its `whsec_`; see `webhook_key`.

    Raises:
        SecretError: As `secret`, or the text is not a webhook's secret.
    """
    text = secret(path)
    try:
        webhook_key(text)
    except ValueError as error:
        raise SecretError(f"{path}: {error}; make one with: {HOW_TO_MAKE_A_WEBHOOK_SECRET}") from None
    return text


def webhook_key(text: str) -> bytes:
    """Return the key inside a webhook's secret, which is `whsec_` followed by the key in base64.

    Raises:
        ValueError: The secret has another form, or the key is short. The message does not repeat it.
    """
    if not text.startswith(WEBHOOK_PREFIX):
        raise ValueError(f"a webhook's secret begins with {WEBHOOK_PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(WEBHOOK_PREFIX), validate=True)
    except ValueError:
        raise ValueError(f"the part after {WEBHOOK_PREFIX} is not base64") from None
    if len(key) < WEBHOOK_LEAST_BYTES:
        raise ValueError(f"a webhook's key has at least {WEBHOOK_LEAST_BYTES} bytes")
    return key


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            raw = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        message = f"{path}: this secret's file cannot be read ({error.strerror})"
        raise SecretError(f"{message}; create it, readable only for this user") from None
    if mode & _OTHERS:
        message = f"{path}: other users can read or write this secret (mode {mode:04o})"
        raise SecretError(f"{message}; run: chmod o= {path}")
    if len(raw) > SIZE_LIMIT or not raw.isascii():
        raise SecretError(f"{path}: this file does not hold a secret; name another file")
    return raw.decode("ascii")
