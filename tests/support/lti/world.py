"""A tool behind a real server on loopback, with a ledger in which work is graded at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from grader.doors.lti.passback import Passed, pass_back
from grader.doors.lti.routes import routes
from grader.doors.lti.tool import Tool
from grader.explorer.serving.listening import listener
from grader.ledger import Ledger
from grader.ledger.lti import line_items
from grader.ledger.queue.jobs import Jobs
from grader.ledger.queue.outbox import Delivery, Outbox
from grader.ledger.tables import SUBMISSIONS
from grader.schema.queue import Envelope
from grader.service.entrance.visitors import Visitor
from grader.service.platforms import Lti, Platform
from grader.service.reception import Reception
from tests.support.ledgers import sealed
from tests.support.lti.lms import EXERCISE, Lms
from tests.support.servers import wait_for

NUMBERS = count(1)


def enter(request: Request, visitor: Visitor, exercise: str) -> Response:
    """Return who came, and where to, in place of a page."""
    told = {**visitor._asdict(), "exercise": exercise, "framed_by": list(request.state.framed_by)}
    return JSONResponse(told, headers={"content-security-policy": "default-src 'none'; frame-ancestors 'none'"})


class World:
    """The tool, with its platforms."""

    def __init__(self, ledger: Ledger, url: str) -> None:
        self.platforms: dict[str, Platform] = {}
        self.names: list[str] = []
        self.ledger, self.tool = ledger, Tool(ledger, self.platforms, url)
        self.tool.keys.ensure()
        self.outbox, self.jobs = Outbox(ledger), Jobs(ledger, 60, 60)
        self.browser = httpx.Client()

    @property
    def url(self) -> str:
        """The tool's public URL."""
        return self.tool.url

    @contextmanager
    def lms(self, flavour: str = "canvas", **settings: Any) -> Iterator[Lms]:  # noqa: ANN401
        """Provide a platform with a name of its own that the tool knows."""
        with Lms(flavour, self.url) as lms:
            lms.name = f"{flavour}-{next(NUMBERS)}"
            self.names.append(lms.name)
            self.platforms[lms.name] = Platform(name=lms.name, lti=Lti(**lms.registration, **settings))
            yield lms
            del self.platforms[lms.name]

    def begin(self, fields: dict[str, str], method: str = "POST") -> httpx.Response:
        """Return the answer to the beginning of a launch."""
        self.browser.cookies.clear()
        more: dict[str, Any] = {"data": fields} if method == "POST" else {"params": fields}
        return self.browser.request(method, f"{self.url}/lti/login", **more)

    def finish(self, form: dict[str, str], cookie: str) -> httpx.Response:
        """Return the answer to the end of a launch, in a browser that has this cookie."""
        headers = {"cookie": cookie} if cookie else {}
        return self.browser.post(f"{self.url}/lti/launch", data=form, headers=headers)

    def launch(self, lms: Lms, user: str = "ada", course: str = "course-1", **changes: Any) -> httpx.Response:  # noqa: ANN401
        """Return the answer to a whole launch; `changes` replace claims."""
        lms.students.add(user)
        begun = self.begin(lms.login(user))
        claims = {**lms.claims(user, "", course), **changes}
        claims.pop("nonce") if "nonce" not in changes else None
        return self.finish(lms.authorize(begun.headers["location"], **claims), cookie_of(begun))

    def hand_in(
        self,
        platform: str,
        score: float,
        user: str = "ada",
        course: str | None = "course-1",
        **more: Any,  # noqa: ANN401
    ) -> int:
        """Hand in work that gets this score, and return its job."""
        number = next(NUMBERS)
        came_at = more.pop("came_at", datetime.now(UTC))
        text = f"exercise: {EXERCISE}\nclaims: [{{layer: 0, head: 1, type: induction, note: 'number {number}'}}]\n"
        envelope = Envelope(
            platform=platform, id=f"s{number}", submission=text, student=user, course=course, came_at=came_at
        )
        (receipt,) = Reception(self.ledger, self.platforms).accept([envelope])
        lease = self.jobs.lease(receipt.job) if receipt.job else None
        assert lease
        report = sealed(number, student=user, exercise=EXERCISE, score=score, points=100 * score, **more)
        assert self.jobs.finish(lease, report)
        return lease.job

    def leave(self, job: int, credit: float) -> None:
        """Let the work of this job have come in late, so that this part of its score is left."""
        with self.ledger.database.connection(write=True) as connection:
            connection.execute(sa.update(SUBMISSIONS).where(SUBMISSIONS.c.id == job).values(credit=credit))

    def deliver(self, platform: str) -> list[Passed]:
        """Deliver to streams, then try once to pass back what is owed, and return the outcomes that are not sound."""
        self.deliver_to_streams(platform)
        return [outcome for each in self.due(platform) if (outcome := self.try_once(each)).reason]

    def deliver_to_streams(self, platform: str) -> None:
        """Deliver to streams, after which scores are owed."""
        self.outbox.delivered([each for each in self.outbox.due("stream", 1000) if each.platform == platform])

    def try_once(self, delivery: Delivery) -> Passed:
        """Try to pass one score back; a failure may be tried again at once."""
        outcome = pass_back(self.tool, delivery.line_item or 0)
        if outcome.reason:
            self.outbox.failed(delivery, outcome.reason, timedelta(0))
        else:
            self.outbox.delivered([delivery])
        return outcome

    def troubles(self, name: str) -> list[str]:
        """Return what the operator is told of places in the gradebook of the platform with this name."""
        return [item.trouble for item in line_items.troubled(self.ledger) if item.launched.platform == name]

    def due(self, name: str) -> list[Delivery]:
        """Take the scores that are owed to the platform with this name."""
        others = dict.fromkeys(self.names, 0) | {name: 1000}
        return self.outbox.due("lti", 1000, others)


def cookie_of(begun: httpx.Response) -> str:
    """Return the cookie that the answer sets, as a browser sends it back."""
    return begun.headers["set-cookie"].partition(";")[0]


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Provide a tool on a free port, with its ledger in this folder."""
    with listener(0) as listening, Ledger(f"sqlite:///{folder / 'ledger.sqlite3'}") as ledger:
        made = World(ledger, f"http://127.0.0.1:{listening.getsockname()[1]}")
        application = Starlette(routes=routes(made.tool, enter))
        config = uvicorn.Config(application, access_log=False, lifespan="off", log_level="critical", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        wait_for(lambda: server.started, "the tool's server")
        yield made
        server.should_exit = True
        thread.join()
        made.browser.close()
        made.tool.close()
