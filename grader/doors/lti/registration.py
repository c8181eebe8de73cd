"""Dynamic registration: a platform and this tool tell each other what they need, after an operator made a link for it.

The link works once. What comes of it is kept in the ledger, in place of the keys of `lti` in the list of platforms.
"""

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from grader.base.errors import GraderError
from grader.documents import shown
from grader.doors.lti import claims as names
from grader.doors.lti import pages
from grader.doors.lti.calling import NoAnswer
from grader.doors.lti.claims import part, text, texts
from grader.doors.lti.tool import KEYS, LAUNCH, LOGIN, REGISTER, Tool
from grader.ledger import Ledger
from grader.ledger.lti import registrations
from grader.ledger.lti.registrations import Registration
from grader.service.platforms import origin, safe_url

LASTS = timedelta(hours=24)
"""The time for which a link works."""
NAME = "Attention heads"
INVITATION = "invitation"
ADDRESSES = {
    "auth_login_url": "authorization_endpoint",
    "auth_token_url": "token_endpoint",
    "jwks_url": "jwks_uri",
}
"""The addresses of a platform, and their names in what it tells about itself."""


PLACEMENTS = ("assignment_selection", "link_selection")
"""The places in Canvas at which an exercise is chosen; without them, its assignments do not offer the tool."""


class RegistrationFailed(GraderError):
    """A platform could not be registered."""

    exit_code = 2


class _Platform(NamedTuple):
    """The facts that a platform tells about itself."""

    issuer: str
    endpoint: str
    """The address at which a tool registers."""
    addresses: dict[str, str]
    audience: str
    placements: tuple[str, ...]
    """Those of `PLACEMENTS` that it knows."""


def invitation(ledger: Ledger, platform: str, url: str) -> str:
    """Return a new link by which the platform with this name may register once, at the tool with this public URL."""
    token = token_urlsafe(32)
    registrations.invite(ledger, platform, token, LASTS)
    return f"{url.rstrip('/')}{REGISTER}?{urlencode({INVITATION: token})}"


def register(tool: Tool, fields: Mapping[str, str]) -> Response:
    """Register the platform that opened the link with these fields, and return the page that says so.

    Raises:
        GraderError: The link is not valid, or the platform does not do its part; then the link still works.
    """
    token = fields.get(INVITATION, "")
    name = registrations.use(tool.ledger, token)
    if name is None or name not in tool.platforms:
        raise RegistrationFailed("this link is over, or was used; make another one with: grade lti register NAME")
    try:
        known = _registered(tool, name, fields)
    except GraderError:
        registrations.give_back(tool.ledger, token)
        raise
    registrations.keep(tool.ledger, known)
    hint = "Students may come in." if known.deployments else _about_deployments(name)
    return pages.registered(name, hint, tool.origins(known))


def _about_deployments(name: str) -> str:
    return (
        "The platform did not say where it installs this tool. When it is installed, look up its deployment id there, "
        f"and run: grade lti deployment {name} ID"
    )


def _registered(tool: Tool, name: str, fields: Mapping[str, str]) -> Registration:
    if tool.lti(name).issuer is not None:
        raise RegistrationFailed(f"the list of platforms says already what is known of {name}; take it out there first")
    headers = {"authorization": f"Bearer {given}"} if (given := fields.get("registration_token")) else {}
    platform = _platform(tool, fields.get("openid_configuration", ""), headers)
    told_of_us = about(tool, name, platform.placements)
    answer = tool.caller.call("POST", platform.endpoint, json=told_of_us, headers=headers)
    if not answer.is_success:
        raise NoAnswer(f"{platform.issuer}: answered {answer.status} to the registration ({answer.text})")
    told = answer.json()
    client_id, deployment = text(told, "client_id"), part(told, names.TOOL_CONFIGURATION).get("deployment_id")
    if not client_id:
        raise NoAnswer(f"{platform.issuer}: its answer to the registration holds no client id")
    _refuse_taken(tool, name, platform.issuer, client_id)
    deployments = (str(deployment),) if deployment else ()
    return Registration(name, platform.issuer, client_id, deployments, **platform.addresses, audience=platform.audience)


