"""Logs as JSON, a line an event, on standard error; what looks like a secret is left out wherever it turns up.

Nobody should log a secret. But an error of a library may quote a URL, and a platform may hand in anything: so the
finished line is looked through once more.
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
    (re.compile(r"\bv1,[A-Za-z0-9+/]{43}="), "v1,***"),  # a webhook's signature
    (re.compile(r"""(signature\W{1,12})[0-9A-Fa-f]{64}\b"""), r"\1***"),  # a submission's
)
"""What a secret looks like, and what is written in its place."""
NOT_SAID = [*RESERVED_ATTRS, "data"]
"""What is not said beside a message: under `data`, Celery has a task's arguments, and so what a student handed in."""
OURS = ("grader", "workers", "__main__")

log = logging.getLogger(__name__)


class Formatter(JsonFormatter):
    """A line of JSON: time, level, process, logger, message, and what was said beside it, such as the submission."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - logging's name
        """The time as RFC 3339 has it, UTC, to the millisecond."""
        when = datetime.fromtimestamp(record.created, UTC)
        return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line without secrets."""
        line = super().format(record)
        for secret, blank in SECRETS:
            line = secret.sub(blank, line)
        return line


def configure(process: str) -> None:
    """Log as this process from here on; libraries from warnings on, we from information on.

    Warnings of Python and errors that nobody caught become lines like all others.
    """
    handler = logging.StreamHandler(sys.stderr)
    renamed = {"levelname": "level", "name": "logger", "asctime": "time"}
    handler.setFormatter(
        Formatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s",
            rename_fields=renamed,
            static_fields={"process": process},
            reserved_attrs=NOT_SAID,
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def configure_worker(loglevel: int = logging.WARNING, **_: object) -> None:
    """Log as a worker; Celery's own lines from this level on. Connected to Celery's signal `setup_logging`."""
    configure("worker")
    logging.getLogger("celery").setLevel(loglevel)


def about(platform: str, submission_id: str, **more: object) -> dict[str, object]:
    """What is said beside a message on a submission, as `extra`: what it is called, with its platform, and more."""
    return {"submission": f"{platform}/{submission_id}", **more}


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: types.TracebackType | None) -> None:
    """Say what ended the process or thread: an error of ours in a line, any other with where it came from."""
    if isinstance(error, GraderError):
        log.critical("%s", error)
    elif error is not None and issubclass(kind, Exception):
        log.critical("%s: %s", kind.__name__, error, exc_info=(kind, error, trace))
