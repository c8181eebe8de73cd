"""Launches: a message of a platform about one person, believed only after everything in it was checked."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hmac import compare_digest
from time import time
from typing import Any, NamedTuple

from joserfc import jws
from joserfc.errors import JoseError

from grader import exercises
from grader.base.errors import ExerciseError
from grader.base.names import plain
from grader.doors.lti import claims as names
from grader.doors.lti.calling import NoAnswer, may_be_called
from grader.doors.lti.claims import part, text, texts
from grader.doors.lti.login import is_own
from grader.doors.lti.own_line_items import sought
from grader.doors.lti.platform_keys import BadSignature
from grader.doors.lti.refusals import LaunchRefused
from grader.doors.lti.tool import Tool, nonce
from grader.ledger.columns import storable
from grader.ledger.lti import launches, line_items
from grader.ledger.lti.line_items import LaunchedItem
from grader.ledger.lti.registrations import Registration
from grader.service.entrance.visitors import Role, Visitor
from grader.service.platforms import origin

LEEWAY = 60
"""Seconds by which a platform's clock may differ from ours."""
OLDEST = 600
"""Seconds after which a launch is too old, whatever it says itself: so long its nonce is remembered."""
LONGEST_NAME, LONGEST_ID = 200, 255


class Launch(NamedTuple):
    """A launch that was let in."""

    registration: Registration
    visitor: Visitor
    exercise: str
    """Its id; empty if the launch is there to choose one."""
    claims: Mapping[str, Any]

    @property
    def chooses(self) -> bool:
        """True if somebody who teaches wants to choose an exercise for the course (deep linking)."""
        return text(self.claims, names.MESSAGE_TYPE) == names.LINKING_REQUEST


def read(tool: Tool, fields: Mapping[str, str], cookies: Mapping[str, str]) -> Launch:
    """Return the launch that a browser with these cookies brings.

    Raises:
        LaunchRefused: It is not let in.
    """
    state, token = fields.get("state", ""), fields.get("id_token", "")
    if not is_own(state, cookies):
        raise LaunchRefused("no-cookie")
    if not token:
        raise LaunchRefused("platform-refused", fields.get("error", ""))
    registration = _registration(tool, token)
    try:
        claims = tool.platform_keys.verified(registration, token)
    except BadSignature as error:
        raise LaunchRefused("bad-signature", str(error)) from None
    except NoAnswer as error:
        raise LaunchRefused("platform-away", str(error)) from None
    _check_audience(registration, claims)
    _check_times(claims)
    _check_place(registration, claims, state)
    visitor = _visitor(registration, claims, keeps_name=tool.lti(registration.platform).names)
    launch = Launch(registration, visitor, _exercise(tool, claims, visitor), claims)
    until = datetime.fromtimestamp(time() + OLDEST + 2 * LEEWAY, UTC)
    if not launches.is_first(tool.ledger, registration.platform, claims["nonce"], until):
        raise LaunchRefused("replayed")
    return launch


def keep(tool: Tool, launch: Launch) -> None:
    """Keep where the student's score goes, and where the course's members are listed."""
    registration, visitor, claims = launch.registration, launch.visitor, launch.claims
    members = part(claims, names.MEMBERS).get("context_memberships_url")
    if visitor.course and may_be_called(members, registration):
        launches.note_course(tool.ledger, registration.platform, visitor.course, str(members))
    grades = part(claims, names.GRADES)
    is_graded = visitor.role == "student" and names.SCORE_SCOPE in texts(grades, "scope")
    if is_graded and (place := _place(tool, launch, grades)):
        who = (registration.platform, visitor.course or "", launch.exercise, visitor.student)
        line_items.keep(tool.ledger, LaunchedItem(*who, *place))


def _place(tool: Tool, launch: Launch, grades: Mapping[str, Any]) -> tuple[str, str | None] | None:
    """Return the line item's address, and what says where it is to be found if the link names none; None for none."""
    registration, url, listed_at = launch.registration, grades.get("lineitem"), grades.get("lineitems")
    if url is not None:
        return (str(url), None) if may_be_called(url, registration) else None
    may_make = tool.lti(registration.platform).own_line_items and names.LINE_ITEMS_SCOPE in texts(grades, "scope")
    if not may_make or not launch.visitor.course or not may_be_called(listed_at, registration):
        return None
    what = sought(str(listed_at), launch.exercise, text(part(launch.claims, names.RESOURCE), "id")[:LONGEST_ID])
    return what, what


