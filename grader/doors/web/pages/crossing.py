"""Crossing from site to site: which requests may change something, and which pages may show ours inside."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.requests import Request

from grader.base.language import N_, _
from grader.doors.web.house import House
from grader.doors.web.refusals import JSON, Refused

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 10
OWN_PATH = re.compile(r"/(?![/\\])[\w./~%=&?:+-]*", re.ASCII)
"""An address on this server: no other scheme or host, no character that a browser reads as one."""
NOT_FROM_HERE = N_("only this site's own pages may ask this")
NOT_AS_IT_SHOULD = N_("this must be sent as {kind}")
ANCESTORS, ANYBODY, SELF, NOBODY = "frame-ancestors", "*", "'self'", "'none'"


def refuse_foreign(house: House, request: Request, kind: str) -> None:
    """Refuse a request that another site's page makes in the name of a visitor.

    A browser says in `Origin`, which no page can change, from whose page a request is. In `Sec-Fetch-Site` newer ones
    say it once more. The type of the content is one that we want, as another site's form could not send JSON.

    Raises:
        Refused: It is not from a page of ours, or its content is of another type than this.
    """
    own = {house.url}
    if house.url.startswith("http:"):  # on this machine, which has several names
        own.add(f"http://{request.headers['host'].lower()}")
    is_from_here = request.headers.getlist("origin") in [[each] for each in own]
    if not is_from_here or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise Refused(403, "other-origin", _(NOT_FROM_HERE))
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise Refused(415, "not-json" if kind == JSON else "not-a-form", _(NOT_AS_IT_SHOULD, kind=kind))


async def form(house: House, request: Request) -> dict[str, str]:
    """Return the fields of a form on a page of ours.

    Raises:
        Refused: It is not from a page of ours, or is no form.
    """
    refuse_foreign(house, request, FORM)
    try:
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(400, "bad-form", _(NOT_AS_IT_SHOULD, kind=FORM)) from None
    return dict(pairs)


def own_path(given: str) -> str:
    """Return the path if it is one on this server, else the one of the first page."""
    return given if OWN_PATH.fullmatch(given) else "/"


def allow_frames(headers: MutableHeaders, origins: Sequence[str]) -> None:
    """Let pages of these origins show the answer inside, and no others but ours where the answer says so."""
    policy = [each.strip() for each in headers.get("content-security-policy", "default-src 'none'").split(";")]
    kept = [each for each in policy if each and not each.startswith(ANCESTORS)]
    own = [SELF] if f"{ANCESTORS} {SELF}" in policy else []
    headers["Content-Security-Policy"] = "; ".join([*kept, f"{ANCESTORS} {' '.join([*own, *origins]) or NOBODY}"])
