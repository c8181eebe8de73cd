"""The dispatcher: sends a Celery message for each row that is due, and takes lost rows back.

Any number of them may run: one of them marks a row in the ledger before it sends the message.
"""

from kombu.exceptions import OperationalError

from grader.ledger import Ledger
from grader.ledger.queue.jobs import WINDOW, Jobs
from grader.service import platforms, streams
from grader.service.dead import DeadLetters
from grader.service.settings import Settings
from workers.broker.app import app
from workers.supervision.process import Process

QUEUE = "celery"
PAUSE_SECONDS = 0.2
"""Between two rounds."""
DEAD_AT_A_TIME = 100


def send(jobs: Jobs) -> int:
    """Send a message for each row that is due and has room on the queue; return the number of rows.

    A message that cannot be sent is sent later: its row is due again after `GRADER_RESEND_SECONDS`.

    Raises:
        QueueError: The broker accepts no messages.
    """
    due = jobs.due()
    try:
        for job, is_trial in due:  # `probe` is the task's older word for a trial, which workers of any version know
            app.send_task("grader.work", kwargs={"job": job, "probe": is_trial})
    except OperationalError as error:
        raise streams.QueueError(f"the broker accepts no messages: {error}") from error
    return len(due)


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
