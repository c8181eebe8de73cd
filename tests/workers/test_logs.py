"""Every line of a process's log is JSON, says which submission it is about, and holds no secret."""

import base64
import json
import re
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from grader.service.access import acl_lines, new_passwords, users
from grader.service.platforms import load
from grader.service.signing import sign_submission
from tests.support.servers import Process, Valkey, wait_for
from tests.workers.support import receiver
from tests.workers.support.receiver import Receiver
from tests.workers.support.service import PLATFORM, Service, document, entry, induction

MADE_UP = "made-up-for-this-test"
SIGNATURE = "0f" * 32
WEBHOOK_SIGNATURE = "v1," + base64.b64encode(bytes(32)).decode()


SAY = """
import logging, sys
from workers import logs
logs.configure("trial")
beside = logs.about("canvas", "s1", job=7, beside={"deeper": [sys.argv[1]]})
logging.getLogger("workers.trial").info(sys.argv[1], extra=beside)
logging.getLogger("elsewhere").info("a library's chatter")
"""


def lines(log: str) -> list[dict[str, Any]]:
    """Return the lines of a log, each of which must be JSON."""
    return [json.loads(line) for line in log.splitlines()]


def in_braces(log: str) -> str:
    """Return the lines that could be JSON."""
    return "\n".join(line for line in log.splitlines() if line.startswith("{"))


def logged(folder: Path, code: str, *arguments: str) -> dict[str, Any]:
    """Return the one line that this program logs."""
    with Process([sys.executable, "-c", code, *arguments], folder / "log") as process:
        process.wait()
        (record,) = lines(process.log)
    return record


def test_what_others_wrote_is_one_line_in_ascii_and_comes_back_unchanged(tmp_path: Path) -> None:
    written = 'a\x1b[2J\x9b31m\u202e\u2028b\n{"level": "INFO"}'
    line = logged(tmp_path, SAY, written)

    assert (tmp_path / "log").read_bytes().isascii()
    assert (line["message"], line["beside"]) == (written, {"deeper": [written]})


def test_a_line_says_when_where_and_about_which_submission(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    record = logged(tmp_path, SAY, "hello")
    when = record.pop("time")

    assert record == {
        "level": "INFO",
        "process": "trial",
        "logger": "workers.trial",
        "message": "hello",
        "submission": "canvas/s1",
        "job": 7,
        "beside": {"deeper": ["hello"]},
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", when)
    assert abs((datetime.fromisoformat(when) - before).total_seconds()) < 60


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (f"redis://user:{MADE_UP}@host:6379/0", "redis://user:***@host:6379/0"),
        (f"redis://:{MADE_UP}@host/0", "redis://:***@host/0"),
        (
            f"a URL (postgresql+psycopg://u:{MADE_UP}@ss@h/db) in a text",
            "a URL (postgresql+psycopg://u:***@h/db) in a text",
        ),
        ("redis://user@host:6379/0 and me@example.org", "redis://user@host:6379/0 and me@example.org"),
        (f"the secret is whsec_{MADE_UP}", "the secret is whsec_***"),
        (f"webhook-signature: {WEBHOOK_SIGNATURE}", "webhook-signature: v1,***"),
        (f"{{'id': 's1', 'signature': '{SIGNATURE}'}}", "{'id': 's1', 'signature': '***'}"),
        (f"the file's digest is {SIGNATURE}", f"the file's digest is {SIGNATURE}"),
        ('two\nlines with "quotes"', 'two\nlines with "quotes"'),
    ],
)
def test_what_looks_like_a_secret_is_left_out(tmp_path: Path, text: str, written: str) -> None:
    record = logged(tmp_path, SAY, text)

    assert record["message"] == written
    assert record["beside"] == {"deeper": [written]}


def test_an_error_that_nobody_caught_is_one_line_with_its_origin_and_no_secret(tmp_path: Path) -> None:
    code = f"from workers import logs; logs.configure('trial'); open('redis://u:{MADE_UP}@h/x')"
    record = logged(tmp_path, code)

    assert record["level"] == "CRITICAL"
    assert record["message"].startswith("FileNotFoundError: ")
    assert 'File "<string>", line 1' in record["exc_info"]
    assert MADE_UP not in str(record)


def test_a_mistake_of_the_operators_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "workers.courier"]
    with Process(argv, tmp_path / "log", {"GRADER_QUEUE_URL": f"nonsense://u:{MADE_UP}@h"}) as process:
        assert process.wait() != 0
        (record,) = lines(process.log)

    assert record["message"].startswith("GRADER_QUEUE_URL: not the URL of a Redis server")
    assert "exc_info" not in record
    assert MADE_UP not in str(record)


def test_a_warning_is_a_line_as_well(tmp_path: Path) -> None:
    code = "import warnings; from workers import logs; logs.configure('trial'); warnings.warn('mind this')"
    record = logged(tmp_path, code)

    assert record["level"] == "WARNING"
    assert "mind this" in record["message"]


