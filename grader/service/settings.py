"""Settings: the environment variables of the service's processes, read and checked once."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from grader.base.environment import value, whole
from grader.base.errors import GraderError
from grader.measuring.transformer import device as devices

VARIABLES = {
    "GRADER_QUEUE_URL": "Redis or Valkey with the streams, and the Celery broker: `redis://user:password@host:port/0`",
    "GRADER_BROKER_URL": "the Celery broker, if it is another server than the one with the streams",
    "GRADER_QUEUE_CA": "the file of the certificate authority that a `rediss://` server is checked against",
    "GRADER_DATABASE_URL": "the ledger's database; SQLite in the home folder by default",
    "GRADER_PLATFORMS": "the file that lists the platforms; without it, there is only `local`",
    "GRADER_LTI_KEYS": "the folder of the keys by which LTI platforms know the grader; in the home folder by default",
    "GRADER_PRELOAD": "exercises, joined by commas, whose transformers a worker loads before it forks",
    "GRADER_TASK_SECONDS": "the hard limit for grading one submission; 120 by default",
    "GRADER_RESEND_SECONDS": "the time after which a message that no worker has taken is sent again; 30 by default",
    "GRADER_DATABASE_SECONDS": "the time after which a silent connection to the database is given up; 90 by default",
    "GRADER_QUEUE_SECONDS": "the time after which a silent connection to the queue is given up; 10 by default",
    "GRADER_STALL_SECONDS": "the time after which a process ends if a round of it does not; 120 by default",
    "GRADER_METRICS_PORT": "the port on which the dispatcher answers Prometheus; 9464 by default, 0 for none",
    "GRADER_METRICS_HOST": "the address on which it answers, and the web process; 127.0.0.1 by default",
    "GRADER_HEARTBEAT": "a file that the process touches while all is well",
    "GRADER_WEB_PORT": "the port of the web door; 8700 by default, 0 for none",
    "GRADER_WEB_HOST": "the address on which the web door listens; 127.0.0.1 by default",
    "GRADER_WEB_URL": "the address under which people reach the web door, such as `https://grader.example`",
    "GRADER_WEB_HOSTS": "more names, joined by commas, under which a proxy may ask the web door",
    "GRADER_WEB_PER_MINUTE": "the requests that each token may send in a minute; 600 by default",
    "GRADER_WEB_GALLERY": "the folder of a gallery that is shown to everybody who is signed in; none by default",
    "GRADER_WEB_SECONDS": "the time within which a whole request must arrive; 20 by default",
    "GRADER_WEB_ORIGINS": "sites, joined by commas, whose pages may hand in with a token; none by default",
    "GRADER_WEB_METRICS_PORT": "the port on which the web process answers Prometheus; none by default",
    "GRADER_WEB_TOKEN": "the token with which `grade submit --web` hands in",
}
"""Every variable of the service and its meaning; `docs/operations.md` is generated from it."""

DEFAULT_QUEUE = "redis://127.0.0.1:6379/0"
TASK_SECONDS = 120
SOFT_SECONDS = 20
"""The time before the hard limit at which a task is asked to stop."""
RESEND_SECONDS = 30
QUEUE_SECONDS = 10
STALL_SECONDS = 120
LOOPBACK = "127.0.0.1"
METRICS_PORT = 9464
WEB_PORT = 8700
PER_MINUTE = 600
REQUEST_SECONDS = 20
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.%\w]*:[0-9A-Fa-f:.%\w]*")
"""A host's name, or an address of either version of IP."""
ORIGIN = re.compile(r"https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9]\d{0,4})?")
DATABASE = re.compile(r"(/\d*)?")
"""The path of a queue's URL: the number of a database, or nothing."""
DAY = 24 * 60 * 60
"""In seconds; a longer time was probably meant in another unit."""


class WebSettings(NamedTuple):
    """The values of the web door's variables."""

    host: str
    port: int
    url: str
    """The public address, without a slash at its end."""
    hosts: frozenset[str]
    """The hosts that a request may name, in small letters; one without a port may have any."""
    per_minute: int
    seconds: int
    gallery: Path | None
    metrics_port: int
    """0 for none."""
    origins: tuple[str, ...]
    """The other sites whose pages may read answers."""


