"""The dispatcher: sends a Celery message for each row that is due, and takes lost rows back.

Any number of them may run: one of them marks a row in the ledger before it sends the message.
"""

from collections.abc import Iterator, Sequence

from kombu.exceptions import OperationalError

from grader.ledger import Ledger
from grader.ledger.queue.jobs import WINDOW, Due, Jobs
from grader.service import platforms, streams
from grader.service.dead import DeadLetters
from grader.service.settings import Settings
from workers.broker.app import app
from workers.supervision.process import Process

QUEUE = "celery"
PAUSE_SECONDS = 0.2
"""Between two rounds."""
DEAD_AT_A_TIME = 100
TOGETHER = 20
"""The most rows that go to a worker in one message."""


def send(jobs: Jobs) -> int:
    """Send messages for the rows that are due and have room on the queue; return the number of rows.

    A message that cannot be sent is sent later: its rows are due again after `GRADER_RESEND_SECONDS`.

    Raises:
        QueueError: The broker accepts no messages.
    """
    due = jobs.due()
    try:
        for task, arguments in _messages(due):
            app.send_task(task, kwargs=arguments)
    except OperationalError as error:
        raise streams.QueueError(f"the broker accepts no messages: {error}") from error
    return len(due)


def _messages(due: Sequence[Due]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the task and the arguments of each message: rows that were never tried share messages."""
    new = [each for each in due if not each.is_alone]
    together = [new[start : start + TOGETHER] for start in range(0, len(new), TOGETHER)]
    for group in (*together, *([each] for each in due if each.is_alone)):
        if len(group) > 1:
            yield "grader.work_together", {"jobs": [each.job for each in group]}
        else:  # `probe` is the task's older word for a trial, which workers of any version know
            yield "grader.work", {"job": group[0].job, "probe": group[0].is_trial}


class Dispatcher:
    """Takes rows back, keeps dead messages, and sends messages, in rounds."""

    def __init__(self, given: Settings) -> None:
        ledger, listed = Ledger(), platforms.load(given.platforms)
        self.jobs = Jobs(ledger, given.task_seconds, given.resend_seconds, platforms.rates(listed))
        self.letters = DeadLetters(ledger)
        self.broker = streams.connect(given.broker_url, given.queue_ca, given.queue_seconds)

    def round(self) -> None:
        """Do everything once."""
        self.jobs.sweep()
        self._keep_dead_messages()
        if int(self.broker.llen(QUEUE)) < 2 * WINDOW:  # without workers, messages must not pile up
            send(self.jobs)

    def _keep_dead_messages(self) -> None:
        """Move messages from the workers' list into the ledger, each off the list only once it is kept."""
        for raw in self.broker.lrange(streams.DEAD_MESSAGES, 0, DEAD_AT_A_TIME - 1):
            self.letters.keep_message(raw)
            self.broker.lrem(streams.DEAD_MESSAGES, 1, raw)


def main() -> None:
    """Run until told to stop."""
    with Process("dispatcher") as process:
        from workers.metrics import serve  # the Prometheus client takes long to import, and only a process needs it

        serve(process.settings)
        process.run(lambda: Dispatcher(process.settings).round, PAUSE_SECONDS)


if __name__ == "__main__":
    main()