def _platform(tool: Tool, url: str, headers: Mapping[str, str]) -> _Platform:
    """Return what the platform tells about itself at this address, which must be its own."""
    _check(tool, url, "openid_configuration")
    answer = tool.caller.call("GET", url, headers=headers)  # Canvas tells it only to those who may register
    if not answer.is_success:
        raise NoAnswer(f"{origin(url)}: answered {answer.status} to the question about itself")
    told = answer.json()
    issuer = text(told, "issuer")
    _check(tool, issuer, "issuer")
    if urlsplit(issuer).hostname != urlsplit(url).hostname:
        message = f"{origin(url)} says that it is {issuer}, which is elsewhere"
        raise RegistrationFailed(f"{message}; write what is known of it into the list of platforms")
    addresses = {ours: text(told, theirs) for ours, theirs in ADDRESSES.items()}
    endpoint = text(told, "registration_endpoint")
    for which, address in {**addresses, "registration_endpoint": endpoint}.items():
        _check(tool, address, which)
    named = text(told, "authorization_server")
    audience = named if "://" in named else ""  # Canvas names a bare host, and takes only its token's address
    return _Platform(issuer, endpoint, addresses, audience, _placements(told))


def _placements(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Return those of our placements at which the platform lets somebody choose."""
    supported = part(told, names.PLATFORM_CONFIGURATION).get("messages_supported")
    messages = [each for each in supported if isinstance(each, dict)] if isinstance(supported, list) else []
    choosing = (each for each in messages if text(each, "type") == names.LINKING_REQUEST)
    known = {place for each in choosing for place in texts(each, "placements")}
    return tuple(place for place in PLACEMENTS if place in known)


def _check(tool: Tool, url: str, which: str) -> None:
    """Refuse an address that is not encrypted, unless this tool is only being tried out on one machine."""
    try:
        safe_url(url)
    except ValueError as error:
        raise RegistrationFailed(f"{which}: {error}") from None
    if urlsplit(url).scheme == "http" and urlsplit(tool.url).scheme != "http":
        raise RegistrationFailed(f"{which}: `{shown(url)}` must begin with https://")


def _refuse_taken(tool: Tool, name: str, issuer: str, client_id: str) -> None:
    for other, known in tool.registrations().items():
        if other != name and (known.issuer, known.client_id) == (issuer, client_id):
            raise RegistrationFailed(f"{issuer} is registered already, as {other}")


def about(tool: Tool, platform: str, placements: tuple[str, ...]) -> dict[str, Any]:
    """Return what this tool tells the platform about itself, to be offered at these placements."""
    choosing = {"type": names.LINKING_REQUEST, "target_link_uri": f"{tool.url}{LAUNCH}", "label": NAME}
    where = {"placements": list(placements)} if placements else {}
    lti = tool.lti(platform)
    claims = ["iss", "sub", *(["name"] if lti.names else [])]
    scopes = [names.SCORE_SCOPE, names.MEMBERS_SCOPE, *([names.LINE_ITEMS_SCOPE] if lti.own_line_items else [])]
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{tool.url}{LOGIN}",
        "redirect_uris": [f"{tool.url}{LAUNCH}"],
        "client_name": NAME,
        "jwks_uri": f"{tool.url}{KEYS}",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        names.TOOL_CONFIGURATION: {
            "domain": urlsplit(tool.url).netloc,
            "description": "Claims about attention heads, verified by measurement.",
            "target_link_uri": f"{tool.url}{LAUNCH}",
            "claims": claims,
            "messages": [{**choosing, **where}, {"type": names.RESOURCE_LINK}],
        },
    }
