"""The selection: some of the students of a ledger, and some of what they handed in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.documents import did_you_mean, listed, shown
from grader.ledger import Ledger, LedgerEntry
from grader.ledger.history import Arrival, History, Origin
from grader.students.register import Register

DATE_LETTERS = 10
"""The length of a date without a time, such as 2026-12-24."""


class SelectedSubmission(NamedTuple):
    """A submission of the ledger that is selected, with its entries and the arrivals that are."""

    entries: list[LedgerEntry]
    """Oldest first; the newest one is the report as it stands."""
    arrivals: list[Arrival]
    """None if it was graded at a terminal."""

    @property
    def standing(self) -> LedgerEntry:
        """The newest entry."""
        return self.entries[-1]


@dataclass(frozen=True)
class Selection:
    """The students and submissions that are asked for; by default all."""

    platform: str | None = None
    course: str | None = None
    """Work that was graded at a terminal belongs to no course."""
    section: str | None = None
    """Only the roster says who is in it."""
    since: datetime | None = None
    until: datetime | None = None
    """Before this moment."""
    register: Register = field(default_factory=Register)

    def has(self, platform: str, student: str) -> bool:
        """Return whether the student is one of those who are asked for."""
        if self.platform not in (None, platform):
            return False
        return self.section is None or any(
            entry.section == self.section and self.course in (None, entry.course)
            for entry in self.register.entries(platform, student)
        )

    def takes(self, course: str, when: datetime) -> bool:
        """Return whether something that came from the course at this time is selected."""
        is_in_time = (self.since is None or self.since <= when) and (self.until is None or when < self.until)
        return is_in_time and self.course in (None, course)

    def histories(self, ledger: Ledger, exercise: str, *, on_others: bool = False) -> Iterator[History]:
        """Yield the history of each student who is asked for; see `Ledger.histories`."""
        for history in ledger.histories(exercise, self.platform, course=self.course, on_others=on_others):
            if self.has(history.platform, history.student):
                yield history

    def submissions(self, history: History, exercise: str) -> Iterator[SelectedSubmission]:
        """Yield the student's submissions to the exercise that are selected, in the order of the ledger."""
        submissions: dict[str, list[LedgerEntry]] = defaultdict(list)
        for entry in history.entries:
            if entry.report.exercise == exercise:
                submissions[entry.submission].append(entry)
        names = {entry.id: name for name, entries in submissions.items() for entry in entries}
        arrivals: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in history.arrivals:
            if arrival.report in names:
                arrivals[names[arrival.report]].append(arrival)
        for name, entries in submissions.items():
            selected = [each for each in arrivals[name] if self.takes(each.course, each.came_at)]
            if selected or (not arrivals[name] and self.takes("", entries[0].created_at)):
                yield SelectedSubmission(entries, selected)

    def entries(self, history: History, exercise: str) -> list[LedgerEntry]:
        """Return the entries of the student's submissions to the exercise that are selected."""
        return [entry for each in self.submissions(history, exercise) for entry in each.entries]

    def vet(self, ledger: Ledger) -> None:
        """Check that the ledger or the roster knows what is asked for, so that a misspelt name is no empty class.

        Raises:
            InvalidInput: It does not.
        """
        if self.since and self.until and self.since >= self.until:
            message = _("it is not later than --since, so nothing is left")
            raise InvalidInput("--until", [Problem("empty-time", message)])
        if self.platform is self.course is self.section is None:
            return
        everywhere = {*ledger.origins(), *(Origin(entry.platform, entry.course) for entry in self.register.roster)}
        platforms = {each.platform for each in everywhere}
        if self.platform is not None and self.platform not in platforms:
            message = _("the ledger has no submissions from platform {platform}", platform=shown(self.platform))
            raise _unknown("platform", self.platform, message, platforms)
        courses = {each.course for each in everywhere if self.platform in (None, each.platform)} - {""}
        if self.course is not None and self.course not in courses:
            raise _unknown("course", self.course, _("nothing came from this course"), courses)
        listed = (entry for entry in self.register.roster if self.platform in (None, entry.platform))
        sections = {entry.section for entry in listed} - {""}
        if self.section is not None and self.section not in sections:
            nobody = _("nobody is in this section") if sections else _("no roster says who is in a section")
            raise _unknown("section", self.section, nobody, sections)


def moment(text: str, option: str, zone: str | None = None, *, is_end: bool = False) -> datetime:
    """Return the time that a text in ISO 8601 gives, by the clocks of the zone, else in UTC.

    A date alone is the beginning of the day, or with `is_end` its end.

    Raises:
        InvalidInput: It is no time.
    """
    clocks: tzinfo = UTC
    if zone:
        from zoneinfo import ZoneInfo  # few exercises name one

        clocks = ZoneInfo(zone)
    try:
        when = datetime.fromisoformat(text.strip())
        when = when if when.tzinfo else when.replace(tzinfo=clocks)
        if is_end and len(text.strip()) <= DATE_LETTERS:
            when += timedelta(days=1)
        return when.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter near the years 1 and 9999
        examples = {"day": "2026-12-24", "time": "2026-12-24T18:00+01:00"}
        message = _("`{text}` is not a time; write it like {day} or {time}", text=shown(text), **examples)
        raise InvalidInput(option, [Problem("no-time", message)]) from None


def _unknown(what: str, given: str, message: str, known: Iterable[str]) -> InvalidInput:
    names = sorted(known)
    hint = did_you_mean(given, names)
    if names:
        message = _("{problem}; known: {known}{hint}", problem=message, known=listed(map(shown, names)), hint=hint)
    return InvalidInput(f"--{what} {shown(given)}", [Problem(f"unknown-{what}", message)])
