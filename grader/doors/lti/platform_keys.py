"""The platforms' keys: fetched from where each publishes them, and fetched again when a launch names another one."""

import threading
from collections import defaultdict
from time import monotonic
from typing import Any, NamedTuple

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from grader.doors.lti.calling import Caller, NoAnswer
from grader.doors.lti.keys import ALGORITHM
from grader.ledger.lti.registrations import Registration

KEPT_SECONDS = 3600
AGAIN_SECONDS = 10
"""The time for which a platform is not asked again, whatever a launch names."""


class BadSignature(Exception):
    """A message was not signed with one of the platform's keys."""


class _Kept(NamedTuple):
    keys: KeySet
    fetched_at: float


class _Failure(NamedTuple):
    reason: str
    at: float


class PlatformKeys:
    """The keys of all platforms, shared by threads."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._kept: dict[str, _Kept] = {}
        self._failed: dict[str, _Failure] = {}
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def verified(self, registration: Registration, token: str) -> dict[str, Any]:
        """Return the claims of a message that the platform signed.

        A key may have been replaced since its set was fetched, under the same id or another one.

        Raises:
            BadSignature: It did not sign it.
            NoAnswer: Its keys cannot be fetched.
        """
        try:
            return _claims(token, self._keys(registration.jwks_url, KEPT_SECONDS))
        except (BadSignature, InvalidKeyIdError):
            keys = self._keys(registration.jwks_url, AGAIN_SECONDS)
        try:
            return _claims(token, keys)
        except InvalidKeyIdError as error:
            raise BadSignature(str(error)) from None

    def _keys(self, url: str, most_seconds: float) -> KeySet:
        """Return the keys at this address, fetched at most this time ago."""
        with self._turns[url]:
            kept = self._kept.get(url)
            if kept is None or monotonic() - kept.fetched_at > most_seconds:
                kept = self._kept[url] = self._asked(url)
            return kept.keys

    def _asked(self, url: str) -> _Kept:
        """Ask for the keys, unless there was no answer a moment ago: others need the threads that would wait for it."""
        failure = self._failed.get(url)
        if failure is not None and monotonic() - failure.at <= AGAIN_SECONDS:
            raise NoAnswer(failure.reason)
        try:
            return _Kept(self._fetched(url), monotonic())
        except NoAnswer as error:
            self._failed[url] = _Failure(str(error), monotonic())
            raise

    def _fetched(self, url: str) -> KeySet:
        answer = self._caller.call("GET", url)
        if not answer.is_success:
            raise NoAnswer(f"{url}: answered {answer.status} to the request for its keys")
        content = answer.json()
        try:
            return KeySet.import_key_set({"keys": content["keys"]})
        except (JoseError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise NoAnswer(f"{url}: not a set of keys ({error})") from None


def _claims(token: str, keys: KeySet) -> dict[str, Any]:
    # Headers that nobody knows are no danger: the algorithm is ours to choose, and `crit` is refused.
    registry = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)
    try:
        return jwt.decode(token, keys, [ALGORITHM], registry).claims
    except InvalidKeyIdError:
        raise
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadSignature(str(error)) from None
