"""The dispatcher: rows that are due become Celery messages, and what died on the way is taken back.

Any number of them may run: each row is marked in the ledger before its message is sent, by one of them only.
"""

import logging

from kombu.exceptions import OperationalError

from grader.ledger import Ledger
from grader.service import streams
from grader.service.dead import DeadLetters
from grader.service.jobs import WINDOW, Jobs
from grader.service.settings import Settings
from workers.broker.app import app
from workers.supervision.process import Process

QUEUE = "celery"
PAUSE_SECONDS = 0.2
"""Between two looks at the ledger."""
DEAD_AT_A_TIME = 100

log = logging.getLogger("workers.dispatch")


def send(jobs: Jobs) -> int:
    """How many messages were sent: one for each row that is due and has room on the queue.

    A message that cannot be sent is sent later: its row is looked at again after `GRADER_RESEND_SECONDS`.
    """
    due = jobs.due()
    try:
        for job, is_probe in due:
            app.send_task("grader.work", kwargs={"job": job, "probe": is_probe})
    except OperationalError as error:
        log.warning("the broker takes no messages: %s", error)
    return len(due)


class Dispatcher:
    """One round after the other: take back, send, and keep the dead messages."""

    def __init__(self, given: Settings) -> None:
        self.ledger = Ledger()
        self.jobs = Jobs(self.ledger, given.task_seconds, given.resend_seconds)
        self.letters = DeadLetters(self.ledger)
        self.broker = streams.connect(given.broker_url, given.queue_ca)

    def round(self) -> None:
        """One look at everything."""
        self.jobs.sweep()
        self._keep_dead_messages()
        if int(self.broker.llen(QUEUE)) < 2 * WINDOW:  # while nobody works, do not heap up messages
            send(self.jobs)

    def _keep_dead_messages(self) -> None:
        """From the workers' list into the ledger; taken off the list once they are kept."""
        for raw in self.broker.lrange(streams.DEAD_MESSAGES, 0, DEAD_AT_A_TIME - 1):
            self.letters.keep_message(raw)
            self.broker.lrem(streams.DEAD_MESSAGES, 1, raw)


def main() -> None:
    """Run until told to stop."""
    with Process("dispatcher") as process:
        from workers.metrics import serve

        dispatcher = Dispatcher(process.settings)
        serve(process.settings, dispatcher.ledger)
        process.run(dispatcher.round, PAUSE_SECONDS)


if __name__ == "__main__":
    main()
