"""Offline work handed in: after `grade submit --queue`, and by `grade progress sync`.

What comes back is kept in this machine's ledger under the platform's name, so that `grade progress` shows all of it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NamedTuple

import typer

from grader import exercises
from grader.base.errors import ExerciseError, GraderError
from grader.base.language import _, ngettext
from grader.cli.handing_in import waiting
from grader.cli.who import login_name
from grader.exercises import submissions
from grader.ledger import LOCAL, Ledger
from grader.ledger.handed_in import HandedIn
from grader.schema.queue import Envelope, Result
from grader.service import streams
from grader.service.settings import Settings, without_password
from grader.students import identity
from grader.students.offline import Offline, as_offline, offline, to_hand_in

TIMEOUT_SECONDS = 60.0
"""How long all the results together are waited for, if nobody says otherwise."""
TOGETHER = 100
"""So many are on the queue at a time: a stream of results keeps about ten times as many."""
SOON = timedelta(minutes=10)
"""After which a result that did not come in time is asked for once more, so that nobody waits at each submission."""
AGAIN = timedelta(days=1)
"""After which a submission that could not be graded is asked for once more."""
SAME_MOMENT = timedelta(seconds=0.5)
"""Between the queue's clock and that of who takes from it; what came earlier was there before."""
FINAL = ("attempts-used", "closed")
"""Refusals that all further submissions of the student to the exercise would meet as well."""
PASSING = ("too-soon", "not-open-yet")
"""Refusals that all of them would meet for a while."""
UNKNOWN = "unknown-exercise"
"""A refusal that ends once the platform has the exercise as well."""
NEW = {"graded": "counted", "ungradable": "ungradable", "dead": "dead"}
"""What is counted of a submission that was new there, by its state."""


class Destination(NamedTuple):
    """Where offline work is handed in, and for whom."""

    settings: Settings
    platform: str
    student: str
    """What the platform calls the student."""


@dataclass
class Tally:
    """What became of the offline work."""

    came: Counter[str] = field(default_factory=Counter)
    """How many were `counted`, `there` before, `ungradable`, `dead`, or are `pending`."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many of an exercise were not taken, by exercise and reason."""
    kept_back: Counter[str] = field(default_factory=Counter)
    """How many of an exercise would have used up attempts."""
    left: int = 0
    """How many there was no time for."""

    def lines(self, url: str) -> Iterator[str]:
        """All of it in words; nothing where nothing was to be done."""
        if self.came.total():
            yield ngettext(
                "{number} submission made offline was handed in: {how}",
                "{number} submissions made offline were handed in: {how}",
                self.came.total(),
                how=", ".join(self._came()),
            )
        for (exercise, why), number in self.refused.items():
            yield ngettext(
                "{number} submission made offline was not taken for {exercise}: {why}. It still counts here",
                "{number} submissions made offline were not taken for {exercise}: {why}. They still count here",
                number,
                exercise=exercise,
                why=why,
            )
        how = f"grade progress sync --queue {without_password(url)} --use-attempts"
        for exercise, number in self.kept_back.items():
            yield ngettext(
                "{number} submission made offline for {exercise} was kept back, it would use up an attempt: {how}",
                "{number} submissions made offline for {exercise} were kept back, they would use up attempts: {how}",
                number,
                exercise=exercise,
                how=how,
            )
        if self.left:
            yield ngettext(
                "{number} submission made offline is left for the next time",
                "{number} submissions made offline are left for the next time",
                self.left,
            )

    def _came(self) -> Iterator[str]:
        message: dict[str, Callable[[int], str]] = {
            "counted": lambda n: _("{number} counted", number=n),
            "there": lambda n: ngettext("{number} was there already", "{number} were there already", n),
            "ungradable": lambda n: _("{number} could not be measured there", number=n),
            "dead": lambda n: _("{number} could not be graded, by no fault of yours", number=n),
            "pending": lambda n: ngettext("{number} is still on its way", "{number} are still on their way", n),
        }
        return (tell(self.came[name]) for name, tell in message.items() if self.came[name])


def afterwards(settings: Settings, envelope: Envelope, result: Result, hands_in: bool) -> None:
    """Keep the result of a submission that was just handed in, and hand in what was made offline; fail in nothing."""
    try:
        with Ledger() as ledger:
            place = Destination(settings, envelope.platform, result.student or envelope.student or login_name())
            notes = _notes(ledger, place)
            own = submissions.read(envelope.submission.encode(), "submission")
            _keep(ledger, notes, as_offline(own, place.student).id, result)
            if hands_in:
                for line in hand_in(ledger, place).lines(settings.queue_url):
                    typer.echo(line, err=True)
    except GraderError as error:
        typer.echo(_("what was made offline is not handed in yet: {error}", error=error), err=True)


