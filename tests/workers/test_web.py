"""The web process: what it answered stays, however it ends, and its log holds neither tokens nor students' names."""

import json
import signal
import socket
from pathlib import Path

from grader.base.language import _, speaking
from grader.schema.queue import STATES
from tests.support.door import RunningDoor, posted
from tests.support.servers import wait_for

STUDENT = "ada-lovelace"
BODY = json.dumps(posted("s1", student=STUDENT))


def kill_after_the_row(door: RunningDoor) -> None:
    """Hand in, and kill the process once the submission is kept and before anybody has read the answer."""
    head = f"POST /submissions HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nAuthorization: Bearer {door.token}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", door.port)) as connection:
        connection.sendall(f"{head}{BODY}".encode())
        wait_for(lambda: door.ids() == ["s1"], "the row, which is there before the answer")
        door.process.kill()
        door.process.wait()


def test_killed_before_its_answer_was_read_it_takes_the_same_submission_once(tmp_path: Path) -> None:
    with RunningDoor(tmp_path / "door", GRADER_LANG="ko") as door:
        kill_after_the_row(door)
        door.start()
        with door.client() as client:
            again = client.post("/submissions", content=BODY, headers={"Content-Type": "application/json"})
            result = client.get("/submissions/s1")
            client.get(f"/students/{STUDENT}/progress?secret={STUDENT}")
        wait_for((tmp_path / "door" / "heartbeat").exists, "a heartbeat")
        door.process.send(signal.SIGTERM)
        ended, log = door.process.wait(), door.process.log

        assert (again.status_code, again.json()["id"], result.json()["state"]) == (202, "s1", "received")
        with speaking("ko"):
            assert result.json()["says"] == _(STATES["received"])
        assert (door.ids(), ended) == (["s1"], 0)
        assert not [secret for secret in (door.token, "hgt_", STUDENT) if secret in log]
        lines = [json.loads(line) for line in log.splitlines()]
        assert {line["process"] for line in lines} == {"web"}
        assert [line["submission"] for line in lines if line["message"] == "taken in"] == ["local/s1"] * 2
        answered = [(line["room"], line["status"]) for line in lines if line["message"] == "answered"]
        assert answered[-3:] == [("submissions", 202), ("submissions", 200), ("progress", 404)]
        assert lines[-1]["message"] == "stopped"
