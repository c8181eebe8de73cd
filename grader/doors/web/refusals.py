"""Refusals: every answer that is not what was asked for, as JSON with one or more problems."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import ceil

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from grader.base.errors import Problem
from grader.doors.web.figures import OTHER, REFUSED
from grader.schema.web import Refusals

JSON = "application/json"


class RefusalAnswer(Response):
    """An answer that is not what was asked for; it leaves its reason for the figures."""

    def __init__(self, content: Refusals, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(content.model_dump_json(), status, headers, JSON)
        self._reason = content.problems[0].code if content.problems else OTHER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        scope[REFUSED] = self._reason
        await super().__call__(scope, receive, send)


class Refused(Exception):
    """A request that gets a refusal for an answer."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.answer = refusal(status, [Problem(code, message)], headers)


def refusal(
    status: int,
    problems: Sequence[Problem],
    headers: Mapping[str, str] | None = None,
    next_allowed: datetime | None = None,
) -> Response:
    """Return an answer with these problems; with the time from which another try may succeed, if there is one."""
    told = dict(headers or {})
    if next_allowed is not None:
        told["Retry-After"] = str(max(1, ceil((next_allowed - datetime.now(UTC)).total_seconds())))
    return RefusalAnswer(Refusals(problems=tuple(problems), next_allowed=next_allowed), status, told)
