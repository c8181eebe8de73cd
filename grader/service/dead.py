"""Dead letters: what came in and could not become a submission, kept with the reason; and how to try it again.

A submission that was given up is a row among the others; it is listed and replayed here beside the letters.
"""

import json
from collections.abc import Mapping
from hashlib import sha256

from grader.base.errors import GraderError
from grader.ledger import Ledger
from grader.ledger.columns import storable
from grader.ledger.queue import dead_letters
from grader.ledger.queue.dead_letters import KEPT_BYTES, Dead, KeptLetter, Letter
from grader.service import streams
from grader.service.reception import Receipt, Reception

PREFIX = "letter:"
DIGITS_MOST = 9
"""Of a letter's number; a longer one does not fit the column."""


class CannotReplay(GraderError):
    """There is no such letter or dead submission, or it cannot be tried again."""

    exit_code = 2


class DeadLetters:
    """The dead letters and dead submissions in one ledger's database."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def keep(self, source: str, entry: str, reason: str, fields: Mapping[bytes, bytes]) -> None:
        """Keep a letter durably, once for each source and entry."""
        readable = {_text(name): _text(value) for name, value in fields.items()}
        size = sum(len(name) + len(value) for name, value in fields.items())
        letter = Letter(source, entry, reason, json.dumps(readable, ensure_ascii=False), size)
        dead_letters.keep(self.ledger, letter)

    def keep_message(self, raw: bytes) -> None:
        """Keep a worker's record of a message that cannot become a task."""
        dead_letters.keep(self.ledger, _message(raw))

    def listed(self) -> list[Dead]:
        """Return all that was given up and not replayed since, oldest first."""
        return dead_letters.listed(self.ledger)

    def replay(self, name: str, reception: Reception) -> str:
        """Try it again, and return the result in words.

        Raises:
            CannotReplay: There is nothing with this name, or it cannot become a submission.
        """
        if name.startswith(PREFIX):
            return self._replay_letter(name, reception)
        platform, _, submission_id = name.partition("/")
        if not dead_letters.revive(self.ledger, platform, submission_id):
            raise CannotReplay(f"{name}: there is no such dead submission; see `grade dead list`")
        return f"{name} will be graded again"

    def content(self, name: str) -> str:
        """Return the letter's fields as JSON; only the beginning if they were too long to keep.

        Raises:
            CannotReplay: There is no letter with this name.
        """
        return self._letter(name).letter.content

    def dismiss(self, name: str) -> str:
        """Take the letter off the list; it stays in the ledger.

        Raises:
            CannotReplay: There is no letter with this name.
        """
        dead_letters.settle(self.ledger, self._letter(name).number)
        return f"{name} is dismissed"

    def _letter(self, name: str) -> KeptLetter:
        number = name.removeprefix(PREFIX)
        is_number = name.startswith(PREFIX) and number.isdecimal() and len(number) <= DIGITS_MOST
        letter = dead_letters.find(self.ledger, int(number)) if is_number else None
        if letter is None:
            raise CannotReplay(f"{name}: there is no such dead letter; see `grade dead list`")
        return letter

    def _replay_letter(self, name: str, reception: Reception) -> str:
        kept = self._letter(name)
        receipt = self._accepted(name, kept, reception)
        if receipt.refused:
            raise CannotReplay(f"{name}: {receipt.refused}")
        dead_letters.settle(self.ledger, kept.number)
        return f"{name} was taken in: {receipt.state}"

    def _accepted(self, name: str, kept: KeptLetter, reception: Reception) -> Receipt:
        kind, _, platform = kept.letter.source.partition(":")
        fields = _fields(kept.letter)
        if kind not in {"intake", "celery"} or not fields:
            message = "it was not a submission, or could not be kept unchanged; you can only look at it"
            raise CannotReplay(f"{name}: {message}")
        came_at = streams.time_of(kept.letter.entry) if kind == "intake" else kept.came_at
        try:
            return reception.accept([streams.read(platform, came_at, fields)])[0]
        except streams.Unreadable as error:
            raise CannotReplay(f"{name}: {error}") from None


def _message(raw: bytes) -> Letter:
    """Return the letter that a worker's record becomes; a letter of the raw bytes if it is no such record."""
    try:
        record = json.loads(raw)
        queue, uuid, why = (str(record[name]) for name in ("queue", "uuid", "why"))
        content, size = json.dumps({"raw": str(record["raw"])}), int(record["size"])
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError):
        content = json.dumps({"raw": _text(raw)})
        return Letter(streams.DEAD_MESSAGES, sha256(raw).hexdigest(), "not a worker's record", content, len(raw))
    return Letter(f"{streams.DEAD_MESSAGES}/{queue}", uuid, why, content, size)


def _fields(letter: Letter) -> dict[bytes, bytes]:
    """Return the fields of an entry as they came in; none if they could not be kept byte for byte."""
    if letter.size > KEPT_BYTES:
        return {}
    fields = {name.encode(): value.encode() for name, value in json.loads(letter.content).items()}
    return fields if sum(len(name) + len(value) for name, value in fields.items()) == letter.size else {}


def _text(raw: bytes) -> str:
    """Return the bytes as text that a database takes; bytes that are not text are escaped."""
    return storable(raw[:KEPT_BYTES].decode(errors="backslashreplace"))
