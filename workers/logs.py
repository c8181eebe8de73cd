"""Logs as JSON, a line an event, on standard error; passwords in URLs are left out wherever they turn up."""

import logging
import re
import sys

from pythonjsonlogger.json import JsonFormatter

PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/@\s]+(?=@)")


class Formatter(JsonFormatter):
    """A line of JSON: time, level, process, message, and whatever was said beside it, such as the submission."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line without passwords."""
        return PASSWORD.sub(r"\1:***", super().format(record))


def configure(process: str) -> None:
    """Log as this process from here on; libraries from warnings on, we from information on."""
    handler = logging.StreamHandler(sys.stderr)
    renamed = {"levelname": "level", "name": "logger", "asctime": "time"}
    handler.setFormatter(
        Formatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields=renamed, static_fields={"process": process}
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for name in ("workers", "grader"):
        logging.getLogger(name).setLevel(logging.INFO)