def origins(tool: Tool, launch: Launch) -> tuple[str, ...]:
    """Return the origins whose pages may show ours inside, the one that this launch returns to included."""
    back = part(launch.claims, names.PRESENTATION).get("return_url")
    more = (origin(str(back)),) if may_be_called(back, launch.registration) else ()
    return tuple(dict.fromkeys((*tool.origins(launch.registration), *more)))


def _registration(tool: Tool, token: str) -> Registration:
    """Return the platform that the message says it is from, which is not believed yet."""
    try:
        claims = json.loads(jws.extract_compact(token.encode()).payload)
        issuer, audience = text(claims, "iss"), _audience(claims)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise LaunchRefused("unreadable", str(error)) from None
    known = [each for each in tool.registrations().values() if each.issuer == issuer]
    fitting = [each for each in known if each.client_id in audience]
    if len(fitting) != 1:
        raise LaunchRefused("wrong-audience" if known else "unknown-platform", issuer)
    return fitting[0]


def _audience(claims: Mapping[str, Any]) -> tuple[str, ...]:
    return texts(claims, "aud") or (text(claims, "aud"),)


def _check_audience(registration: Registration, claims: Mapping[str, Any]) -> None:
    party = claims.get("azp")
    if len(_audience(claims)) > 1 and party is None:
        raise LaunchRefused("wrong-audience", "there are several, and none is named as the authorised party")
    if party not in (None, registration.client_id):
        raise LaunchRefused("wrong-audience", "another one is the authorised party")


def _check_place(registration: Registration, claims: Mapping[str, Any], state: str) -> None:
    """Check that the message belongs to the login with this state, and comes from where the tool is installed."""
    right = nonce(state, registration.platform)
    if not compare_digest(text(claims, "nonce").encode(errors="replace"), right.encode()):
        raise LaunchRefused("wrong-nonce")
    if text(claims, names.DEPLOYMENT) not in registration.deployments:
        raise LaunchRefused("unknown-deployment", text(claims, names.DEPLOYMENT))
    if claims.get(names.VERSION) != names.VERSION_HERE:
        raise LaunchRefused("wrong-version")


def _check_times(claims: Mapping[str, Any]) -> None:
    begins, ends, now = (_seconds(claims, "iat"), _seconds(claims, "exp"), time())
    if ends + LEEWAY <= now or begins + OLDEST + LEEWAY <= now:
        raise LaunchRefused("expired")
    if begins - LEEWAY > now or _seconds(claims, "nbf", begins) - LEEWAY > now:
        raise LaunchRefused("from-the-future")


def _seconds(claims: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:  # not NaN either
        raise LaunchRefused("no-time", name)
    return float(value)


def _visitor(registration: Registration, claims: Mapping[str, Any], *, keeps_name: bool) -> Visitor:
    student, course = text(claims, "sub"), text(part(claims, names.CONTEXT), "id")
    if not student:
        raise LaunchRefused("anonymous")
    for each in (student, course):
        if each != plain(each) or each != storable(each) or len(each) > LONGEST_ID:
            raise LaunchRefused("unusable-id")
    role: Role = "instructor" if names.teaches(texts(claims, names.ROLES)) else "student"
    if role == "instructor" and not course:  # without a course they would see everybody's
        raise LaunchRefused("no-course")
    name = storable(plain(text(claims, "name")))[:LONGEST_NAME] if keeps_name else ""
    return Visitor(registration.platform, student, role, course or None, name)


def _exercise(tool: Tool, claims: Mapping[str, Any], visitor: Visitor) -> str:
    """Return the exercise that the link leads to; empty if one is to be chosen."""
    target = tool.exercise(text(claims, names.TARGET))
    if target is None:
        raise LaunchRefused("foreign-target", text(claims, names.TARGET))
    message = claims.get(names.MESSAGE_TYPE)
    if message == names.LINKING_REQUEST:
        if visitor.role != "instructor":
            raise LaunchRefused("not-an-instructor")
        return ""
    if message != names.RESOURCE_LINK:
        raise LaunchRefused("wrong-message", str(message))
    exercise = target or text(part(claims, names.CUSTOM), "exercise")
    try:
        exists = exercise in exercises.available()
    except ExerciseError as error:
        raise LaunchRefused("no-exercise", str(error)) from None
    if not exists:
        raise LaunchRefused("no-exercise", exercise)
    return exercise
