"""The entrance: a request's token, and what it opens."""

from math import ceil

from starlette.requests import Request

from grader.base.names import plain
from grader.doors.web.house import House
from grader.doors.web.refusals import Refused
from grader.ledger.people.tokens import KeptToken
from grader.service.entrance.tokens import Scope

REALM = 'Bearer realm="grader"'
LONGEST_TOKEN = 200


async def let_in(house: House, request: Request, scope: Scope) -> KeptToken:
    """Return the token of a request that may do this.

    Raises:
        Refused: It has no good token, one without this scope, or one that has been used too often.
        LedgerError: The database refuses.
    """
    given = _given(request)
    token = await house.porter.answer(given)
    if token is None:
        message = "this token is not valid: it is unknown, expired or revoked; ask the operator for a new one"
        raise Refused(401, "bad-token", message, {"WWW-Authenticate": f'{REALM}, error="invalid_token"'})
    if scope not in token.scopes:
        message = f"this token lacks the scope `{scope}`; the operator makes one with it: grade platforms token"
        wanted = f'{REALM}, error="insufficient_scope", scope="{scope}"'
        raise Refused(403, "scope", message, {"WWW-Authenticate": wanted})
    if token.platform not in house.platforms:
        raise Refused(403, "unknown-platform", "this token's platform is not on the service's list any more")
    if wait := house.rates.wait(token.number):
        message = f"too many requests: {house.rates.per_minute} a minute at most"
        raise Refused(429, "too-many-requests", message, {"Retry-After": str(ceil(wait))})
    return token


def opens(token: KeptToken, student: str | None) -> bool:
    """Return whether the token lets its owner see the work of this student."""
    return token.student is None or (student is not None and plain(student) == token.student)


def _given(request: Request) -> str:
    """Return the token that the request shows.

    Raises:
        Refused: It shows none.
    """
    headers = request.headers.getlist("authorization")
    scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not 0 < len(token.strip()) <= LONGEST_TOKEN:
        message = "show a token, in the header `Authorization: Bearer TOKEN`"
        raise Refused(401, "no-token", message, {"WWW-Authenticate": REALM})
    return token.strip()
