"""Hand in offline work: after `grade submit --queue`, and by `grade progress sync`.

The results are stored in this machine's ledger under the platform's name, so that `grade progress` shows them all.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import NamedTuple

from grader import exercises
from grader.base.errors import ExerciseError, GraderError
from grader.base.language import _, ngettext
from grader.cli.console import say
from grader.cli.options import waiting
from grader.cli.who import login_name
from grader.exercises import submissions
from grader.ledger import LOCAL, Ledger
from grader.ledger.handed_in import HandedIn
from grader.schema.queue import Envelope, Result
from grader.service import streams
from grader.service.settings import Settings, without_password
from grader.students.offline import Offline, as_offline, offline, to_hand_in

TIMEOUT_SECONDS = 60.0
"""The default time to wait for all results together."""
TOGETHER = 100
"""The most submissions on the queue at a time: a stream of results keeps about ten times as many."""
SOON = timedelta(minutes=10)
"""The time before a late result is asked for again, so that not every command waits for it."""
AGAIN = timedelta(days=1)
"""The time before a submission that could not be graded is tried again."""
SAME_MOMENT = timedelta(seconds=0.5)
"""The most by which the queue's clock and the intake's differ. A submission received earlier was there before."""
FINAL = ("attempts-used", "closed")
"""Refusals that hold for all further submissions of the student to the exercise."""
PASSING = ("too-soon", "not-open-yet", "too-many-waiting")
"""Refusals that hold for all of them for a while."""
NEW = {"graded": "counted", "ungradable": "ungradable", "dead": "dead"}
"""The count in a tally for a submission that was new there, by its state."""


class Destination(NamedTuple):
    """The queue, platform and student for which offline work is handed in."""

    settings: Settings
    platform: str
    student: str
    """The student's name on the platform."""


@dataclass
class Tally:
    """The results of handing in offline work, counted."""

    came: Counter[str] = field(default_factory=Counter)
    """The number of submissions that were `counted`, `there` before, `ungradable`, `dead`, or are `pending`."""
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The number that was refused, by exercise and reason."""
    kept_back: Counter[str] = field(default_factory=Counter)
    """The number that would have used up attempts, by exercise."""
    left: int = 0
    """The number for which there was no time."""
    nameless: Counter[str] = field(default_factory=Counter)
    """The number that was graded here without a name and is not handed in, by the student whose work it may be."""
    of_others: Counter[str] = field(default_factory=Counter)
    """The number that was graded here under another name, by that name."""

    def lines(self, url: str) -> Iterator[str]:
        """Yield all of it in words; nothing if there was no offline work."""
        if self.came.total():
            yield ngettext(
                "{number} offline submission was handed in: {results}",
                "{number} offline submissions were handed in: {results}",
                self.came.total(),
                results=", ".join(self._came()),
            )
        for (exercise, why), number in self.refused.items():
            yield ngettext(
                "{number} offline submission was not accepted for {exercise}: {why}. It still counts here",
                "{number} offline submissions were not accepted for {exercise}: {why}. They still count here",
                number,
                exercise=exercise,
                why=why,
            )
        command = f"grade progress sync --queue {without_password(url)} --use-attempts"
        for exercise, number in self.kept_back.items():
            yield ngettext(
                "{number} offline submission for {exercise} was kept back, because it would use up an attempt. "
                "To hand it in, run: {command}",
                "{number} offline submissions for {exercise} were kept back, because they would use up attempts. "
                "To hand them in, run: {command}",
                number,
                exercise=exercise,
                command=command,
            )
        yield from self._of_others(without_password(url))
        if self.left:
            yield ngettext(
                "{number} offline submission is left for the next time",
                "{number} offline submissions are left for the next time",
                self.left,
            )

    def _of_others(self, url: str) -> Iterator[str]:
        for student, number in self.nameless.items():
            yield ngettext(
                "{number} offline submission without a name was left, because others may use this login. If it is "
                "yours, run: {command}",
                "{number} offline submissions without a name were left, because others may use this login. If they are "
                "yours, run: {command}",
                number,
                command=f"grade progress sync '{student}' --nameless --queue {url}",
            )
        for student, number in self.of_others.items():
            yield ngettext(
                "{number} offline submission of {student} was left. To hand it in under that name, run: {command}",
                "{number} offline submissions of {student} were left. To hand them in under that name, run: {command}",
                number,
                student=student,
                command=f"grade progress sync '{student}' --queue {url}",
            )

    def _came(self) -> Iterator[str]:
        messages: dict[str, Callable[[int], str]] = {
            "counted": lambda n: _("{number} counted", number=n),
            "there": lambda n: ngettext("{number} was there already", "{number} were there already", n),
            "ungradable": lambda n: _("{number} could not be decided there", number=n),
            "dead": lambda n: _("{number} could not be graded, which is not your fault", number=n),
            "pending": lambda n: ngettext("{number} is still on its way", "{number} are still on their way", n),
        }
        return (message(self.came[name]) for name, message in messages.items() if self.came[name])


def afterwards(settings: Settings, envelope: Envelope, result: Result, hands_in: bool) -> None:
    """Store the result of a submission that was just handed in, and hand in offline work; never raise our errors."""
    try:
        with Ledger() as ledger:
            place = Destination(settings, envelope.platform, result.student or envelope.student or login_name())
            notes = _notes(ledger, place)
            own = submissions.read(envelope.submission.encode(), "submission")
            _keep(ledger, notes, as_offline(own, place.student).id, result)
            if hands_in:
                for line in hand_in(ledger, place).lines(settings.queue_url):
                    say(line, err=True)
    except GraderError as error:
        say(_("offline work has not been handed in yet: {error}", error=error), err=True)


def hand_in(
    ledger: Ledger,
    place: Destination,
    *,
    use_attempts: bool = False,
    nameless: bool = False,
    seconds: float = TIMEOUT_SECONDS,
) -> Tally:
    """Hand in the student's offline work that is due, and return the results, counted.

    The student's work is what was graded under that very name; with `nameless`, also what was graded without a name.

    Raises:
        QueueError: The server cannot be reached, or refuses; what it took before is safe there.
        LedgerError: The ledger cannot be read or written.
    """
    names = {place.student, login_name()} if nameless else {place.student}
    ready = to_hand_in(_notes(ledger, place), offline(ledger, names, place.student), datetime.now(UTC))
    tally = _Run(ledger, place, use_attempts).all(ready, seconds) if ready else Tally()
    if left := _left(ledger, place, login_name()) if login_name() not in names else 0:
        tally.nameless[place.student] = left
    return tally


def of_others(ledger: Ledger, place: Destination) -> Counter[str]:
    """Return the amount of offline work that was graded here under other names and is not handed in, by name."""
    named = {each.student for each in ledger.students() if each.platform == LOCAL} - {place.student, login_name()}
    return Counter({name: left for name in sorted(named) if (left := _left(ledger, place, name))})


def _left(ledger: Ledger, place: Destination, name: str) -> int:
    """Return the amount of offline work under this name that was handed in neither under it nor as the student's."""
    notes, now = _notes(ledger, place), datetime.now(UTC)
    ready = [to_hand_in(notes, offline(ledger, {name}, student), now) for student in (name, place.student)]
    return len({work.document for work in ready[0]} & {work.document for work in ready[1]})


