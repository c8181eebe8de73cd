"""Make what compose.yaml expects in `secrets/` and is missing: passwords, keys, and the queue's list of users.

Run it as root, in the image, so that the host needs only the container engine:

    docker run --rm --interactive --user 0:0 --network none --volume "$PWD/secrets:/secrets" \
        head-grader:0.1.0 python - /secrets < deploy/make_secrets.py

Every file belongs to the only user who can read it. Existing files are not changed, except the list of users, which
follows from the others: run it again after a change of `platforms.yaml`.
"""

import base64
import os
import secrets
import sys
from hashlib import sha256
from pathlib import Path, PurePosixPath

from grader.base.errors import GraderError
from grader.base.files import write_once
from grader.service import access, platforms

GRADER = 10001
"""The user in our own image."""
SERVER = 999
"""The user in the images of PostgreSQL and Valkey."""
ROOT = 0
SIGNING = PurePosixPath("/run/signing")
"""The folder `signing/`, as the intake sees it."""
WEBHOOKS = PurePosixPath("/run/webhooks")
"""The folder `webhooks/`, as the courier sees it."""
QUEUE = "valkey:6379/0"
DATABASE = "postgres:5432/grader"
PROCESSES = ("intake", "dispatcher", "worker", "courier", "operator")
HEALTH = "health"
"""The user of the health check in Valkey's container."""


class SecretFiles:
    """The folder of secrets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self) -> None:
        """Make what is missing, and write the list of users again.

        Raises:
            GraderError: The platforms cannot be read, or an existing secret cannot be used.
        """
        listed = platforms.load(self.folder / "platforms.yaml")
        if HEALTH in listed:
            raise GraderError(
                f"platforms.yaml: a platform cannot have the name {HEALTH}, because a Redis user of ours has it"
            )
        self._own(self.folder / "platforms.yaml", GRADER)
        for name, owner in (("passwords", ROOT), ("signing", GRADER), ("webhooks", GRADER)):
            self._subfolder(name, owner)
        for user in access.users(listed):
            self._once(f"passwords/{user}", _random(), ROOT)
        for name in ("valkey_health", "postgres_password", "ledger_password"):
            self._once(name, _random(), SERVER)
        self._urls()
        self._keys(listed)
        self._users(listed)

    def _urls(self) -> None:
        for process in PROCESSES:
            password = self._read(f"passwords/{process}")
            self._once(f"{process}_queue_url", f"redis://{process}:{password}@{QUEUE}", GRADER)
        password = self._read("ledger_password")
        self._once("ledger_url", f"postgresql+psycopg://grader:{password}@{DATABASE}", GRADER)

    def _keys(self, listed: dict[str, platforms.Platform]) -> None:
        """Make the keys with which platforms sign, and with which we sign for them, if they are in our two folders."""
        for platform in listed.values():
            for key in platform.signing:
                if (path := PurePosixPath(key.secret_file)).parent == SIGNING:
                    self._once(f"signing/{path.name}", _random(), GRADER)
            if platform.webhook and (path := PurePosixPath(platform.webhook.secret_file)).parent == WEBHOOKS:
                self._once(f"webhooks/{path.name}", _webhook_secret(), GRADER)

    def _users(self, listed: dict[str, platforms.Platform]) -> None:
        lines = access.acl_lines(listed, access.kept_passwords(listed, self.folder / "passwords"))
        digest = sha256(self._read("valkey_health").encode()).hexdigest()
        lines.append(f"user {HEALTH} on #{digest} resetkeys resetchannels -@all +ping")
        path = self.folder / "valkey_users"
        path.touch(mode=0o600)
        path.write_text("\n".join(lines) + "\n", "ascii")  # in place, because a running container has mounted this file
        self._own(path, SERVER)

    def _subfolder(self, name: str, owner: int) -> None:
        path = self.folder / name
        path.mkdir(mode=0o700, exist_ok=True)
        self._own(path, owner)

    def _once(self, name: str, content: str, owner: int) -> None:
        path = self.folder / name
        if not path.exists():
            write_once(path, f"{content}\n".encode("ascii"))
            sys.stdout.write(f"made {path}\n")
        self._own(path, owner)

    def _read(self, name: str) -> str:
        return (self.folder / name).read_text("ascii").strip()

    def _own(self, path: Path, owner: int) -> None:
        if os.geteuid() == ROOT:
            os.chown(path, owner, owner)


def _random() -> str:
    return secrets.token_urlsafe(access.PASSWORD_BYTES)


def _webhook_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(access.PASSWORD_BYTES)).decode()


if __name__ == "__main__":
    try:
        SecretFiles(Path(sys.argv[1] if len(sys.argv) > 1 else "secrets")).make()
    except (GraderError, OSError) as error:
        sys.exit(f"{error}")
