"""The courier: delivers every answer that is owed, by the platform's results stream, then by webhook and to gradebooks.

An answer is noted as delivered only after it was accepted: whatever process dies, it is delivered again. Any number of
couriers may run: what one has taken, no other gets before its lease ends.
"""

import logging
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from time import monotonic, time
from types import TracebackType
from typing import NamedTuple, Self

import redis

from grader import __version__, exercises
from grader.base.errors import GraderError
from grader.doors.lti.tool import Tool
from grader.ledger import Ledger
from grader.ledger.queue.outbox import Delivery, Outbox
from grader.ledger.queue.status import SubmissionStatus, statuses
from grader.service import answers, platforms, streams
from grader.service.settings import Settings
from grader.service.signing import webhook_headers
from workers import logs
from workers.passback import PassingBack
from workers.supervision.process import Process
from workers.webhooks import Ended, Post, Posting, Receiver

BATCH = 25
"""Results that are put on the streams at once; the largest have some megabytes."""
PAUSE_SECONDS = 0.2
"""Between two queries of the outbox, while little is owed."""
SCORES_PAUSE_SECONDS = 0.5
"""After a query that finds no score to send."""
REST_FACTOR = 10
"""A query that finds no webhook to serve is followed by a rest that is this many times longer than the query."""
JITTER = 0.2
"""The part by which a wait is shortened or lengthened, so that what failed together is not tried together."""

log = logging.getLogger("workers.courier")


class Patience(NamedTuple):
    """The courier's waits, in seconds."""

    post: float = 15.0
    """For a receiver's whole answer."""
    first: float = 5.0
    """Before the second try; each later wait is twice as long."""
    most: float = 3600.0
    """Between two tries."""
    rest: float = 60.0
    """At most, before a receiver that is away gets another post."""
    stop: float = 5.0
    """For posts that have begun, when the courier is told to stop."""

    def before_next(self, tries: int) -> timedelta:
        """Return the wait after this many tries."""
        seconds = min(self.most, self.first * 2 ** min(tries - 1, 20))
        return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 - no secret


class Undeliverable(GraderError):
    """An answer cannot be delivered at present."""


