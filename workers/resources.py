"""What one process of a worker has at hand: its laboratories, inherited by the fork, and its desk, which is its own."""

from collections.abc import Iterable
from functools import cache

from grader.base import home
from grader.ledger import Ledger
from grader.service import platforms
from grader.service.dead import DeadLetters
from grader.service.desk import Desk
from grader.service.jobs import Jobs
from grader.service.laboratories import Laboratories
from grader.service.reception import Reception
from grader.service.settings import settings


@cache
def laboratories() -> Laboratories:
    """The laboratories of this process."""
    return Laboratories(home.writable_folder("tables"))


def preload(exercises: Iterable[str]) -> None:
    """Load what the children will share."""
    laboratories().preload(exercises)


@cache
def jobs() -> Jobs:
    """The submissions; opened after the fork, since a connection belongs to one process."""
    given = settings()
    return Jobs(Ledger(), given.task_seconds, given.resend_seconds)


@cache
def desk() -> Desk:
    """The place where this process grades."""
    return Desk(jobs().ledger, jobs(), laboratories())


@cache
def reception() -> Reception:
    """Where submissions come in that Python platforms send as tasks."""
    return Reception(jobs().ledger, platforms.load(settings().platforms))


@cache
def letters() -> DeadLetters:
    """Where what cannot be taken in is kept."""
    return DeadLetters(jobs().ledger)
