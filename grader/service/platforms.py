"""Platforms: their names, keys and rates, the addresses of their webhooks, and LTI; read from `platforms.yaml`.

The file holds no secret, only the paths of secret files. They are read when they are needed, so a new key needs no
restart, and no record, message or log can show one.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from grader import documents
from grader.base.errors import GraderError, InvalidInput, Problem
from grader.ledger.lti.registrations import Registration
from grader.schema import Identifier, Record
from grader.service import secret_files

LOCAL = "local"
"""The only platform if no file lists any."""
OWN_USERS = ("intake", "dispatcher", "worker", "courier", "operator")
"""The Redis users of the service itself."""
RESERVED = frozenset({*OWN_USERS, "default", "health"})
"""Names that no platform may have, because a platform's Redis user has the same name as the platform."""

_URL = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
"""A name, or an address of either version of IP; what stands in a header must be nothing else."""


class PlatformsError(GraderError):
    """The list of platforms cannot be read or used as it is written."""


def _free_name(name: str) -> str:
    if name in RESERVED:
        raise ValueError(f"`name` cannot be {name}: one of the service's own Redis users is called that")
    return name


def _absolute(path: str) -> str:
    if not PurePosixPath(path).is_absolute():
        raise ValueError(f"`{documents.shown(path)}` is a relative path; write the whole path, from /")
    return path


def safe_url(url: str) -> str:
    """Return the URL if it is encrypted or on this machine, and holds no password."""
    try:
        parts = urlsplit(url)
        is_sound = bool(_URL.fullmatch(url)) and bool(_HOST.fullmatch(parts.hostname or "")) and parts.port != 0
    except ValueError:
        is_sound = False
    if not is_sound or parts.scheme not in {"http", "https"}:
        raise ValueError("`url` must be a URL such as https://lms.example/grades")
    if parts.username is not None or parts.password is not None:
        raise ValueError("`url` must not hold a user or a password; the signature proves who posts")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("`url` must begin with https://; http:// is only for this machine, such as 127.0.0.1")
    return url


def is_loopback(host: str) -> bool:
    """Return whether the host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin(url: str) -> str:
    """Return the origin of a URL, such as `https://lms.example`."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _origin(url: str) -> str:
    if origin(safe_url(url)) != url:
        raise ValueError(f"`{documents.shown(url)}` must be an origin, such as https://lms.example, without a path")
    return url


SafeUrl = Annotated[str, Field(max_length=2000), AfterValidator(safe_url)]
SecretFile = Annotated[str, Field(min_length=1), AfterValidator(_absolute)]


class SigningKey(Record):
    """A key with which a platform signs what it hands in."""

    key_id: Identifier = Field(description="The key's name, which the platform sends with each submission.")
    secret_file: SecretFile = Field(description="The file that holds the key.")


class Webhook(Record):
    """The receiver of a platform's results."""

    url: Annotated[str, AfterValidator(safe_url)] = Field(description="https, or http on this machine.")
    secret_file: SecretFile = Field(description="The file that holds the secret, `whsec_...`.")


LTI_KEYS = ("issuer", "client_id", "deployments", "auth_login_url", "auth_token_url", "jwks_url")
"""The keys of `lti` that the platform's administrator tells; a platform that registers itself needs none of them."""


class Lti(Record):
    """A platform that launches the grader by LTI 1.3."""

    issuer: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="The platform's name for itself, as it stands in its launches."
    )
    client_id: Annotated[str, Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="The name that the platform gave to the grader."
    )
    deployments: tuple[Annotated[str, Field(min_length=1, max_length=255)], ...] = Field(
        default=(), max_length=1000, description="The ids of the places in the platform where it is installed."
    )
    auth_login_url: SafeUrl | None = Field(default=None, description="Where a launch is confirmed.")
    auth_token_url: SafeUrl | None = Field(default=None, description="Where access to gradebooks is asked for.")
    jwks_url: SafeUrl | None = Field(default=None, description="Where the platform's public keys are.")
    audience: str = Field(
        default="", max_length=500, description="The audience of requests for access, if not `auth_token_url`."
    )
    names: bool = Field(default=False, description="True to show students' names; else only their ids are known.")
    own_line_items: bool = Field(
        default=False, description="True to make a place in the gradebook for links that come without one."
    )
    framed_by: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        default=(), max_length=20, description="More origins whose pages may show the grader's inside."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = [name for name in LTI_KEYS if getattr(self, name)]
        missing = [f"`{name}`" for name in LTI_KEYS if name not in given]
        if given and missing:
            raise ValueError(f"{', '.join(missing)} of `lti` must be given, too; or none, if it registers itself")
        return self

    def registration(self, platform: str) -> Registration | None:
        """Return what is known of the platform with this name; None if it registers itself."""
        if self.issuer is None:
            return None
        return Registration(platform, **{name: getattr(self, name) for name in (*LTI_KEYS, "audience")})


