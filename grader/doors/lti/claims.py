"""The claims of LTI messages, by the names that the specifications give them."""

from collections.abc import Mapping
from typing import Any

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MESSAGE_TYPE = f"{LTI}message_type"
VERSION = f"{LTI}version"
DEPLOYMENT = f"{LTI}deployment_id"
TARGET = f"{LTI}target_link_uri"
ROLES = f"{LTI}roles"
CONTEXT = f"{LTI}context"
RESOURCE = f"{LTI}resource_link"
CUSTOM = f"{LTI}custom"
PRESENTATION = f"{LTI}launch_presentation"

GRADES = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
LINE_ITEMS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"

MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
MEMBERS_SCOPE = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LINKING_SETTINGS = f"{LINKING}deep_linking_settings"
CONTENT_ITEMS = f"{LINKING}content_items"
LINKING_DATA = f"{LINKING}data"

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"

VERSION_HERE = "1.3.0"
RESOURCE_LINK, LINKING_REQUEST = "LtiResourceLinkRequest", "LtiDeepLinkingRequest"
LINKING_RESPONSE = "LtiDeepLinkingResponse"

IN_COURSE = "http://purl.imsglobal.org/vocab/lis/v2/membership"
"""The beginning of roles in the course. Somebody's role in the whole institution gives no right in a course."""
INSTRUCTORS = frozenset({"Administrator", "ContentDeveloper", "Instructor"})


def part(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a claim that is an object; empty if it is missing or something else."""
    value = claims.get(name)
    return value if isinstance(value, dict) else {}


def text(claims: Mapping[str, Any], name: str) -> str:
    """Return a claim that is a text; empty if it is missing or something else."""
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def texts(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return a claim that is a list of texts; empty if it is missing or something else."""
    value = claims.get(name)
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def teaches(roles: tuple[str, ...]) -> bool:
    """Return whether one of these roles is that of somebody who teaches the course.

    A role is a URI, or a short name, which is always one in the course. That of an assistant is written under
    `Instructor`.
    """
    for role in roles:
        place, _, name = role.rpartition("#")
        if name in INSTRUCTORS and place in ("", IN_COURSE):
            return True
        if place == f"{IN_COURSE}/Instructor":
            return True
    return False
