"""Submissions of one queue, one after the other: taken, graded and answered within the lease.

The xqueue has no word for "try later". After a fault of ours nothing is sent, and the server offers the submission
again when its lease is over; after several tries the student is told, so that it does not wait for ever.
"""

import json
import logging
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event

from grader.base.errors import ExerciseError
from grader.doors.packages.grading import Answer, FromPlatform, answer, rendered
from grader.doors.packages.xqueue.client import XQueue, XQueueError, XQueueWork
from grader.doors.packages.xqueue.settings import XQueueSettings
from grader.report.failures import told
from grader.report.formats import Failure, Format
from grader.schema import Exercise, is_identifier

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 60.0
SOURCE = "your answer"
STUDENT = re.compile(r"\w[\w.@+-]{0,63}")


class Poller:
    """A queue and the exercises that its submissions are graded by."""

    def __init__(self, queue: XQueue, settings: XQueueSettings, exercises: Path) -> None:
        self._queue, self._settings, self._exercises = queue, settings, exercises
        self._faults: Counter[str] = Counter()

    def run(self, stopped: Event) -> None:
        """Work until the event is set; a server that does not answer is asked again, after longer and longer pauses."""
        pause = self._settings.poll_seconds
        while not stopped.is_set():
            try:
                if self.once():
                    continue
                pause = self._settings.poll_seconds
            except XQueueError as error:
                log.warning("%s", error)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            stopped.wait(pause)

    def once(self) -> bool:
        """Take one submission and answer it, unless it has to wait; return whether there was one.

        Raises:
            XQueueError: The server does not give a submission, or does not take the answer.
        """
        work = self._queue.take()
        if work is None:
            return False
        result = self._graded(work)
        if isinstance(result, Failure) and result.state == "dead":
            self._faults[work.submission_id] += 1
            if self._faults[work.submission_id] <= self._settings.silent_failures:
                log.warning("submission %s: a fault of ours; left to the next try", work.submission_id)
                return True
        self._queue.answer(work, self._body(result))
        self._faults.pop(work.submission_id, None)
        log.info("submission %s: answered", work.submission_id)
        return True

    def _graded(self, work: XQueueWork) -> Answer:
        place = self._exercises / work.exercise
        if not is_identifier(work.exercise) or not place.is_dir():
            error = ExerciseError(f"the problem names the grader {work.exercise!r}, but there is no such exercise here")
            log.error("%s", error)
            return told(error, SOURCE)
        return answer(place, _read(work))

    def _body(self, result: Answer) -> str:
        """Return the answer; where the host takes only whole points, the score is a whole number of these."""
        text = rendered(result, Format.xqueue)
        if self._settings.whole_points is None:
            return text
        content = json.loads(text)
        return json.dumps(content | {"score": round(content["score"] * self._settings.whole_points)})


def _read(work: XQueueWork) -> Callable[[Exercise], FromPlatform]:
    student = work.student if work.student and STUDENT.fullmatch(work.student) else None
    content = work.response.encode("utf-8", "replace")
    return lambda asked: FromPlatform(content, SOURCE, student, work.at)