class Settings(NamedTuple):
    """The values of the variables."""

    queue_url: str
    broker_url: str
    queue_ca: Path | None
    platforms: Path | None
    preload: tuple[str, ...]
    task_seconds: int
    resend_seconds: int
    queue_seconds: int
    stall_seconds: int
    metrics_host: str
    metrics_port: int
    heartbeat: Path | None
    web: WebSettings

    @property
    def soft_seconds(self) -> int:
        """The soft limit: `SOFT_SECONDS` less than the hard one, but at least half of it."""
        return max(self.task_seconds - SOFT_SECONDS, self.task_seconds // 2)


def settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        GraderError: A value cannot be used, or the file that holds one cannot be read.
    """
    given = os.environ if environment is None else environment
    queue = _url("GRADER_QUEUE_URL", value("GRADER_QUEUE_URL", given) or DEFAULT_QUEUE)
    broker = _url("GRADER_BROKER_URL", value("GRADER_BROKER_URL", given) or queue)
    authority = _path("GRADER_QUEUE_CA", given)
    if authority and not all(url.startswith("rediss:") for url in (queue, broker)):
        raise GraderError(
            "GRADER_QUEUE_CA is set, but a URL begins with redis://, which is not encrypted; write rediss://"
        )
    devices.meant(given.get(devices.VARIABLE) or devices.AUTO, devices.VARIABLE)  # each laboratory reads it itself
    return Settings(
        queue_url=queue,
        broker_url=broker,
        queue_ca=authority,
        platforms=_path("GRADER_PLATFORMS", given),
        preload=tuple(_listed("GRADER_PRELOAD", given)),
        task_seconds=whole("GRADER_TASK_SECONDS", TASK_SECONDS, range(2, DAY), given),
        resend_seconds=whole("GRADER_RESEND_SECONDS", RESEND_SECONDS, range(1, DAY), given),
        queue_seconds=whole("GRADER_QUEUE_SECONDS", QUEUE_SECONDS, range(2, 3600), given),
        stall_seconds=whole("GRADER_STALL_SECONDS", STALL_SECONDS, range(5, DAY), given),
        metrics_host=_host("GRADER_METRICS_HOST", given),
        metrics_port=whole("GRADER_METRICS_PORT", METRICS_PORT, range(65_536), given),
        heartbeat=_path("GRADER_HEARTBEAT", given),
        web=_web(given),
    )


def without_password(url: str) -> str:
    """Return the URL without its password, for messages and logs."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return f"{parts.scheme}://{user}{parts.netloc.rpartition('@')[2]}{parts.path}"


def _web(given: Mapping[str, str]) -> WebSettings:
    port = whole("GRADER_WEB_PORT", WEB_PORT, range(65_536), given)
    named = value("GRADER_WEB_URL", given)
    url = _public(named) if named else f"http://{LOOPBACK}:{port}"
    more = [name.lower() for name in _listed("GRADER_WEB_HOSTS", given)]
    if wrong := [name for name in more if not HOST.fullmatch(name.partition(":")[0])]:
        raise GraderError(f"GRADER_WEB_HOSTS={wrong[0]}: not the name or the address of a host")
    return WebSettings(
        host=_host("GRADER_WEB_HOST", given),
        port=port,
        url=url,
        hosts=frozenset({urlsplit(url).netloc.lower(), f"{LOOPBACK}:{port}", f"localhost:{port}", *more}),
        per_minute=whole("GRADER_WEB_PER_MINUTE", PER_MINUTE, range(1, 1_000_000), given),
        seconds=whole("GRADER_WEB_SECONDS", REQUEST_SECONDS, range(1, 3600), given),
        gallery=_path("GRADER_WEB_GALLERY", given),
        metrics_port=whole("GRADER_WEB_METRICS_PORT", 0, range(65_536), given),
        origins=tuple(map(_origin, _listed("GRADER_WEB_ORIGINS", given))),
    )


def _origin(site: str) -> str:
    """Return the site as a browser writes it in `Origin`."""
    if not ORIGIN.fullmatch(site):
        raise GraderError(
            f"GRADER_WEB_ORIGINS={site}: not the origin of a site; write it like https://course.example, without a path"
        )
    return site.lower()


def _listed(name: str, given: Mapping[str, str]) -> list[str]:
    return [each.strip() for each in value(name, given).split(",") if each.strip()]


def _public(url: str) -> str:
    """Return the public address without a slash at its end; tokens go there, so it is encrypted or on this machine."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        port, host = 0, ""
    is_near = host in {"localhost", LOOPBACK}
    is_whole = parts.scheme in ({"http", "https"} if is_near else {"https"}) if host else False
    if port == 0 or not is_whole or parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise GraderError(
            f"GRADER_WEB_URL={without_password(url) if host else url}: not the address of a web server; write it like "
            "https://grader.example (http:// is only for this machine, and a path is not possible)"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _url(name: str, url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"redis", "rediss"} and bool(parts.hostname) and parts.port != 0
        sound = sound and bool(DATABASE.fullmatch(parts.path))
    except ValueError:
        sound = False
    if not sound:
        raise GraderError(f"{name}: not the URL of a Redis server; write it like redis://user:password@host:6379/0")
    return url


def _path(name: str, given: Mapping[str, str]) -> Path | None:
    text = value(name, given)
    try:
        path = Path(text).expanduser() if text else None
    except RuntimeError:
        raise GraderError(f"{name}={text}: this user's home does not exist; write the whole path") from None
    if path is not None and not path.is_absolute():
        raise GraderError(f"{name}={text}: a relative path would change with the working folder; write the whole path")
    return path


def _host(name: str, given: Mapping[str, str]) -> str:
    text = value(name, given) or LOOPBACK
    if not HOST.fullmatch(text):
        raise GraderError(f"{name}={text}: not the name or the address of a host; the default is {LOOPBACK}")
    return text