def about_the_good_one(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if record.get("submission") == f"{PLATFORM}/good"]


def test_processes_with_secrets_name_the_submission_and_tell_no_secret(tmp_path: Path) -> None:
    """All processes, each with a password; a webhook that fails at first; bad entries of every kind."""
    with Secretive(tmp_path) as service, Receiver() as there:
        there.scripts["/hook"] = [receiver.says("500 Internal Server Error")]
        service.list_platforms(there.url + "/hook")
        service.start_all()
        service.hand_in_signed("good")
        service.hand_in_signed("bad-signature", key="another key, of nobody")
        service.client.xadd(f"intake:{PLATFORM}", {"id": "nonsense", "signature": SIGNATURE, "other": "x"})
        service.client.lpush("celery", f"redis://u:{MADE_UP}@h/0")
        service.parts["courier"].wait_for_log("not delivered")
        service.let_time_pass()
        wait_for(lambda: service.parts["courier"].log.count('"delivered"') == 2, "the courier to be done")
        wait_for(lambda: service.client.llen("dead:celery") == 0, "the dead message to be kept")
        service.valkey.restart()
        for part in service.parts.values():
            part.send(signal.SIGTERM)
        assert {name: part.wait() for name, part in service.parts.items()} == dict.fromkeys(service.parts, 0)
        # Celery prints a banner and that it stops, which are no log.
        braces = {"worker": in_braces(service.parts["worker"].log)}
        written = {name: lines(braces.get(name, part.log)) for name, part in service.parts.items()}

        for name, records in written.items():
            assert {record["process"] for record in records} == {service.PROCESSES[name]}
            assert not any("data" in record for record in records)
            assert all({"time", "level", "logger", "message"} <= record.keys() for record in records)
        everything = "".join(part.log for part in service.parts.values())
        assert [secret for secret in service.all_secrets() if secret in everything] == []
        assert [header for post in there.posts if (header := post.headers["webhook-signature"]) in everything] == []
    (graded,) = about_the_good_one(written["worker"])
    assert (graded["message"], graded["try"], graded["logger"]) == ("looked at", 1, "workers.tasks")
    assert {"taken in", "stopped"} <= {record["message"] for record in written["intake"]}
    told = about_the_good_one(written["courier"])
    assert [(record["message"], record["channel"], record["try"]) for record in told] == [
        ("delivered", "stream", 1),
        ("not delivered: answered 500", "webhook", 1),
        ("delivered", "webhook", 2),
    ]


class Secretive(Service):
    """The whole service, with a password for every user."""

    PROCESSES: ClassVar = {"intake": "intake", "dispatch": "dispatcher", "courier": "courier", "worker": "worker"}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.key, self.hook = MADE_UP + "-key-for-signing", "whsec_" + base64.b64encode(b"secret" * 8).decode()
        (folder / "key").write_text(self.key)
        (folder / "hook").write_text(self.hook)
        for name in ("key", "hook"):
            (folder / name).chmod(0o600)

    def list_platforms(self, url: str) -> None:
        """Write the list of the one platform, and the server's users."""
        file = self.folder / "platforms.yaml"
        signing = [{"key_id": "k1", "secret_file": str(self.folder / "key")}]
        webhook = {"url": url, "secret_file": str(self.folder / "hook")}
        file.write_text(yaml.safe_dump({"platforms": [{"name": PLATFORM, "signing": signing, "webhook": webhook}]}))
        listed = load(file)
        self.passwords = new_passwords((*users(listed), "test"))
        lines = [*acl_lines(listed, self.passwords), f"user test on >{self.passwords['test']} ~* &* +@all"]
        self.client.close()
        self.valkey.kill()
        self.valkey = Valkey(self.folder / "guarded", {"appendonly": "yes"}, lines)
        self.valkey.start()
        self.client = self.valkey.client("test", self.passwords["test"])
        self.environment["GRADER_PLATFORMS"] = str(file)

    def start_all(self) -> None:
        """Start every process with its own user's password, and the courier with short waits."""
        for name, user in self.PROCESSES.items():
            self.start(name, GRADER_QUEUE_URL=self.valkey.url(user, self.passwords[user]))
        self.parts["worker"].wait_for_log(" ready.")

    def hand_in_signed(self, name: str, key: str = "") -> None:
        """Hand in a submission that is signed with this key, or with the platform's."""
        now = str(int(datetime.now(UTC).timestamp()))
        fields = entry(name, document(induction())) | {"key_id": "k1", "timestamp": now}
        self.signature = sign_submission((key or self.key).encode(), PLATFORM, fields)
        self.hand_in({**fields, "signature": self.signature})

    def all_secrets(self) -> list[str]:
        """Everything that nobody may log."""
        keys = (MADE_UP, self.key, self.hook.removeprefix("whsec_"), self.signature, SIGNATURE)
        return [*keys, *self.passwords.values()]