class Platform(Record):
    """One platform that hands in submissions."""

    name: Annotated[Identifier, AfterValidator(_free_name)] = Field(description="Its name, and its Redis user's.")
    password_file: SecretFile | None = Field(
        default=None, description="The file with its Redis password; needed only to make the server's list of users."
    )
    signing: tuple[SigningKey, ...] = Field(
        default=(), max_length=10, description="If there are keys, every submission must be signed with one of them."
    )
    webhook: Webhook | None = Field(default=None, description="The receiver of its results.")
    lti: Lti | None = Field(default=None, description="What LTI 1.3 needs, if students come from it that way.")
    per_minute: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="The most submissions that go to workers per minute; others wait in the ledger.",
    )
    most_waiting: int = Field(
        default=10_000,
        ge=1,
        le=1_000_000,
        description="The most submissions that may wait to be graded; what comes then is refused, with an answer.",
    )

    def signing_secret(self, key_id: str) -> bytes | None:
        """Return the key with this name; None if the platform has no such key.

        Raises:
            SecretError: The key's file cannot be used.
        """
        match = next((key for key in self.signing if key.key_id == key_id), None)
        return secret_files.secret(match.secret_file).encode() if match else None

    def webhook_secret(self) -> str | None:
        """Return the webhook's secret, with its `whsec_`; None if the platform has no webhook.

        Raises:
            SecretError: The secret's file cannot be used.
        """
        return secret_files.webhook_secret(self.webhook.secret_file) if self.webhook else None

    def password(self) -> str | None:
        """Return the password of the platform's Redis user; None if no file is named.

        Raises:
            SecretError: The password's file cannot be used.
        """
        return secret_files.secret(self.password_file) if self.password_file else None

    def check_signing(self) -> None:
        """Check that every signing key can be read: better at the start than at the first submission.

        Raises:
            SecretError: The first file that cannot be used.
        """
        for key in self.signing:
            self.signing_secret(key.key_id)


class _Platforms(Record):
    """The whole file."""

    platforms: tuple[Platform, ...] = Field(min_length=1, max_length=1000)


def load(path: Path | None) -> dict[str, Platform]:
    """Return the platforms by name, in the order of the file; without a file, only `local`, which signs nothing.

    Raises:
        PlatformsError: The file cannot be read or used; the message has every mistake, with line and column.
    """
    if path is None:
        return {LOCAL: Platform(name=LOCAL)}
    try:
        with path.open("rb") as file:
            document = documents.parse(file.read(documents.SIZE_LIMIT + 1), str(path), documents.SIZE_LIMIT)
    except OSError as error:
        message = f"{path}: the list of platforms cannot be read ({error.strerror}); check GRADER_PLATFORMS"
        raise PlatformsError(message) from None
    except InvalidInput as error:
        raise PlatformsError(str(error)) from None
    loaded, problems = documents.validated(document, _Platforms)
    problems += _repeated(document, ("platforms",), "name")
    listed = document.at(("platforms",))
    for number in range(len(listed) if isinstance(listed, tuple) else 0):
        problems += _repeated(document, ("platforms", number, "signing"), "key_id")
    if loaded is None or problems:
        raise PlatformsError(str(InvalidInput(str(path), documents.limited(problems))))
    return {platform.name: platform for platform in loaded.platforms}


def rates(listed: Mapping[str, Platform]) -> dict[str, int | None]:
    """Return the platforms' rates, as the ledger's jobs want them."""
    return {name: platform.per_minute for name, platform in listed.items()}


def _repeated(document: documents.Document, path: tuple[str | int, ...], key: str) -> Iterator[Problem]:
    """Yield a problem for each item of a list whose name an earlier item has."""
    seen: set[object] = set()
    items = document.at(path)
    for number, item in enumerate(items if isinstance(items, tuple) else ()):
        name = item.get(key) if isinstance(item, dict) else None
        if isinstance(name, str) and name in seen:
            message = f"`{key}` {documents.shown(name)} is taken by an earlier item; each item needs its own name"
            yield document.problem("repeated", message, (*path, number, key))
        seen.add(name)
