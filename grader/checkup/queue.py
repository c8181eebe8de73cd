"""Checks of the queue's server: whether it keeps what it accepts, who may connect, and its clock.

Only the user `operator` may ask for everything. What another user may not ask for is unknown, never wrong.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import redis

from grader.checkup.check import Check
from grader.service import streams
from grader.service.settings import without_password

CLOCK_SECONDS = 2.0
"""The most by which two clocks may differ: deadlines and signatures depend on them."""
ASK_AS = "to check it, name the user `operator` in GRADER_QUEUE_URL"


class Server:
    """A server, asked as the user of its URL."""

    def __init__(self, name: str, url: str, authority: Path | None) -> None:
        """Connect on first use; `name` is the server's name in the checks."""
        self.name, self.url, self.authority = name, url, authority
        self.client = streams.connect(url, authority)
        self.user = unquote(urlsplit(url).username or "") or "default"

    def checks(self) -> Iterator[Check]:
        """Yield all checks, or only the first if the server does not answer."""
        connection = self._connection()
        yield connection
        if connection.is_ok:
            yield self.check("persistence", self._persistence)
            yield self.check("memory", self._memory)
            yield self.check("user", self._user)
            yield self.check("strangers", self._strangers)
            yield self.check("clock", self._clock)

    def check(self, name: str, ask: Callable[[str], Check]) -> Check:
        """Return the check that `ask` makes, or that it could not be made."""
        subject = f"{self.name} {name}"
        try:
            return ask(subject)
        except redis.exceptions.NoPermissionError as error:
            return Check(True, subject, f"could not be checked: {error}", ASK_AS, is_unknown=True)
        except redis.exceptions.RedisError as error:
            return Check(False, subject, f"no answer: {error}")

    def _connection(self) -> Check:
        try:
            with streams.explained(self.url):
                answer = self.client.execute_command("HELLO", 2)
        except streams.QueueError as error:
            return Check(False, self.name, str(error), "to start one on this machine, run: grade up")
        facts = dict(zip(answer[::2], answer[1::2], strict=True))
        version = f"{facts[b'server'].decode()} {facts[b'version'].decode()}"
        return Check(True, self.name, f"{without_password(self.url)}; {version}")

    def _persistence(self, subject: str) -> Check:
        given = self._settings("appendonly", "appendfsync")
        result = f"appendonly {given['appendonly']}, appendfsync {given['appendfsync']}"
        if given["appendonly"] != "yes":
            return Check(False, subject, result, "a crash loses what it has accepted; set appendonly to yes")
        if given["appendfsync"] == "no":
            return Check(False, subject, result, "a power failure can lose minutes; set appendfsync to always")
        if given["appendfsync"] != "always":
            return Check(True, subject, result, "a power failure can lose the last second; set appendfsync to always")
        return Check(True, subject, result)

    def _memory(self, subject: str) -> Check:
        given = self._settings("maxmemory", "maxmemory-policy")
        result = f"maxmemory-policy {given['maxmemory-policy']}, maxmemory {given['maxmemory']}"
        if given["maxmemory-policy"] != "noeviction":
            return Check(False, subject, result, "a full server discards submissions; set the policy to noeviction")
        return Check(True, subject, result)

    def _user(self, subject: str) -> Check:
        try:
            name = self.client.execute_command("ACL", "WHOAMI").decode()
        except redis.exceptions.NoPermissionError:
            return Check(True, subject, f"{self.user}, according to the URL")
        if name == "default":
            return Check(False, subject, name, "give each process its own user; see docs/security.md")
        return Check(True, subject, name)

    def _strangers(self, subject: str) -> Check:
        """Check that nobody can connect without a password."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        with streams.connect(parts._replace(netloc=host).geturl(), self.authority) as stranger:
            try:
                stranger.ping()
            except redis.exceptions.AuthenticationError:
                return self._default_user(subject)
        return Check(
            False, subject, "can connect without a password", "turn off the user `default`; see docs/security.md"
        )

    def _default_user(self, subject: str) -> Check:
        try:
            answer = self.client.execute_command("ACL", "GETUSER", "default")
        except redis.exceptions.NoPermissionError:
            return Check(True, subject, "are refused")
        flags = dict(zip(answer[::2], answer[1::2], strict=True))[b"flags"]
        if b"off" not in flags:
            return Check(False, subject, "need the password of the user `default`, which is on", "turn off that user")
        return Check(True, subject, "are refused; the user `default` is off")

    def _clock(self, subject: str) -> Check:
        before = time.time()
        seconds, micro = self.client.time()
        return clock(subject, seconds + micro / 1e6, before)

    def _settings(self, *names: str) -> dict[str, str]:
        answer: list[Any] = self.client.execute_command("CONFIG", "GET", *names)
        words = [word.decode() for word in answer]
        return dict(zip(words[::2], words[1::2], strict=True))


def clock(subject: str, theirs: float, asked_at: float) -> Check:
    """Check the difference between another clock and ours; it was asked at `asked_at` and has just answered."""
    ours = (asked_at + time.time()) / 2
    off = theirs - ours
    result = f"{abs(off):.1f} s {'ahead of' if off > 0 else 'behind'} this machine's"
    if abs(off) > CLOCK_SECONDS:
        advice = f"at most {CLOCK_SECONDS:g} s are allowed; synchronise both machines with NTP"
        return Check(False, subject, result, advice)
    return Check(True, subject, result)
