"""Our keys: each in a file of its own, by which platforms know that a message is ours.

A new key is published at once and signs an hour later, when every platform has read it; the one before it stays
published for a week after that. So a rotation loses no message.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from secrets import token_hex
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from grader.base import home
from grader.base.environment import value
from grader.base.errors import GraderError
from grader.base.files import write_once
from grader.service.secret_files import secret

VARIABLE = "GRADER_LTI_KEYS"
FOLDER = "lti-keys"
ALGORITHM = "RS256"
"""The only one that every platform knows, and the only one that is accepted."""
BITS = 2048
SIGNS_AFTER = timedelta(hours=1)
STAYS_FOR = timedelta(days=7)
MADE_AT = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"(\d{8}T\d{6}Z)-[0-9a-f]{8}")
HOW_TO_MAKE_ONE = "make one with: grade lti keys --rotate"


class KeysError(GraderError):
    """There is no key that can be used."""


class OwnKeys:
    """The keys in one folder."""

    def __init__(self, folder: Path | None = None) -> None:
        """Use this folder, else the one that `GRADER_LTI_KEYS` names, else one in the home folder.

        Raises:
            GraderError: What is named cannot be a folder.
        """
        named = value(VARIABLE)
        if named and not Path(named).is_absolute():
            raise KeysError(
                f"{VARIABLE}={named}: a relative path would change with the working folder; write all of it"
            )
        self.folder = folder or (Path(named) if named else home.folder() / FOLDER)
        self._read: dict[str, RSAKey] = {}

    def ensure(self) -> None:
        """Make the first key, unless there is one.

        Raises:
            GraderError: It cannot be written.
        """
        if not self._names():
            self.rotate()

    def rotate(self) -> str:
        """Make a new key, remove those that are no longer published, and return the new one's id.

        Raises:
            GraderError: It cannot be written.
        """
        now = datetime.now(UTC)
        name = f"{now:{MADE_AT}}-{token_hex(4)}"
        key = RSAKey.generate_key(BITS, {"kid": name, "use": "sig", "alg": ALGORITHM})
        try:
            self.folder.mkdir(mode=home.PRIVATE, parents=True, exist_ok=True)
            content = json.dumps(key.as_dict(private=True), separators=(",", ":"))
            write_once(self._file(name), content.encode())
            for over in set(self._names()) - set(self._published(now)):
                self._file(over).unlink(missing_ok=True)
        except OSError as error:
            raise KeysError(f"{self.folder}: a key cannot be kept there ({error.strerror})") from None
        return name

    def published(self, now: datetime | None = None) -> dict[str, Any]:
        """Return the public keys as a JSON Web Key Set.

        Raises:
            GraderError: A key's file cannot be used.
        """
        names = self._published(now or datetime.now(UTC))
        return {"keys": [self._key(name).as_dict(private=False) for name in names]}

    def signing(self, now: datetime | None = None) -> str:
        """Return the id of the key that signs: the newest that was published long enough, else the oldest.

        Raises:
            KeysError: There is none.
        """
        names = self._names()
        if not names:
            raise KeysError(f"{self.folder}: there is no key to sign with; {HOW_TO_MAKE_ONE}")
        known = [name for name in names if _made_at(name) + SIGNS_AFTER <= (now or datetime.now(UTC))]
        return known[-1] if known else names[0]

    def signed(self, claims: Mapping[str, Any], lasts: timedelta) -> str:
        """Return a JSON Web Token with these claims, valid from now on for this time.

        Raises:
            GraderError: There is no key that can be used.
        """
        now = int(datetime.now(UTC).timestamp())
        times = {"iat": now, "exp": now + int(lasts.total_seconds())}
        name = self.signing()
        return jwt.encode({"alg": ALGORITHM, "kid": name}, {**claims, **times}, self._key(name), [ALGORITHM])

    def _names(self) -> list[str]:
        """Return the ids of all keys, oldest first."""
        try:
            return sorted(file.stem for file in self.folder.glob("*.jwk") if NAME.fullmatch(file.stem))
        except OSError as error:
            raise KeysError(f"{self.folder}: cannot be read ({error.strerror})") from None

    def _published(self, now: datetime) -> list[str]:
        names = self._names()
        over = {name for name, later in pairwise(names) if _made_at(later) + SIGNS_AFTER + STAYS_FOR <= now}
        return [name for name in names if name not in over]

    def _key(self, name: str) -> RSAKey:
        if name not in self._read:
            try:
                self._read[name] = RSAKey.import_key(json.loads(secret(self._file(name))))
            except (ValueError, JoseError):
                raise KeysError(f"{self._file(name)}: not a private key in JSON; {HOW_TO_MAKE_ONE}") from None
        return self._read[name]

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.jwk"


def _made_at(name: str) -> datetime:
    return datetime.strptime(name.partition("-")[0], MADE_AT).replace(tzinfo=UTC)
