"""Choosing among students: somebody who teaches narrows what they see, as with the options of the command line."""

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.doors.web.house import House
from grader.doors.web.pages.shown import NothingHere
from grader.ledger.history import Origin
from grader.ledger.people.rosters import listed
from grader.schema import Exercise
from grader.service.entrance.visitors import Visitor
from grader.students.register import Register
from grader.students.selection import Selection, moment

UNKNOWN = {
    "platform": N_("the ledger has no submissions from platform {platform}"),
    "course": N_("nothing came from this course"),
    "section": N_("nobody is in this section"),
}
FIELDS = (*UNKNOWN, "since", "until")


class View(NamedTuple):
    """The part of all work that somebody may see; None stands for everything."""

    platform: str | None
    course: str | None

    @classmethod
    def of(cls, visitor: Visitor) -> "View":
        """Return what this visitor may see."""
        return cls(None, None) if visitor.role == "operator" else cls(visitor.platform, visitor.course)

    def has(self, platform: str, course: str) -> bool:
        """Return whether something of this course may be seen."""
        return self.platform in (None, platform) and self.course in (None, course)


class TeachersChoice:
    """One visitor's choice, with the names that there are to choose from."""

    def __init__(self, house: House, visitor: Visitor, request: Request) -> None:
        """Read the address.

        Raises:
            NothingHere: It names what this visitor may not see.
        """
        self.view, self._ledger = View.of(visitor), house.ledger
        self.register = Register([each for each in listed(self._ledger) if self.view.has(each.platform, each.course)])
        asked = ((name, request.query_params.get(name, "").strip()) for name in FIELDS)
        self.fields: Mapping[str, str] = {name: text for name, text in asked if text}
        for name, own in self.view._asdict().items():
            if own is not None and self.fields.get(name, own) != own:
                raise NothingHere

    @property
    def query(self) -> str:
        """The end of an address that leads to another page with the same choice."""
        return f"?{urlencode(self.fields)}" if self.fields else ""

    def selection(self, exercise: Exercise) -> Selection:
        """Return the students and submissions that are chosen; times are by the clocks of the exercise's zone.

        Raises:
            InvalidInput: The ledger does not know a name, or a time is none.
        """
        known = self.choices()
        for name, message in UNKNOWN.items():
            given = self.fields.get(name)
            if given is not None and getattr(self.view, name, None) is None and given not in known.get(name, ()):
                raise InvalidInput(name, [Problem(f"unknown-{name}", _(message, platform=given))])
        zone, since, until = exercise.policy.time_zone, self.fields.get("since"), self.fields.get("until")
        chosen = Selection(
            platform=self.view.platform or self.fields.get("platform"),
            course=self.view.course or self.fields.get("course"),
            section=self.fields.get("section"),
            since=moment(since, "since", zone) if since else None,
            until=moment(until, "until", zone, is_end=True) if until else None,
            register=self.register,
        )
        if chosen.since and chosen.until and chosen.since >= chosen.until:
            raise InvalidInput(
                "until", [Problem("empty-time", _("it is not later than the first day, so nothing is left"))]
            )
        return chosen

    def choices(self) -> dict[str, list[str]]:
        """Return the names from which can be chosen, by field; a field without any is left out."""
        roster = [Origin(each.platform, each.course) for each in self.register.roster]
        origins = {each for each in (*self._ledger.origins(), *roster) if self.view.has(each.platform, each.course)}
        known = {
            "platform": {each.platform for each in origins} if self.view.platform is None else set(),
            "course": {each.course for each in origins} - {""} if self.view.course is None else set(),
            "section": {each.section for each in self.register.roster} - {""},
        }
        return {name: sorted(names) for name, names in known.items() if names}
