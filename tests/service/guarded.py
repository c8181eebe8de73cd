"""A real server with our users, and its answers to each of them."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import redis

from grader.service.access import acl_lines, new_passwords, users
from grader.service.platforms import Platform
from tests.support.servers import Valkey

Client: TypeAlias = Any
"""A `redis.Redis`; its own annotations do not say what a command returns."""
Answer: TypeAlias = Any

PLATFORMS = {name: Platform(name=name) for name in ("canvas", "moodle")}
EVERYONE = users(PLATFORMS)
SCRIPT = "return 7"
SCRIPT_DIGEST = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


def raw_answer(client: Client, *command: str) -> Answer:
    """Return the server's answer, on a connection that is closed afterwards."""
    connection = client.connection_pool.get_connection()
    try:
        connection.send_command(*command)
        return connection.read_response(push_request=True)
    finally:
        connection.disconnect()
        client.connection_pool.release(connection)


class Server(NamedTuple):
    """A running server with our users, and their passwords."""

    valkey: Valkey
    passwords: dict[str, str]
    everything: Client
    """A client with all rights, only for the tests."""

    def says(self, user: str, *command: str) -> str:
        """Return the answer to this user on a connection of its own: `yes`, or the error."""
        with self.valkey.client(user, self.passwords[user]) as client:
            try:
                raw_answer(client, *command)
            except redis.exceptions.NoPermissionError:
                return "NOPERM"
            except redis.ResponseError as error:
                return str(error)
            return "yes"

    def lets(self, user: str, command: list[Any]) -> bool:
        """Return whether this user may send this command, as `COMMAND` describes it, with any keys."""
        name, arity = str(command[0]).split("|"), abs(int(command[1]))
        answer = raw_answer(self.everything, "ACL", "DRYRUN", user, *name, *["x"] * (arity - len(name)))
        assert "wrong number" not in answer
        return "has no permissions to run" not in answer

    def fill(self) -> None:
        """Put something under every name that the service uses, and nothing else."""
        with self.everything.pipeline() as pipe:
            pipe.flushall()
            for name in PLATFORMS:
                for stream in (f"intake:{name}", f"results:{name}"):
                    pipe.xadd(stream, {"id": "1"}, id="1-1")
                    pipe.xgroup_create(stream, "grader", id="0")
            pipe.xreadgroup("grader", "one", {"intake:canvas": ">"})
            pipe.lpush("celery", "{}")
            pipe.lpush("dead:celery", "{}")
            pipe.hset("unacked", "tag", "{}")
            pipe.zadd("unacked_index", {"tag": 1})
            pipe.set("grader:worker:one", '{"load_seconds": 1, "at": 0}', ex=60)
            pipe.script_load(SCRIPT)
            pipe.execute()


@contextmanager
def guarded(folder: Path, options: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Start a Valkey server with the users of two platforms and our own."""
    passwords = new_passwords((*EVERYONE, "everything"))
    lines = [*acl_lines(PLATFORMS, passwords), f"user everything on >{passwords['everything']} ~* &* +@all"]
    with Valkey(folder, options, lines) as valkey, valkey.client("everything", passwords["everything"]) as everything:
        yield Server(valkey, passwords, everything)
