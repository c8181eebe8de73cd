"""Line items of our own: where a link came with a list of them alone, ours is found in the list, or made there.

It is looked for before it is made, so that an answer that was lost makes no second one; the ledger sees to it that only
one courier does so for a link.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from grader import exercises
from grader.base.errors import GraderError
from grader.doors.lti import claims as names
from grader.doors.lti.calling import NoAnswer, PlatformAnswer, may_be_called
from grader.doors.lti.claims import text
from grader.doors.lti.standing import FULL
from grader.doors.lti.tool import Tool
from grader.ledger.lti.registrations import Registration

MOST_PAGES = 3
"""Of the list, which is asked for one exercise alone: all of it must fit into a courier's lease."""
EXERCISE, LINK = "resource_id", "resource_link_id"


class NoPlace(GraderError):
    """The platform lets us find and make no line item."""


def sought(listed_at: str, exercise: str, link: str) -> str:
    """Return what says where a link's line item is: the address of the list, and after `#` what to look for in it."""
    return f"{listed_at.partition('#')[0]}#{urlencode({EXERCISE: exercise, LINK: link}, errors='replace')}"


def find_or_make(tool: Tool, registration: Registration, what: str) -> str:
    """Return the address of the line item that `sought` describes.

    Raises:
        NoPlace: The platform refuses.
        GraderError: It does not answer, or the exercise cannot be loaded.
    """
    listed_at, _, described = what.partition("#")
    wanted = dict(parse_qsl(described, keep_blank_values=True))
    known = list(_listed(tool, registration, listed_at, wanted[EXERCISE]))
    # That of this link, else one of no link: that of another link is another place in the gradebook.
    for link in (wanted[LINK], ""):
        for each in known:
            if text(each, "resourceLinkId") == link:
                return _address(each, registration)
    return _made(tool, registration, listed_at, wanted)


def _listed(tool: Tool, registration: Registration, listed_at: str, exercise: str) -> Iterator[Mapping[str, Any]]:
    """Yield our line items for the exercise; a platform may list others with them."""
    headers = {"accept": names.LINE_ITEMS_TYPE}
    parts = urlsplit(listed_at)
    asked = urlencode([*parse_qsl(parts.query, keep_blank_values=True), (EXERCISE, exercise)])
    page: str | None = urlunsplit(parts._replace(query=asked))
    for _ in range(MOST_PAGES):
        answer = tool.access.call(registration, names.LINE_ITEMS_SCOPE, "GET", str(page), headers=headers)
        _check(answer, registration, "list")
        yield from (each for each in answer.objects() if text(each, "resourceId") == exercise)
        page = answer.following(registration)
        if page is None:
            return
    raise NoPlace(f"{registration.platform}: the list of places in its gradebook does not end")


def _made(tool: Tool, registration: Registration, listed_at: str, wanted: Mapping[str, str]) -> str:
    exercise = exercises.load(wanted[EXERCISE])
    item = {"scoreMaximum": FULL, "label": exercise.title, "resourceId": exercise.id}
    tied = {**item, "resourceLinkId": wanted[LINK]}
    answer = _posted(tool, registration, listed_at, tied)
    if answer.is_refusal:  # Canvas ties nothing to a link that is no assignment
        answer = _posted(tool, registration, listed_at, item)
    _check(answer, registration, "make")
    return _address(answer.json(), registration)


def _posted(tool: Tool, registration: Registration, listed_at: str, item: Mapping[str, Any]) -> PlatformAnswer:
    headers = {"content-type": names.LINE_ITEM_TYPE, "accept": names.LINE_ITEM_TYPE}
    return tool.access.call(registration, names.LINE_ITEMS_SCOPE, "POST", listed_at, json=item, headers=headers)


def _check(answer: PlatformAnswer, registration: Registration, what: str) -> None:
    if answer.is_busy:
        raise NoAnswer(f"{registration.platform}: {answer.told}")
    if not answer.is_success:
        raise NoPlace(f"{registration.platform} does not let us {what} places in its gradebook: {answer.told}")


def _address(item: Mapping[str, Any], registration: Registration) -> str:
    url = item.get("id")
    if not may_be_called(url, registration):
        raise NoPlace(f"{registration.platform} names a place in its gradebook that may not be called")
    return str(url)
