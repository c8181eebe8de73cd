"""The protocol of the xqueue: logging in, taking a submission, answering it.

Two servers speak it: the xqueue service, which says "200" to everything, and edx-submissions, which says what happened
in the status. Every body is `{"return_code": 0 or 1, "content": ...}`.
"""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx

from grader.base.errors import GraderError
from grader.doors.packages.xqueue.settings import XQueueSettings

TIMEOUT_SECONDS = 30.0
LOGGED_OUT = frozenset({301, 302, 401, 403})
"""The statuses after which it may help to log in again."""
TOKEN = "csrftoken"  # noqa: S105 - the name of a cookie
WRITTEN_TIME = "%Y%m%d%H%M%S"
"""The form of times from the older service; the newer one gives seconds since 1970."""


class XQueueError(GraderError):
    """The server does not answer, or refuses."""


class XQueueWork(NamedTuple):
    """A submission that waits for an answer."""

    header: str
    """The words that an answer has to repeat."""
    submission_id: str
    exercise: str
    """The exercise's id, as the problem in the course names it."""
    response: str
    student: str | None
    at: datetime | None


class XQueue:
    """One queue on one server."""

    def __init__(self, settings: XQueueSettings, password: str) -> None:
        """Connect to nothing yet."""
        self._settings, self._password = settings, password
        self._root = f"{settings.server.rstrip('/')}/xqueue"
        self._http = httpx.Client(timeout=TIMEOUT_SECONDS, headers={"Referer": f"{self._root}/"})

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def take(self) -> XQueueWork | None:
        """Return the next submission; None if the queue is empty.

        Raises:
            XQueueError: The server does not give one.
        """
        code, content = self._ask("GET", "get_submission", {"queue_name": self._settings.queue})
        if code == 0:
            return _work(content)
        if "empty" in str(content):
            return None
        raise XQueueError(f"the server refuses: {content}")

    def answer(self, work: XQueueWork, body: str) -> None:
        """Send an answer.

        Raises:
            XQueueError: The server does not take it.
        """
        code, content = self._ask("POST", "put_result", {"xqueue_header": work.header, "xqueue_body": body})
        if code != 0:
            raise XQueueError(f"the server does not take the answer: {content}")

    def _ask(self, method: str, name: str, values: dict[str, str]) -> tuple[int, Any]:
        """Return the return code and the content of a reply; log in, once, if that is needed."""
        response = self._send(method, name, values)
        if response.status_code in LOGGED_OUT:
            self._log_in()
            response = self._send(method, name, values)
        return _reply(response)

    def _log_in(self) -> None:
        self._send("GET", "login", {})  # for the cookie that the newer server wants to see again
        login = {"username": self._settings.username, "password": self._password}
        code, content = _reply(self._send("POST", "login", login))
        if code != 0:
            raise XQueueError(f"the server does not let {self._settings.username} in: {content}")

    def _send(self, method: str, name: str, values: dict[str, str]) -> httpx.Response:
        url = f"{self._root}/{name}/"
        try:
            if method == "GET":
                return self._http.get(url, params=values)
            token = {"X-CSRFToken": value} if (value := self._http.cookies.get(TOKEN)) else {}
            return self._http.post(url, data=values, headers=token)
        except httpx.HTTPError as error:
            raise XQueueError(f"{self._root} does not answer ({type(error).__name__})") from error


def _reply(response: httpx.Response) -> tuple[int, Any]:
    try:
        reply = response.json()
        return int(reply["return_code"]), reply["content"]
    except (ValueError, KeyError, TypeError) as error:
        raise XQueueError(f"the server's reply cannot be read (status {response.status_code})") from error


def _work(content: Any) -> XQueueWork:  # noqa: ANN401 - whatever a server sends
    """Return a submission from the server's words, of which several are JSON within JSON."""
    try:
        outer = _loaded(content)
        header, body = outer["xqueue_header"], _loaded(outer["xqueue_body"])
        submission_id = str(_loaded(header)["submission_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise XQueueError("the server sent a submission that cannot be read") from error
    info, payload = _mapping(body.get("student_info")), body.get("grader_payload")
    return XQueueWork(
        header=header if isinstance(header, str) else json.dumps(header),
        submission_id=submission_id,
        exercise=str(_mapping(payload).get("grader") or payload or ""),
        response=str(body.get("student_response") or ""),
        student=str(info["anonymous_student_id"]) if info.get("anonymous_student_id") else None,
        at=_time(str(info.get("submission_time", ""))),
    )


def _loaded(value: Any) -> Any:  # noqa: ANN401
    """Return what a text of JSON holds; what is not a text was read already."""
    return json.loads(value) if isinstance(value, str) else value


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a mapping that may be written as a text; an empty one for anything else."""
    try:
        loaded = _loaded(value)
    except ValueError:
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _time(text: str) -> datetime | None:
    """Return a time in either server's form; None for anything else."""
    try:
        if len(text) == len("20260101000000"):
            return datetime.strptime(text, WRITTEN_TIME).replace(tzinfo=UTC)
        return datetime.fromtimestamp(int(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
