"""A real server with our users on it, and what each of them is answered."""

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
"""A `redis.Redis`; its own annotations cannot tell what a command returns."""
Answer: TypeAlias = Any

PLATFORMS = {name: Platform(name=name) for name in ("canvas", "moodle")}
EVERYONE = users(PLATFORMS)
SCRIPT = "return 7"
SCRIPT_DIGEST = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


def raw_answer(client: Client, *command: str) -> Answer:
    """The server's answer, on a connection that is closed afterwards."""
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
    """A client that may do all, for the tests alone."""

    def says(self, user: str, *command: str) -> str:
        """What this user is answered on a connection of its own: `yes`, or what is wrong."""
        with self.valkey.client(user, self.passwords[user]) as client:
            try:
                raw_answer(client, *command)
            except redis.exceptions.NoPermissionError:
                return "NOPERM"
            except redis.ResponseError as error:
                return str(error)
            return "yes"

    def lets(self, user: str, command: list[Any]) -> bool:
        """Whether this user may give this command at all, as `COMMAND` describes it, whatever the keys."""
        name, arity = str(command[0]).split("|"), abs(int(command[1]))
        said = raw_answer(self.everything, "ACL", "DRYRUN", user, *name, *["x"] * (arity - len(name)))
        assert "wrong number" not in said
        return "has no permissions to run" not in said

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
            pipe.set("grader:worker:one", "{}")
            pipe.script_load(SCRIPT)
            pipe.execute()


@contextmanager
def guarded(folder: Path, options: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A Valkey server with the users of two platforms and our own."""
    passwords = new_passwords((*EVERYONE, "everything"))
    lines = [*acl_lines(PLATFORMS, passwords), f"user everything on >{passwords['everything']} ~* &* +@all"]
    with Valkey(folder, options, lines) as valkey, valkey.client("everything", passwords["everything"]) as everything:
        yield Server(valkey, passwords, everything)