def hand_in(
    ledger: Ledger, place: Destination, *, use_attempts: bool = False, seconds: float = TIMEOUT_SECONDS
) -> Tally:
    """What became of the student's offline work, after all of it that waits was handed in.

    Raises:
        QueueError: The server cannot be reached, or refuses; what it has taken before that is safe there.
        LedgerError: The ledger cannot be read or written.
    """
    students = {name.student for name in ledger.students()} | {place.student}
    names = identity.names(place.student, login_name(), students)
    ready = to_hand_in(_notes(ledger, place), offline(ledger, names, place.student), datetime.now(UTC))
    if not ready:
        return Tally()
    return _Round(ledger, place, use_attempts).all(ready, seconds)


class _Round:
    """One time of handing in.

    Of an exercise one submission goes ahead, to see how many attempts there are; then all others at once, or one after
    the other where attempts are to be used up.
    """

    def __init__(self, ledger: Ledger, place: Destination, use_attempts: bool) -> None:
        self.ledger, self.place, self.use_attempts = ledger, place, use_attempts
        self.notes, self.tally = _notes(ledger, place), Tally()
        self.left: dict[str, list[Offline]] = {}
        self.free: set[str] = set()
        """Exercises with as many attempts as one likes."""

    def all(self, offline_work: Sequence[Offline], seconds: float) -> Tally:
        until = monotonic() + seconds
        for work in offline_work:
            self.left.setdefault(work.exercise, []).append(work)
        for exercise in [] if self.use_attempts else [name for name in self.left if _is_limited(name)]:
            self._keep_back(exercise)
        given = self.place.settings
        message = _("handing in what was made offline")
        connected = streams.connect(given.queue_url, given.queue_ca)
        with streams.explained(given.queue_url), connected as client, waiting.shown(message):
            while self.left and monotonic() < until:
                self._some(client, until)
        self.tally.left = sum(map(len, self.left.values()))
        return self.tally

    def _some(self, client: streams.QueueClient, until: float) -> None:
        """Hand in as many as may be on their way together, and settle what comes back."""
        batch = [w for name, works in self.left.items() for w in (works if name in self.free else works[:1])]
        on_way = {work.id: work for work in batch[:TOGETHER]}
        for exercise, works in self.left.items():
            self.left[exercise] = [work for work in works if work.id not in on_way]
        posted = {work.id: self._posted(client, work) for work in on_way.values()}
        for result in streams.arriving(client, list(posted.values()), until - monotonic()):
            self._settle(on_way.pop(result.id), posted[result.id], result)
        for work in on_way.values():
            self.notes.note(work.id, "sent", again_at=datetime.now(UTC) + SOON)
        self.tally.came["pending"] += len(on_way)
        self.left = {exercise: works for exercise, works in self.left.items() if works}

    def _posted(self, client: streams.QueueClient, work: Offline) -> streams.Posted:
        fields = {"id": work.id, "submission": work.document, "student": self.place.student}
        return streams.post(client, self.place.platform, fields)

    def _settle(self, work: Offline, posted: streams.Posted, result: Result) -> None:
        if result.state == "rejected":
            self._refused(work, result)
            return
        is_old = result.received_at < streams.time_of(posted.entry) - SAME_MOMENT
        is_known = _keep(self.ledger, self.notes, work.id, result)
        self.tally.came["there" if is_old or is_known else NEW[result.state]] += 1
        if result.attempts is None:
            self.free.add(work.exercise)
        elif not self.use_attempts:
            self._keep_back(work.exercise)

    def _refused(self, work: Offline, result: Result) -> None:
        problem = result.problems[0]
        again = result.next_allowed or (datetime.now(UTC) + AGAIN if problem.code == UNKNOWN else None)
        self.notes.note(work.id, "rejected", problem.message, again)
        refused = [work]
        if problem.code in (*FINAL, *PASSING):
            refused += self.left.pop(work.exercise, [])
        if problem.code in FINAL:
            for each in refused[1:]:
                self.notes.note(each.id, "rejected", problem.message)
        self.tally.refused[work.exercise, problem.message] += len(refused)

    def _keep_back(self, exercise: str) -> None:
        if works := self.left.pop(exercise, None):
            self.tally.kept_back[exercise] += len(works)


def _notes(ledger: Ledger, place: Destination) -> HandedIn:
    address = without_password(place.settings.queue_url).partition("://")[2].rpartition("@")[2]
    return HandedIn(ledger, address, place.platform)


def _keep(ledger: Ledger, notes: HandedIn, work: str, result: Result) -> bool:
    """Keep the report and what became of the submission; whether the report was kept before."""
    is_known = False
    if result.report is not None:
        is_known = result.platform != LOCAL and ledger.find(result.report, result.platform) is not None
        ledger.append(result.report, result.platform, when=result.received_at)
    notes.note(work, result.state, result.reason, datetime.now(UTC) + AGAIN if result.state == "dead" else None)
    return is_known


def _is_limited(exercise: str) -> bool:
    """Whether handing in uses something up, as far as this machine's copy of the exercise tells."""
    try:
        policy = exercises.load(exercise).policy
    except ExerciseError:
        return False
    return policy.attempts is not None or policy.rate is not None