class _Run:
    """One run of handing in.

    For each exercise, one submission goes first: its result shows whether attempts are limited. If not, all others
    follow at once. If they are, the others follow one after another, or not at all.
    """

    def __init__(self, ledger: Ledger, place: Destination, use_attempts: bool) -> None:
        self.ledger, self.place, self.use_attempts = ledger, place, use_attempts
        self.notes, self.tally = _notes(ledger, place), Tally()
        self.left: dict[str, list[Offline]] = {}
        self.free: set[str] = set()
        """Exercises without a limit of attempts."""

    def all(self, offline_work: Sequence[Offline], seconds: float) -> Tally:
        until = monotonic() + seconds
        for work in offline_work:
            self.left.setdefault(work.exercise, []).append(work)
        for exercise in [] if self.use_attempts else [name for name in self.left if _is_limited(name)]:
            self._keep_back(exercise)
        given = self.place.settings
        message = _("handing in offline work")
        connected = streams.connect(given.queue_url, given.queue_ca)
        with streams.explained(given.queue_url), connected as client, waiting(message):
            while self.left and monotonic() < until:
                self._some(client, until)
        self.tally.left = sum(map(len, self.left.values()))
        return self.tally

    def _some(self, client: streams.QueueClient, until: float) -> None:
        """Hand in as many as may be on the queue at a time, and process their results."""
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
        again = result.next_allowed or (datetime.now(UTC) + AGAIN if problem.code == submissions.UNKNOWN else None)
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
    """Store the result of the submission, with its report, and return whether the report was stored before."""
    is_known = False
    if result.report is not None:
        is_known = result.platform != LOCAL and ledger.find(result.report, result.platform) is not None
        ledger.append(result.report, result.platform, when=result.received_at)
    notes.note(work, result.state, result.reason, datetime.now(UTC) + AGAIN if result.state == "dead" else None)
    return is_known


def _is_limited(exercise: str) -> bool:
    """Return whether attempts or their rate are limited, according to this machine's copy of the exercise."""
    try:
        policy = exercises.load(exercise).policy
    except ExerciseError:
        return False
    return policy.attempts is not None or policy.rate is not None
