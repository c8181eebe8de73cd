"""A service that owes answers: a ledger, a queue and a list of platforms, without workers."""

import base64
import secrets
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from grader.ledger import Ledger
from grader.ledger.columns import written
from grader.ledger.queue.jobs import Jobs
from grader.ledger.tables import DELIVERIES, LINE_ITEMS, SUBMISSIONS
from grader.schema.queue import Envelope
from grader.service import platforms
from grader.service.reception import Reception
from tests.support.ledgers import sealed
from tests.support.servers import ROOT, Process, Valkey, wait_for
from workers.courier import Patience

DURABLE = {"appendonly": "yes", "appendfsync": "always"}
EXAMPLE = (ROOT / "exercises" / "mini-heads" / "my_heads.yaml").read_text("utf-8")
SWIFT = Patience(post=600.0, first=0.05, most=0.2, rest=0.1, stop=0.5)
"""Waits for tests in which everything is tried again at once, and every receiver has time to answer."""
LONG_AGO = "2000-01-01T00:00:00.000000+00:00"
_RUN = "import sys; from workers.courier import Patience, main; main(Patience(*map(float, sys.argv[1:])))"


def submission(number: int, state: str, ago: timedelta, **more: object) -> dict[str, Any]:
    """Return a row of a submission that came in this long ago."""
    when = written(datetime.now(UTC) - ago)
    row = {"platform": "canvas", "submission_id": f"s{number}", "digest": "", "document": "", "credit": 1.0}
    ended = when if state in {"graded", "dead"} else None
    blank = {"tries": 0, "wake_at": when, "reason": "", "problems": "[]", "failed_at": None, "report": None}
    blank |= {"losses": 0, "lost_at": None}
    return row | blank | {"id": number, "state": state, "received_at": when, "finished_at": ended} | more


def delivery(number: int, channel: str, **more: object) -> dict[str, Any]:
    """Return a row of a delivery that is owed, for the submission with that number."""
    row = {"submission": number, "channel": channel, "message": f"m{number}", "tries": 0, "reason": ""}
    return row | {"wake_at": written(datetime.now(UTC)), "delivered_at": None, "line_item": None} | more


def courier(patience: Patience) -> list[str]:
    """Return the command line of a courier with these waits."""
    return [sys.executable, "-c", _RUN, *map(str, patience)]


class Owing:
    """The surroundings of a courier."""

    def __init__(self, folder: Path, valkey: Valkey, hooks: Mapping[str, str], database: str = "") -> None:
        """Give every platform in `hooks` a webhook with this URL, or none if it is empty."""
        self.folder, self.valkey = folder, valkey
        self.secrets: dict[str, str] = {}
        self.couriers: list[Process] = []
        self.list_platforms(hooks)
        url = database or f"sqlite:///{folder / 'ledger.sqlite3'}"
        self.environment = {
            "GRADER_HOME": str(folder / "home"),
            "GRADER_DATABASE_URL": url,
            "GRADER_QUEUE_URL": valkey.url(),
            "GRADER_PLATFORMS": str(folder / "platforms.yaml"),
        }
        self.ledger = Ledger(url)

    def __enter__(self) -> "Owing":
        return self

    def __exit__(self, *_: object) -> None:
        for courier in self.couriers:
            courier.stop()
        self.ledger.close()

    def list_platforms(self, hooks: Mapping[str, str]) -> None:
        """Write the list of platforms, for processes that start later."""
        listed: list[dict[str, Any]] = []
        for name, url in hooks.items():
            listed.append({"name": name})
            if url:
                file = self.folder / f"{name}.secret"
                self.secrets.setdefault(name, "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
                file.write_text(self.secrets[name])
                file.chmod(0o600)
                listed[-1]["webhook"] = {"url": url, "secret_file": str(file)}
        (self.folder / "platforms.yaml").write_text(yaml.safe_dump({"platforms": listed}))

    def owe(self, platform: str, *names: str) -> None:
        """Owe an answer for each of these submissions, which cannot be read."""
        reception = Reception(self.ledger, {platform: platforms.Platform(name=platform)})
        now = datetime.now(UTC)
        envelopes = [Envelope(platform=platform, id=name, submission="claims: 5", came_at=now) for name in names]
        assert {receipt.state for receipt in reception.accept(envelopes)} == {"rejected"}

    def owe_report(self, platform: str, name: str) -> None:
        """Owe the answer for a submission that was graded."""
        reception = Reception(self.ledger, {platform: platforms.Platform(name=platform)})
        envelope = Envelope(platform=platform, id=name, submission=EXAMPLE, student="ada", came_at=datetime.now(UTC))
        job = reception.accept([envelope])[0].job
        jobs = Jobs(self.ledger, 60, 60)
        lease = jobs.lease(job) if job else None
        assert lease
        assert jobs.finish(lease, sealed(student="ada"))

    def courier(self, patience: Patience = SWIFT, **environment: str) -> Process:
        """Start a courier as a process."""
        log = self.folder / f"courier-{len(self.couriers)}.log"
        self.couriers.append(Process(courier(patience), log, self.environment | environment))
        return self.couriers[-1]

    def owed(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """Return what has not been delivered, by submission and channel."""
        query = sa.select(SUBMISSIONS.c.submission_id, DELIVERIES).join(SUBMISSIONS)
        with self.ledger.database.connection() as connection:
            rows = connection.execute(query.where(DELIVERIES.c.delivered_at.is_(None))).mappings()
            return {(row["submission_id"], row["channel"]): row for row in rows}

    def reasons(self) -> dict[str, str]:
        """Return why answers were not delivered yet, by submission."""
        return {name: row["reason"] for (name, _), row in self.owed().items()}

    def wait_until_nothing_is_owed(self) -> None:
        """Wait until everything is delivered."""
        wait_for(lambda: not self.owed(), f"everything to be delivered; see {self.folder}")

    def let_time_pass(self) -> None:
        """End every lease and every wait."""
        with self.ledger.database.connection(write=True) as connection:
            owed = sa.update(DELIVERIES).where(DELIVERIES.c.delivered_at.is_(None))
            connection.execute(owed.values(wake_at=LONG_AGO))
            busy = sa.update(LINE_ITEMS).where(LINE_ITEMS.c.busy_until.is_not(None))  # of a courier that was killed
            connection.execute(busy.values(busy_until=LONG_AGO))

    def on_stream(self, platform: str) -> list[dict[str, str]]:
        """Return the entries of the platform's results stream."""
        with self.valkey.client() as client:
            return [fields for _, fields in client.xrange(f"results:{platform}")]