class Courier:
    """Takes answers from the outbox to the platforms' streams and receivers."""

    def __init__(self, given: Settings, patience: Patience) -> None:
        self.platforms, self.patience = platforms.load(given.platforms), patience
        self.ledger = Ledger()
        self.outbox = Outbox(self.ledger)
        self.queue = streams.connect(given.queue_url, given.queue_ca, given.queue_seconds)
        self.posting = Posting(patience.post)
        hooked = (platform.name for platform in self.platforms.values() if platform.webhook)
        self.receivers = {name: Receiver(patience.first, patience.rest) for name in hooked}
        self.passing = PassingBack(Tool(self.ledger, self.platforms, ""))
        self.gradebooks = defaultdict[str, Receiver](lambda: Receiver(patience.first, patience.rest))
        self._over: list[Ended] = []
        self._pause = 0.0
        self._rest_until = self._scores_rest_until = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wait a little for posts that have begun, and give back those that have not ended."""
        until = monotonic() + self.patience.stop
        while error is None and self.posting.is_busy and (left := until - monotonic()) > 0:
            self._note(self.posting.ended(left))
        while error is None and self.passing.is_busy and monotonic() < until:
            self._note_scores(PAUSE_SECONDS)
        for delivery in (*self.posting.close(), *self.passing.close()):
            self.outbox.failed(delivery, "the courier was told to stop", timedelta(0))

    def round(self) -> None:
        """Deliver what is due, or wait a moment for it; posts go on meanwhile."""
        self._note(self.posting.ended(self._pause))
        self._note_scores()
        self._post()
        self._pass_back()
        self._pause = 0.0 if self._put_on_streams() == BATCH else PAUSE_SECONDS

    def _put_on_streams(self) -> int:
        """Put the results that are due on the streams, and return their number."""
        self.queue.ping()  # while the server is away, no try is used up
        due = self.outbox.due("stream", BATCH)
        ready = []
        with self.queue.pipeline(transaction=False) as pipe:
            for delivery, fields in self._answers(due):
                pipe.xadd(streams.results(delivery.platform), fields, maxlen=streams.RESULTS_KEPT)
                ready.append(delivery)
            try:
                replies = pipe.execute(raise_on_error=False)
            except redis.RedisError:
                for delivery in ready:  # nobody knows which of them were accepted
                    self.outbox.failed(delivery, "the queue's server went away", self.patience.before_next(1))
                raise
        self._note_replies(ready, replies)
        return len(due)

    def _note_replies(self, sent: Sequence[Delivery], replies: Sequence[object]) -> None:
        """Note what the server accepted; what it refused is tried again.

        Raises:
            RedisError: It accepted nothing, because it is full, for example: the courier cannot work.
        """
        refused = [(each, error) for each, error in zip(sent, replies, strict=True) if isinstance(error, Exception)]
        taken = [each for each, error in zip(sent, replies, strict=True) if not isinstance(error, Exception)]
        self.outbox.delivered(taken, then=[each for each in taken if each.platform in self.receivers])
        for delivery in taken:
            log.info("delivered", extra=_about(delivery))
        for delivery, error in refused:
            reason = f"the queue's server refused: {error}"
            if isinstance(error, redis.exceptions.OutOfMemoryError):  # it is full for all of them, which is logged once
                self.outbox.failed(delivery, reason, self.patience.before_next(1))
            else:
                self._failed(delivery, reason)
        if refused and not taken:
            raise refused[0][1]

    def _post(self) -> None:
        """Begin posts of what is due by webhook, while there is room."""
        if not self.posting.room or monotonic() < self._rest_until:
            return
        begun = monotonic()
        room = {name: receiver.room for name, receiver in self.receivers.items()}
        due = self.outbox.due("webhook", self.posting.room, room)
        if not due:  # the query may have read very many answers for receivers that are away
            self._rest_until = monotonic() + REST_FACTOR * (monotonic() - begun)
        for delivery in due:
            try:
                post = self._prepared(delivery)
            except (GraderError, ValueError) as error:
                self._failed(delivery, str(error))
            else:
                self.receivers[delivery.platform].busy += 1
                self.posting.begin(post)

    def _pass_back(self) -> None:
        """Begin to send the scores that are due, while there is room."""
        if not self.passing.room or monotonic() < self._scores_rest_until:
            return
        begun = monotonic()
        room = {name: gradebook.room for name, gradebook in self.gradebooks.items()}
        due = self.outbox.due("lti", self.passing.room, room)
        if not due:
            self._scores_rest_until = monotonic() + max(SCORES_PAUSE_SECONDS, REST_FACTOR * (monotonic() - begun))
        for delivery in due:
            self.gradebooks[delivery.platform].busy += 1
            self.passing.begin(delivery)

    def _note_scores(self, seconds: float = 0.0) -> None:
        """Note the outcome of scores that were sent."""
        ended = self.passing.ended(seconds)
        for each in ended:
            self.gradebooks[each.delivery.platform].note(each.outcome)
        for each in ended:  # what cannot be noted now is sent again when its lease is over, and found to be there
            if each.outcome.reason:
                self._failed(each.delivery, each.outcome.reason)
            else:
                self.outbox.delivered([each.delivery])
                log.info("delivered", extra=_about(each.delivery))

    def _note(self, ended: Sequence[Ended]) -> None:
        """Note the outcome of posts; if that fails now, a later round does it."""
        for each in ended:
            self.receivers[each.delivery.platform].note(each.outcome)
        self._over += ended
        taken = [each.delivery for each in self._over if not each.outcome.reason]
        self.outbox.delivered(taken)
        for each in self._over:
            if each.outcome.reason:
                self._failed(each.delivery, each.outcome.reason)
            else:
                log.info("delivered", extra=_about(each.delivery))
        self._over.clear()

    def _prepared(self, delivery: Delivery) -> Post:
        """Return the present answer, signed for a try at this time.

        Raises:
            GraderError: The platform no longer has a webhook, its secret cannot be read, or as `_answer`.
            ValueError: As `_answer`.
        """
        platform = self.platforms.get(delivery.platform)
        secret = platform.webhook_secret() if platform else None
        if platform is None or platform.webhook is None or secret is None:
            raise Undeliverable(f"the list of platforms has no webhook for {delivery.platform} any more; put it back")
        body = self._answer(delivery)["result"].encode()
        headers = webhook_headers(secret, delivery.message, int(time()), body)
        more = {"content-type": "application/json", "user-agent": f"head-grader/{__version__}"}
        return Post(delivery, platform.webhook.url, headers | more, body)

    def _answers(self, due: Sequence[Delivery]) -> Iterator[tuple[Delivery, dict[str, str]]]:
        """Yield the present answers; what cannot be read has failed, and the others do not wait for it."""
        together = statuses(self.ledger, [delivery.job for delivery in due])
        with exercises.once():
            for delivery in due:
                try:
                    fields = self._answer(delivery, next(together, None))
                except (GraderError, ValueError) as error:
                    self._failed(delivery, str(error))
                else:
                    yield delivery, fields

    def _answer(self, delivery: Delivery, row: SubmissionStatus | None = None) -> dict[str, str]:
        """Return the present answer as the fields of a stream's entry; its row is looked up unless it is given.

        Raises:
            GraderError: It is missing, or cannot be read.
            ValueError: It cannot be written as JSON.
        """
        result = answers.told(delivery.platform, delivery.submission_id, row or self._row(delivery))
        return {"id": result.id, "state": result.state, "result": result.model_dump_json()}

    def _row(self, delivery: Delivery) -> SubmissionStatus:
        (row,) = statuses(self.ledger, [delivery.job])
        return row

    def _failed(self, delivery: Delivery, reason: str) -> None:
        wait = self.patience.before_next(delivery.tries)
        self.outbox.failed(delivery, reason, wait)
        log.warning("not delivered: %s", reason, extra=_about(delivery, again_in_seconds=round(wait.total_seconds())))


def _about(delivery: Delivery, **more: object) -> dict[str, object]:
    which = {"channel": delivery.channel, "delivery": delivery.message, "try": delivery.tries}
    return logs.about(delivery.platform, delivery.submission_id, **which, **more)


def main(patience: Patience = Patience()) -> None:  # noqa: B008 - a tuple
    """Run until told to stop."""
    with Process("courier") as process, ExitStack() as stack:
        process.run(lambda: stack.enter_context(Courier(process.settings, patience)).round, 0)


if __name__ == "__main__":
    main()
