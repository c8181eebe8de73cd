"""The objects of one worker process: laboratories, inherited by the fork, and all else, which it makes itself."""

import os
from collections.abc import Iterable
from functools import cache
from secrets import token_hex

from grader.base import home
from grader.ledger import Ledger
from grader.ledger.queue.jobs import Jobs, Lost
from grader.service import platforms
from grader.service.dead import DeadLetters
from grader.service.laboratories import Laboratories
from grader.service.reception import Reception
from grader.service.settings import settings
from grader.service.worker import Worker

FAMILY = token_hex(4)
"""The name of a worker's main process and all its children, which inherit it by the fork."""


def holder(pid: int) -> str:
    """Return the name of this child in the leases that it holds."""
    return f"{FAMILY}.{pid}"


@cache
def laboratories() -> Laboratories:
    """Return the laboratories of this process."""
    return Laboratories(home.writable_folder(home.TABLES))


def preload(exercises: Iterable[str]) -> None:
    """Load the transformers and score tables that the children will share."""
    laboratories().preload(exercises)


@cache
def jobs() -> Jobs:
    """Return the jobs; opens the ledger, so call it after the fork: a connection belongs to one process."""
    given = settings()
    rates = platforms.rates(platforms.load(given.platforms))
    return Jobs(Ledger(), given.task_seconds, given.resend_seconds, rates, holder(os.getpid()))


def lost(pid: int, reason: str) -> list[Lost]:
    """Free what this child, which has ended, was grading, and return it.

    The main process calls this. It closes the ledger again at once, so that no child inherits a connection.
    """
    given = settings()
    with Ledger() as ledger:
        return Jobs(ledger, given.task_seconds, given.resend_seconds).lost(holder(pid), reason)


@cache
def worker() -> Worker:
    """Return the worker of this process."""
    return Worker(jobs().ledger, jobs(), laboratories())


@cache
def reception() -> Reception:
    """Return the reception for submissions that Python platforms send as tasks."""
    return Reception(jobs().ledger, platforms.load(settings().platforms))


@cache
def letters() -> DeadLetters:
    """Return the dead letters, for what cannot be taken in."""
    return DeadLetters(jobs().ledger)
