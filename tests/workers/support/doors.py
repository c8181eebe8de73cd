"""Web doors, as their senders use them during the kills: students come in from courses, and submissions are posted.

What got no answer is sent again, to whichever door, a submission with the same key.
"""

import random
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

import httpx

from tests.support.door import bearer
from tests.support.lti.lms import Lms
from tests.support.lti.world import cookie_of
from tests.workers.support import practice
from tests.workers.support.crowd import Handed, Launch

AT_ONCE = 4
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 0.1
STATUS = {"graded": 202, "ungradable": 202, "rejected": 422}
TAKEN = 409


class Doors:
    """The doors at these URLs, and what they answered."""

    def __init__(self, urls: Sequence[str], token: str, lms: Lms) -> None:
        """Post with this token; launches come from this platform."""
        self.urls, self.lms = urls, lms
        self.client = httpx.Client(headers=bearer(token))
        self.brought = self.again = 0
        """What got its answer, and the number of times for which it was sent again."""
        self.faults: list[str] = []
        self._threads, self._under_way = ThreadPoolExecutor(AT_ONCE), list[Future[None]]()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown()
        self.client.close()
        for each in self._under_way:
            each.result()

    def bring(self, turn: Handed | Launch) -> None:
        """Begin to post it, or to come in."""
        if isinstance(turn, Launch):
            self._begin(self._launch, turn)
        else:
            self._begin(self._hand_in, turn, STATUS[turn.fate], turn.id)

    def bring_another(self, first: Handed) -> None:
        """Begin to post other content under the id of one that was taken in."""
        self._begin(self._hand_in, first._replace(student="mallory"), TAKEN, "")

    def shown(self, names: Iterable[str]) -> dict[str, str]:
        """Return the state that a door shows of each of these submissions."""
        with httpx.Client(base_url=self.urls[0], headers=self.client.headers) as client:
            return {name: client.get(f"/submissions/{name}").json()["state"] for name in names}

    def _begin(self, bring: Callable[..., None], *what: object) -> None:
        self._under_way.append(self._threads.submit(bring, *what))

    def _hand_in(self, each: Handed, status: int, name: str) -> None:
        """Post it, and compare the answer: its status, and the id at the end of the address where its result is."""
        body = {"submission": each.text, "student": each.student, "course": each.course or None}
        key = {"Idempotency-Key": each.id}
        answer = self._answered(lambda url: self.client.post(f"{url}/submissions", json=body, headers=key))
        if (answer.status_code, answer.headers.get("location", "").rpartition("/")[2]) != (status, name):
            self.faults.append(f"{each.id}: a web door answered {answer.status_code}, not {status}: {answer.text}")

    def _launch(self, launch: Launch) -> None:
        answer = self._answered(lambda url: self._launched(url, launch))
        if not answer.is_redirect:
            self.faults.append(f"{launch}: a web door answered {answer.status_code}: {answer.text}")

    def _launched(self, url: str, launch: Launch) -> httpx.Response:
        """Return the answer to a whole launch, or to its beginning if that is refused."""
        self.lms.students.add(launch.student)
        begun = self.client.post(f"{url}/lti/login", data=self.lms.login(launch.student, practice.ID))
        if not begun.is_redirect:
            return begun
        claims = self.lms.claims(launch.student, "", launch.course, practice.ID)
        form = self.lms.authorize(begun.headers["location"], **{k: v for k, v in claims.items() if k != "nonce"})
        return self.client.post(f"{url}/lti/launch", data=form, headers={"cookie": cookie_of(begun)})

    def _answered(self, ask: Callable[[str], httpx.Response]) -> httpx.Response:
        """Return the first answer of one of the doors that is not an excuse."""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = ask(random.choice(self.urls))  # noqa: S311
            except httpx.TransportError:
                answer = None
            if answer is not None and not _is_excuse(answer):
                self.brought += 1
                return answer
            assert time.monotonic() < end, f"no answer for {PATIENCE_SECONDS:.0f} s"
            self.again += 1
            time.sleep(AGAIN_SECONDS)


def _is_excuse(answer: httpx.Response) -> bool:
    """Return whether the door cannot answer at present: its ledger, or the platform of a launch, is away."""
    return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE or "<code>platform-away</code>" in answer.text
