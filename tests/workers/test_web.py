"""The web process: what it answered stays, however it ends, and its log holds neither tokens nor students' names."""

import json
import signal
import socket
from pathlib import Path

from tests.support.door import RunningDoor, posted
from tests.support.servers import wait_for


def test_killed_before_its_answer_was_read_it_takes_the_same_submission_once(tmp_path: Path) -> None:
    body = json.dumps(posted("s1", student="ada-lovelace"))
    with RunningDoor(tmp_path / "door") as door:
        head = f"POST /submissions HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nAuthorization: Bearer {door.token}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", door.port)) as connection:
            connection.sendall(f"{head}{body}".encode())
            wait_for(lambda: door.ids() == ["s1"], "the row, which is there before the answer")
            door.process.kill()  # nobody has read the answer
            door.process.wait()
        door.start()
        with door.client() as client:
            again = client.post("/submissions", content=body, headers={"Content-Type": "application/json"})
            result = client.get("/submissions/s1")
            client.get("/students/ada-lovelace/progress?secret=ada-lovelace")
        wait_for((tmp_path / "door" / "heartbeat").exists, "a heartbeat")
        door.process.send(signal.SIGTERM)
        ended = door.process.wait()
        log = door.process.log

        assert (again.status_code, again.json()["id"], result.json()["state"]) == (202, "s1", "received")
        assert door.ids() == ["s1"]
        assert ended == 0
        assert door.token not in log
        assert "hgt_" not in log
        assert "ada-lovelace" not in log
        lines = [json.loads(line) for line in log.splitlines()]
        assert {line["process"] for line in lines} == {"web"}
        assert [line["submission"] for line in lines if line["message"] == "taken in"] == ["local/s1"] * 2
        answered = [(line["room"], line["status"]) for line in lines if line["message"] == "answered"]
        assert answered[-3:] == [("submissions", 202), ("submissions", 200), ("progress", 404)]
        assert lines[-1]["message"] == "stopped"
