"""The server's users: a table of their rights, tried on a real server, and a worker that needs no more."""

import hashlib
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from grader.service import access, streams
from grader.service.access import AccessError, acl_lines, kept_passwords, new_passwords
from grader.service.platforms import OWN_USERS, Platform
from grader.service.secret_files import SecretError
from tests.service.guarded import EVERYONE, PLATFORMS, SCRIPT_DIGEST, Server, guarded, raw_answer

MAY = """
# A platform hands in, on its own stream.
XADD intake:canvas * id 7                                       | canvas operator
XADD intake:moodle * id 7                                       | moodle operator
XADD intake:canvas MAXLEN 0 * id 7                              | canvas operator
XADD intake:canvas 5-0 id 7                                     | canvas operator
XADD intake:elsewhere * id 7                                    | operator
XADD other * id 7                                               | operator

# A platform reads its own results.
XREAD STREAMS results:canvas 0                                  | canvas operator
XREAD BLOCK 1 STREAMS results:canvas $                          | canvas operator
XREAD STREAMS results:canvas results:moodle 0 0                 | operator
XREVRANGE results:canvas + - COUNT 1                            | canvas operator
XREVRANGE results:moodle + - COUNT 1                            | moodle operator
XREAD STREAMS intake:canvas 0                                   | operator
XREVRANGE intake:canvas + - COUNT 1                             | operator
XRANGE results:canvas - +                                       | operator

# The intake takes entries in, and forgets them once they are durable.
XREADGROUP GROUP grader one STREAMS intake:canvas >             | intake operator
XACK intake:canvas grader 1-1                                   | intake operator
XDEL intake:canvas 1-1                                          | intake operator
XAUTOCLAIM intake:canvas grader one 0 0                         | intake operator
XGROUP CREATE intake:moodle new 0 MKSTREAM                      | intake operator
XGROUP DESTROY intake:canvas grader                             | operator
XRANGE intake:canvas - +                                        | intake operator
XINFO STREAM intake:canvas                                      | intake dispatcher operator
XPENDING intake:canvas grader                                   | intake dispatcher operator
XLEN intake:canvas                                              | intake dispatcher operator
XINFO GROUPS intake:canvas                                      | intake dispatcher operator
XTRIM intake:canvas MAXLEN 0                                    | operator
DEL intake:canvas                                               | operator
XREADGROUP GROUP grader one STREAMS results:canvas >            | operator
XDEL results:canvas 1-1                                         | operator

# The courier puts results where their platform reads them.
XADD results:canvas * id 7                                      | courier operator
XADD results:moodle MAXLEN ~ 1000 * id 7                        | courier operator
XLEN results:canvas                                             | dispatcher operator
XTRIM results:canvas MAXLEN 0                                   | operator

# Tasks are posted by intake and dispatcher; a worker takes them, and may give them back.
LPUSH celery {}                                                 | intake dispatcher worker operator
SADD _kombu.binding.celery x                                    | intake dispatcher worker operator
SMEMBERS _kombu.binding.celery                                  | worker operator
LLEN celery                                                     | intake dispatcher worker operator
BRPOP celery 1                                                  | worker operator
RPOP celery                                                     | operator
LRANGE celery 0 -1                                              | operator
RPUSH celery {}                                                 | worker operator
HGET unacked tag                                                | worker operator
HSET unacked tag 1                                              | worker operator
HLEN unacked                                                    | dispatcher operator
ZRANGE unacked_index 0 0 WITHSCORES                             | dispatcher worker operator
ZREM unacked_index tag                                          | worker operator
SET unacked_mutex 1 NX PX 30000                                 | worker operator
WATCH unacked                                                   | worker operator
SCRIPT LOAD 'return 7'                                          | worker
EVALSHA {DIGEST} 0                                              | worker
PUBLISH /0.celeryev/worker.heartbeat {}                         | worker operator
SET celery-task-meta-1 x                                        | worker operator

# Messages that cannot be tasks, and what a worker says of itself.
LPUSH dead:celery {}                                            | worker operator
LRANGE dead:celery 0 -1                                         | dispatcher operator
LREM dead:celery 1 {}                                           | dispatcher operator
RPOP dead:celery                                                | dispatcher operator
SET grader:worker:one {} EX 60                                  | worker operator
GET grader:worker:one                                           | dispatcher operator
PTTL grader:worker:one                                          | dispatcher operator
TIME                                                            | dispatcher operator
SCAN 0 MATCH grader:worker:*                                    | dispatcher operator

# Each process notes when it last did its work.
SET grader:round:intake 7                                       | intake operator
SET grader:round:courier 7                                      | courier operator
SET grader:round:dispatcher 7                                   | dispatcher operator
MGET grader:round:intake grader:round:courier                   | dispatcher operator

# `grade doctor` looks at the server.
INFO                                                            | dispatcher operator
CONFIG GET appendonly                                           | operator
ACL WHOAMI                                                      | operator
ACL GETUSER canvas                                              | operator
ACL LOG                                                         | operator
ACL LOAD                                                        | operator
CLIENT LIST                                                     | operator
CLIENT KILL TYPE replica                                        | operator
SLOWLOG GET                                                     | operator
SLOWLOG RESET                                                   | operator
BGREWRITEAOF                                                    | operator
DBSIZE                                                          | operator
TYPE celery                                                     | operator
SELECT 1                                                        | operator
SUBSCRIBE /0.celery.pidbox                                      | operator
CLIENT TRACKING ON BCAST                                        | operator

# Nobody.
KEYS *                                                          |
FLUSHALL                                                        |
FLUSHDB                                                         |
SWAPDB 0 1                                                      |
SORT celery                                                     |
MIGRATE localhost 1 celery 0 1                                  |
RESTORE x 0 x                                                   |
EVAL 'return 7' 0                                               |
SCRIPT FLUSH                                                    |
FUNCTION LIST                                                   |
CONFIG SET dir /tmp                                             |
CONFIG SET requirepass x                                        |
CONFIG REWRITE                                                  |
ACL SETUSER canvas ~*                                           |
ACL DELUSER canvas                                              |
ACL SAVE                                                        |
DEBUG SLEEP 0                                                   |
MODULE LOAD /tmp/x.so                                           |
MONITOR                                                         |
SHUTDOWN                                                        |
REPLICAOF localhost 1                                           |
SYNC                                                            |
BGSAVE                                                          |
SAVE                                                            |
CLIENT PAUSE 1                                                  |
CLUSTER RESET                                                   |
LATENCY RESET                                                   |
"""
"""Commands, and the users who may send them; all others get NOPERM."""

