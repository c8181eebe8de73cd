"""Logs: one line of JSON for each event, on standard error, with everything blanked that looks like a secret.

Nobody should log a secret. But a library's error may quote a URL, and a platform may hand in anything: so the finished
line is searched once more.
"""

import logging
import re
import sys
import threading
import types
from datetime import UTC, datetime

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

from grader.base.errors import GraderError

SECRETS = (
    (re.compile(r"(?<=://)([^/@\s:]*):[^/\s]*@"), r"\1:***@"),  # a password in a URL, up to the last @ before a /
    (re.compile(r"whsec_[A-Za-z0-9+/=_-]+"), "whsec_***"),
    (re.compile(r"\bhgt_[A-Za-z0-9_-]+"), "hgt_***"),  # a token of the web door
    (re.compile(r"\bv1,[A-Za-z0-9+/]{43}="), "v1,***"),  # a webhook's signature
    (re.compile(r"""(signature\W{1,12})[0-9A-Fa-f]{64}\b"""), r"\1***"),  # a submission's
)
"""The pattern of each kind of secret, and its replacement."""
LEFT_OUT = [*RESERVED_ATTRS, "data"]
"""The attributes that are not logged: `data` is Celery's name for a task's arguments, which students hand in."""
OURS = ("grader", "workers", "__main__")

log = logging.getLogger(__name__)


class Formatter(JsonFormatter):
    """Makes a line of JSON: time, level, process, logger, message, and its extras, such as the submission."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """Return the time by RFC 3339, in UTC, to the millisecond."""
        when = datetime.fromtimestamp(record.created, UTC)
        return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line without secrets."""
        line = super().format(record)
        for secret, blank in SECRETS:
            line = secret.sub(blank, line)
        return line


def configure(process: str) -> None:
    """Log as this process from now on: our events from level INFO, libraries' from WARNING.

    Python's warnings and uncaught errors become lines like all others.
    """
    handler = logging.StreamHandler(sys.stderr)
    renamed = {"levelname": "level", "name": "logger", "asctime": "time"}
    handler.setFormatter(
        Formatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields=renamed,
            static_fields={"process": process},
            reserved_attrs=LEFT_OUT,
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def configure_worker(loglevel: int = logging.WARNING, **_: object) -> None:
    """Log as a worker, Celery's own events from this level. Connected to Celery's signal `setup_logging`."""
    from billiard.util import get_logger  # type: ignore[import-untyped]  # only a worker has it

    configure("worker")
    get_logger().propagate = True  # what the pool says of its processes
    logging.getLogger("celery").setLevel(loglevel)


def about(platform: str, submission_id: str, **more: object) -> dict[str, object]:
    """Return the `extra` of a message about a submission: its platform and id, and more."""
    return {"submission": f"{platform}/{submission_id}", **more}


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: types.TracebackType | None) -> None:
    """Log the error that ended the process or thread: ours in one line, any other with its traceback."""
    if isinstance(error, GraderError):
        log.critical("%s", error)
    elif error is not None and issubclass(kind, Exception):
        log.critical("%s: %s", kind.__name__, error, exc_info=(kind, error, trace))
