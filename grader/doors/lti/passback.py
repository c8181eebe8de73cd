"""Passback: a student's standing goes into the platform's gradebook, once for each change, however often it is tried.

A platform takes a score only if its time is later than that of the last one. So a change gets the time at which it came
about, at least a second after the last time that was sent, and a repetition gets the same time again: where the first
try arrived and its answer was lost, the platform refuses the repetition, and that is success.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import httpx

from grader.base.errors import GraderError
from grader.doors.lti import claims as names
from grader.doors.lti.calling import NoAnswer, PlatformAnswer
from grader.doors.lti.own_line_items import find_or_make
from grader.doors.lti.standing import FULL, CourseStanding, standing
from grader.doors.lti.tool import Tool
from grader.ledger.lti import line_items
from grader.ledger.lti.line_items import LastAnswer, LineItem
from grader.ledger.lti.registrations import Registration

STEP = timedelta(seconds=1)
"""Between the times of two changes: some platforms keep whole seconds."""
GONE = frozenset({404, 410})
STALE = 409
BAD = 400
STALE_WORDS = ("before last updated", "updated to a later point in time", "already exists for the provided timestamp")
"""The words by which Canvas and Open edX tell a stale time from other bad requests."""


class Passed(NamedTuple):
    """The outcome of a try."""

    reason: str = ""
    """The reason of a failure; empty if the gradebook is right."""
    is_away: bool = False
    """True if the platform does not take anything at present, so that another score would fail as well."""


class _Sent(NamedTuple):
    """A score on its way."""

    score: float | None
    worked_at: datetime
    stamp: datetime
    is_again: bool
    """True if the same was sent before, and nobody knows whether it arrived."""


def pass_back(tool: Tool, number: int) -> Passed:
    """Send the standing of this line item's student, if the gradebook does not have it yet."""
    item = line_items.find(tool.ledger, number)
    if item is None:
        return Passed()  # the student was erased
    registration = tool.registrations().get(item.launched.platform)
    if registration is None:
        return Passed(f"the list of platforms has no registration for {item.launched.platform} any more; put it back")
    sent = _to_send(item, standing(tool.ledger, item.launched))
    if sent is None:
        return Passed()
    if item.launched.is_sought:
        place = _found(tool, registration, item)
        if isinstance(place, Passed):
            return place
        item = place
    if not line_items.begin(tool.ledger, item, sent.score, sent.stamp):
        return Passed("another process is sending this score")
    return _passed(tool, registration, item, sent)


def _found(tool: Tool, registration: Registration, item: LineItem) -> LineItem | Passed:
    """Return the line item with its address, which is found or made first; else the outcome."""
    launched, what = item.launched, item.launched.url
    url = line_items.found(tool.ledger, launched)
    if url is None:
        if not line_items.begin_search(tool.ledger, launched):
            return Passed("another process is looking for the place of this score")
        try:
            url = find_or_make(tool, registration, what)
        except GraderError as error:
            line_items.end_search(tool.ledger, launched, None)
            if isinstance(error, NoAnswer):
                return Passed(str(error), is_away=True)
            line_items.end(tool.ledger, item, item.answer, str(error))
            return Passed(str(error))
    line_items.end_search(tool.ledger, launched, url)
    placed = line_items.find(tool.ledger, item.id)
    return placed if placed and not placed.launched.is_sought else Passed()  # their score is there by another link


def scores_url(line_item: str) -> str:
    """Return the address of a line item's scores: its path goes on, before the query that some platforms give it."""
    parts = urlsplit(line_item)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/scores"))


def _to_send(item: LineItem, present: CourseStanding | None) -> _Sent | None:
    """Return what the gradebook still has to learn; None if it is right."""
    if present is None or (item.stamp is None and present.score is None):
        return None
    if item.stamp is None:
        return _Sent(present.score, present.worked_at, present.changed_at, is_again=False)
    if item.score != present.score:
        return _Sent(present.score, present.worked_at, max(present.changed_at, item.stamp + STEP), is_again=False)
    if item.answer == "taken":
        return None
    return _Sent(present.score, present.worked_at, item.stamp, is_again=item.answer == "unknown")


def _passed(tool: Tool, registration: Registration, item: LineItem, sent: _Sent) -> Passed:
    """Send it, note the platform's answer, and return the outcome."""
    try:
        answer = _posted(tool, registration, item, sent)
        if _is_stale(answer) and not sent.is_again:
            # The gradebook was changed after our score was: by hand, or by a grader whose ledger was lost.
            sent = sent._replace(stamp=max(tool.ledger.now(), sent.stamp + STEP))
            line_items.restamp(tool.ledger, item, sent.stamp)
            answer = _posted(tool, registration, item, sent)
    except GraderError as error:
        line_items.end(tool.ledger, item, "unknown")
        return Passed(str(error), is_away=isinstance(error, NoAnswer))
    passed, trouble = _outcome(answer, sent)
    line_items.end(tool.ledger, item, _in_short(answer, passed), trouble)
    return passed


def _posted(tool: Tool, registration: Registration, item: LineItem, sent: _Sent) -> PlatformAnswer:
    content, headers = _score(item.launched.student, sent), {"content-type": names.SCORE_TYPE}
    url = scores_url(item.launched.url)
    return tool.access.call(registration, names.SCORE_SCOPE, "POST", url, json=content, headers=headers)


def _score(student: str, sent: _Sent) -> dict[str, Any]:
    """Return the message with the score; without one, it tells the gradebook that there is no grade."""
    message = {
        "userId": student,
        "activityProgress": "Submitted",
        "gradingProgress": "NotReady",
        "timestamp": _written(sent.stamp),
        "submission": {"submittedAt": _written(sent.worked_at)},
        # Without this, Canvas makes a new submission of every score, and work late that came in time.
        names.CANVAS_SUBMISSION: {"new_submission": False, "submission_type": "none"},
    }
    if sent.score is None:
        return message
    given = {"scoreGiven": round(sent.score * FULL, 4), "scoreMaximum": FULL}
    return {**message, **given, "activityProgress": "Completed", "gradingProgress": "FullyGraded"}


def _outcome(answer: PlatformAnswer, sent: _Sent) -> tuple[Passed, str]:
    """Return the outcome of the answer, and the trouble that an operator should know about."""
    told = answer.told
    if answer.is_success or (_is_stale(answer) and sent.is_again):
        return Passed(), ""
    if answer.is_busy:
        return Passed(told, is_away=True), ""
    if answer.status in GONE:
        trouble = f"the place for the score is gone: {told}; was the assignment deleted, or its link made anew?"
        return Passed(trouble), trouble
    return Passed(told), told


def _in_short(answer: PlatformAnswer, passed: Passed) -> LastAnswer:
    """Return the answer in a word; after an error of its own, a platform may have taken the score all the same."""
    if not passed.reason:
        return "taken"
    return "unknown" if httpx.codes.is_server_error(answer.status) else "refused"


def _is_stale(answer: PlatformAnswer) -> bool:
    """Return whether the platform has this time or a later one: some answer 409, others 400 with words on it."""
    return answer.status == STALE or (answer.status == BAD and any(words in answer.text for words in STALE_WORDS))


def _written(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds")