ROWS = [
    (command.strip(), set(may.split()))
    for command, _, may in (line.rpartition("|") for line in MAY.replace("{DIGEST}", SCRIPT_DIGEST).splitlines())
    if command and not command.startswith("#")
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on which only the list of users refuses commands."""
    options = {"enable-debug-command": "yes", "enable-module-command": "yes"}
    with guarded(tmp_path_factory.mktemp("valkey"), options) as running:
        yield running


@pytest.mark.parametrize(("command", "may"), ROWS, ids=[command for command, _ in ROWS])
def test_who_may(server: Server, command: str, may: set[str]) -> None:
    answers = {}
    for user in EVERYONE:
        server.fill()
        answers[user] = server.says(user, *shlex.split(command))

    assert answers == {user: "yes" if user in may else "NOPERM" for user in EVERYONE}


def test_the_table_is_about_all_users() -> None:
    assert set(access._RULES) == set(OWN_USERS)
    assert set.union(*(may for _, may in ROWS)) == set(EVERYONE)


def test_a_platform_may_give_no_other_command_at_all(server: Server) -> None:
    greeting = {"auth", "hello", "ping", "echo", "reset", "quit", "waitaof"}
    of_itself = {"capa", "getname", "help", "id", "import-source", "info", "no-touch", "setinfo", "setname"}
    described = raw_answer(server.everything, "COMMAND")
    commands = [one for command in described for one in (command[9] or [command])]  # subcommands in place of their own

    may = {str(command[0]) for command in commands if server.lets("canvas", command)}

    assert len(commands) > 350
    assert {"xadd", "xread", "xrevrange"} < may
    assert may <= {"xadd", "xread", "xrevrange", *greeting, *(f"client|{one}" for one in of_itself)}


def test_whoever_has_no_password_is_nobody(server: Server) -> None:
    with server.valkey.client() as nobody, pytest.raises(redis.AuthenticationError):
        nobody.ping()
    with server.valkey.client("default", "guess") as default, pytest.raises(redis.AuthenticationError):
        default.ping()
    with server.valkey.client("canvas", server.passwords["moodle"]) as other, pytest.raises(redis.AuthenticationError):
        other.ping()


@pytest.mark.parametrize("call", ["'GET', 'intake:canvas'", "'XADD', 'results:canvas', '*', 'a', 'b'", "'FLUSHALL'"])
def test_a_worker_s_script_may_do_no_more_than_the_worker(server: Server, call: str) -> None:
    server.fill()
    digest = server.everything.script_load(f"return redis.call({call})")

    answer = server.says("worker", "EVALSHA", digest, "0")

    assert "script" in answer  # the error of a script, not its answer


def test_greetings_leave_no_denials_in_the_server_s_log(server: Server) -> None:
    server.everything.acl_log_reset()

    for user in EVERYONE:
        assert server.says(user, "PING") == "yes"

    assert server.everything.acl_log() == []


def test_a_client_posts_and_waits_with_a_platform_s_rights(server: Server) -> None:
    server.fill()
    url = server.valkey.url("canvas", server.passwords["canvas"])
    with streams.explained(url), streams.connect(url) as client:
        posted = streams.post(client, "canvas", {"id": "7", "submission": "{}"})

        assert streams.wait(client, posted, 0.05) is None
    assert posted.after == "1-1"
    assert server.everything.xlen("intake:canvas") == 2


def test_a_client_with_another_platform_s_rights_is_told_so(server: Server) -> None:
    server.fill()
    url = server.valkey.url("moodle", server.passwords["moodle"])

    with pytest.raises(streams.QueueError) as caught, streams.explained(url), streams.connect(url) as client:
        streams.post(client, "canvas", {"id": "7", "submission": "{}"})

    assert "a platform's user is named like the platform" in str(caught.value)
    assert server.passwords["moodle"] not in str(caught.value)


def test_a_stream_that_a_platform_made_unusable_is_mended_by_the_operator(server: Server) -> None:
    server.fill()
    highest = str(2**64 - 1)

    assert server.says("canvas", "XADD", "intake:canvas", f"{highest}-{highest}", "id", "7") == "yes"
    assert server.says("canvas", "XADD", "intake:canvas", "*", "id", "8") != "yes"
    assert server.says("operator", "DEL", "intake:canvas") == "yes"
    assert server.says("canvas", "XADD", "intake:canvas", "*", "id", "8") == "yes"


def test_the_lines_hold_no_password() -> None:
    passwords = new_passwords(EVERYONE)

    lines = acl_lines(PLATFORMS, passwords)

    assert [line.split()[1] for line in lines] == ["default", *EVERYONE]
    assert not any(password in line for password in passwords.values() for line in lines)
    canvas = next(line for line in lines if line.startswith("user canvas "))
    assert f" #{hashlib.sha256(passwords['canvas'].encode()).hexdigest()} " in canvas


def test_new_passwords_are_long_and_differ_each_time() -> None:
    one, two = new_passwords(EVERYONE), new_passwords(EVERYONE)

    assert set(one) == set(two) == set(EVERYONE)
    assert len({*one.values(), *two.values()}) == 2 * len(EVERYONE)
    assert all(len(password) >= 43 for password in one.values())


def test_a_user_without_a_password_is_an_error() -> None:
    passwords = new_passwords(EVERYONE)
    del passwords["courier"]

    with pytest.raises(AccessError, match=r"no password for the Redis user courier; give each a file with that name"):
        acl_lines(PLATFORMS, passwords)


def test_one_password_for_two_users_is_an_error() -> None:
    passwords = new_passwords(EVERYONE)

    with pytest.raises(AccessError, match="two Redis users have the same password"):
        acl_lines(PLATFORMS, {**passwords, "canvas": passwords["moodle"]})


def test_passwords_are_read_from_files_named_like_the_users(tmp_path: Path) -> None:
    passwords = new_passwords((*EVERYONE, "elsewhere"))
    for name in {*EVERYONE, "elsewhere"} - {"canvas"}:
        (tmp_path / name).touch(0o600)
        (tmp_path / name).write_text(passwords[name] + "\n")
    listed = {**PLATFORMS, "canvas": Platform(name="canvas", password_file=str(tmp_path / "elsewhere"))}

    kept = kept_passwords(listed, tmp_path)

    assert kept == {name: passwords["elsewhere" if name == "canvas" else name] for name in EVERYONE}
    with pytest.raises(SecretError, match=f"{tmp_path}/canvas: this secret's file cannot be read"):
        kept_passwords(PLATFORMS, tmp_path)
