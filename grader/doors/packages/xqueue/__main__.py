"""Grade the submissions of an xqueue until SIGTERM or Ctrl-C: `python -m grader.doors.packages.xqueue SETTINGS`."""

import logging
import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from threading import Event

from grader.base.errors import GraderError
from grader.doors.packages.xqueue.client import XQueue
from grader.doors.packages.xqueue.polling import Poller
from grader.doors.packages.xqueue.settings import read


def run(path: Path) -> None:
    """Work until a signal comes; the submission in hand is still answered.

    Raises:
        GraderError: The settings cannot be used.
    """
    stopped = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    site = read(path)
    queue = XQueue(site.settings, site.password)
    try:
        Poller(queue, site.settings, site.exercises).run(stopped)
    finally:
        queue.close()


def main() -> None:
    """Read the command line and work."""
    parser = ArgumentParser(prog="python -m grader.doors.packages.xqueue", description=__doc__)
    parser.add_argument("settings", type=Path, help="the file with the settings, such as xqueue.yaml")
    given = parser.parse_args(sys.argv[1:])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        run(given.settings)
    except (GraderError, OSError) as error:
        sys.exit(f"xqueue: {error}")


if __name__ == "__main__":
    main()
