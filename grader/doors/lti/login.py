"""The beginning of a launch: the platform says who wants to come, and the browser is sent back to it to prove it.

The browser gets a cookie, so that nobody can be made to finish a launch that somebody else began. In a course's frame
some browsers keep none. So there it comes back to show its cookie before the platform is asked: what a platform sends
here works once, and without a cookie it must still be good for a window of its own.
"""

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from grader.doors.lti import pages
from grader.doors.lti.refusals import LaunchRefused
from grader.doors.lti.tool import LAUNCH, LOGIN, Tool, nonce
from grader.ledger.lti.registrations import Registration

FIELDS = ("iss", "client_id", "login_hint", "lti_message_hint", "target_link_uri")
"""The fields of a platform's that are used."""
BEGUN = "begun"
"""The field with the state, when the browser comes back to show its cookie."""
LONGEST = 8000
"""Characters of the address at which it does so; a proxy may refuse one that is much longer."""
LASTS = 600
"""Seconds for which the cookie is kept."""
# In a course the page lies in a frame of another site: hence `SameSite=None`, and `Partitioned`, with which browsers
# that refuse the cookies of other sites keep one for each site around the frame.
ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"


def begin(tool: Tool, fields: Mapping[str, str], cookies: Mapping[str, str], *, in_frame: bool) -> Response:
    """Return the answer that sends the browser with these cookies to the platform, or lets it begin in a new window.

    Raises:
        LaunchRefused: No known platform asks for it, or it leads elsewhere.
    """
    registration = _registration(tool, fields.get("iss", ""), fields.get("client_id", ""))
    if not fields.get("login_hint"):
        raise LaunchRefused("no-login-hint")
    if tool.exercise(fields.get("target_link_uri", "")) is None:
        raise LaunchRefused("foreign-target")
    here = f"{tool.url}{LOGIN}?{urlencode({name: fields[name] for name in FIELDS if name in fields})}"
    if state := fields.get(BEGUN):
        if not is_own(state, cookies):
            return pages.new_window(here)
        return RedirectResponse(_proof(tool, registration, fields, state), 303)
    state = token_urlsafe(32)
    comes_back = in_frame and len(here) <= LONGEST
    url = f"{here}&{BEGUN}={state}" if comes_back else _proof(tool, registration, fields, state)
    answer = RedirectResponse(url, 303)
    answer.headers.append("set-cookie", f"{_cookie(state)}={state}; Max-Age={LASTS}; {ATTRIBUTES}")
    return answer


def is_own(state: str, cookies: Mapping[str, str]) -> bool:
    """Return whether the browser with these cookies began the launch with this state."""
    kept = cookies.get(_cookie(state), "")
    return bool(state) and compare_digest(kept.encode(errors="replace"), state.encode(errors="replace"))


def forget(answer: Response, state: str) -> None:
    """Let the browser forget the launch: it is over."""
    answer.headers.append("set-cookie", f"{_cookie(state)}=; Max-Age=0; {ATTRIBUTES}")


def _proof(tool: Tool, registration: Registration, fields: Mapping[str, str], state: str) -> str:
    """Return the platform's address at which the browser proves who wants to come."""
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": registration.client_id,
        "redirect_uri": f"{tool.url}{LAUNCH}",
        "login_hint": fields["login_hint"],
        "state": state,
        "nonce": nonce(state, registration.platform),
    }
    if hint := fields.get("lti_message_hint"):
        asked["lti_message_hint"] = hint
    joint = "&" if "?" in registration.auth_login_url else "?"
    return f"{registration.auth_login_url}{joint}{urlencode(asked)}"


def _registration(tool: Tool, issuer: str, client_id: str) -> Registration:
    """Return the only platform with this issuer and, where it is given, client id."""
    fitting = [
        known
        for known in tool.registrations().values()
        if known.issuer == issuer and client_id in ("", known.client_id)
    ]
    if len(fitting) != 1:
        raise LaunchRefused("unknown-platform")
    return fitting[0]


def _cookie(state: str) -> str:
    """Return the name of the launch's cookie: several may begin at once, in several tabs."""
    return f"__Host-lti-{sha256(state.encode(errors='replace')).hexdigest()[:16]}"
