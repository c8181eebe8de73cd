"""What `grade doctor` looks at on the queue's server: that it keeps what it accepts, whom it lets in, its clock.

Only `operator` may ask for everything. What another user may not ask for is told as not seen, never as wrong.
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
"""How far two clocks may be apart: times of arrival decide about deadlines, and timestamps about signatures."""
ASK_AS = "ask as the user `operator`, whom GRADER_QUEUE_URL may name"


class Server:
    """The queue's server, asked as the user of its URL."""

    def __init__(self, what: str, url: str, authority: Path | None) -> None:
        """Call it `what` in findings."""
        self.what, self.url, self.authority = what, url, authority
        self.client = streams.connect(url, authority)
        self.user = unquote(urlsplit(url).username or "") or "default"

    def findings(self) -> Iterator[Check]:
        """All about it; of one that does not answer, only that."""
        reached = self._reached()
        yield reached
        if reached.good:
            yield self.asked("persistence", self._persistence)
            yield self.asked("memory", self._memory)
            yield self.asked("user", self._user)
            yield self.asked("strangers", self._strangers)
            yield self.asked("clock", self._clock)

    def asked(self, name: str, look: Callable[[str], Check]) -> Check:
        """What was found, or that it could not be looked at."""
        what = f"{self.what} {name}"
        try:
            return look(what)
        except redis.exceptions.NoPermissionError as error:
            return Check(True, what, f"could not be looked at: {error}", ASK_AS, unseen=True)
        except redis.exceptions.RedisError as error:
            return Check(False, what, f"no answer: {error}")

    def _reached(self) -> Check:
        try:
            with streams.explained(self.url):
                message = self.client.execute_command("HELLO", 2)
        except streams.QueueError as error:
            return Check(False, self.what, str(error), "`grade up` starts one on this machine")
        facts = dict(zip(message[::2], message[1::2], strict=True))
        version = f"{facts[b'server'].decode()} {facts[b'version'].decode()}"
        return Check(True, self.what, f"{without_password(self.url)}; {version}")

    def _persistence(self, what: str) -> Check:
        found = self._settings("appendonly", "appendfsync")
        told = f"appendonly {found['appendonly']}, appendfsync {found['appendfsync']}"
        if found["appendonly"] != "yes":
            return Check(False, what, told, "what it accepted is lost when it dies; set appendonly to yes")
        if found["appendfsync"] == "no":
            return Check(False, what, told, "a power cut may lose minutes; set appendfsync to always")
        if found["appendfsync"] != "always":
            return Check(True, what, told, "a power cut may lose what came in the second before it")
        return Check(True, what, told)

    def _memory(self, what: str) -> Check:
        found = self._settings("maxmemory", "maxmemory-policy")
        told = f"maxmemory-policy {found['maxmemory-policy']}, maxmemory {found['maxmemory']}"
        if found["maxmemory-policy"] != "noeviction":
            return Check(False, what, told, "when it is full it throws away submissions; set it to noeviction")
        return Check(True, what, told)

    def _user(self, what: str) -> Check:
        try:
            name = self.client.execute_command("ACL", "WHOAMI").decode()
        except redis.exceptions.NoPermissionError:
            return Check(True, what, f"{self.user}, by the URL")
        if name == "default":
            return Check(False, what, name, "give each process a user of its own; docs/security.md says how")
        return Check(True, what, name)

    def _strangers(self, what: str) -> Check:
        """Whether whoever has no password is let in."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        with streams.connect(parts._replace(netloc=host).geturl(), self.authority) as stranger:
            try:
                stranger.ping()
            except redis.exceptions.AuthenticationError:
                return self._default_user(what)
        return Check(False, what, "get in without a password", "switch the user `default` off; see docs/security.md")

    def _default_user(self, what: str) -> Check:
        try:
            message = self.client.execute_command("ACL", "GETUSER", "default")
        except redis.exceptions.NoPermissionError:
            return Check(True, what, "are turned away")
        flags = dict(zip(message[::2], message[1::2], strict=True))[b"flags"]
        if b"off" not in flags:
            return Check(False, what, "need the password of the user `default`, who is on", "switch that user off")
        return Check(True, what, "are turned away; the user `default` is off")

    def _clock(self, what: str) -> Check:
        before = time.time()
        seconds, micro = self.client.time()
        return clock(what, seconds + micro / 1e6, before)

    def _settings(self, *names: str) -> dict[str, str]:
        message: list[Any] = self.client.execute_command("CONFIG", "GET", *names)
        words = [word.decode() for word in message]
        return dict(zip(words[::2], words[1::2], strict=True))


def clock(what: str, theirs: float, asked_at: float) -> Check:
    """How far a clock is from ours; it was asked then, and has answered right now."""
    ours = (asked_at + time.time()) / 2
    off = theirs - ours
    told = f"{abs(off):.1f} s {'ahead of' if off > 0 else 'behind'} this machine's"
    if abs(off) > CLOCK_SECONDS:
        return Check(False, what, told, f"{CLOCK_SECONDS:g} s are the most; set both machines by NTP")
    return Check(True, what, told)
