"""Recognising: which of the things that name no owner are about one student.

A dead letter, an entry of a stream or a file that cannot be read may hold a student's name in a field, in a document,
or packed into another form.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape

from grader.base.names import plain
from grader.ledger import KnownStudent
from grader.ledger.people.footprint import LetterText, NamelessSubmission

PACKED = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
"""Text that may be base64, in which Celery packs a message's body."""
DEAD_MESSAGE = "dead:"
ID = r"A-Za-z0-9_:.\-"
"""The characters of a submission's id."""


@dataclass(frozen=True)
class Recognised:
    """The words by which a student is recognised."""

    who: KnownStudent
    forms: frozenset[str]
    ids: frozenset[str]
    """Of the student's submissions."""

    def names(self, text: str) -> bool:
        """Return whether the name stands in the text as a word, also packed."""
        return any(_word(form).search(each) for each in unpacked(text) for form in self.forms)

    def names_platform(self, text: str) -> bool:
        """Return whether the platform stands in the text as a word, also packed."""
        return any(_word(self.who.platform).search(each) for each in unpacked(text))

    def standing(self, aliases: Iterable[str]) -> re.Pattern[bytes]:
        """Return the pattern of these names for the student, as pages write them; of letters alone only the aliases."""
        names = {form for form in self.forms if not form.isalpha()} | {*aliases}
        written = {each for name in names for each in (name, escape(name))}
        return re.compile("|".join(_word(each).pattern for each in sorted(written)).encode())

    def owns_entry(self, fields: Mapping[str, str]) -> bool:
        """Return whether an entry of one of the platform's streams is about the student."""
        if fields.get("id") in self.ids:
            return True
        given = fields.get("student") or _student_of_result(fields.get("result", ""))
        if given:
            return plain(given) == plain(self.who.student)
        return self.names(fields.get("submission") or fields.get("result", ""))

    def owns_letter(self, letter: LetterText) -> bool:
        """Return whether a dead letter is about the student; one that no platform sent need only hold the name."""
        _, _, platform = letter.source.partition(":")
        if letter.source.startswith(DEAD_MESSAGE):
            return self.names(letter.content)
        if platform != self.who.platform:
            return False
        try:
            fields = json.loads(letter.content)
        except ValueError:  # only its beginning was kept
            return self.names(letter.content)
        return self.owns_entry({name: value for name, value in fields.items() if isinstance(value, str)})

    def owns_nameless(self, submission: NamelessSubmission) -> bool:
        """Return whether the name stands in a file of which nobody knows the student."""
        return self.names(submission.document) or any(self.names(each.message) for each in submission.problems)

    @cached_property
    def words(self) -> re.Pattern[bytes]:
        """Everything in a log that leads to the student: platform and id of each submission, and the name.

        A name of letters alone may be an ordinary word, which stands in a log for itself; it is left.
        """
        patterns = [_word(form).pattern for form in sorted(self.forms) if not form.isalpha()]
        if self.ids:
            ids = "|".join(map(re.escape, sorted(self.ids)))
            patterns.append(rf"(?<![{ID}/]){re.escape(self.who.platform)}/(?:{ids})(?![{ID}])")
        return re.compile("|".join(patterns or ["(?!)"]).encode())


def unpacked(text: str) -> Iterator[str]:
    """Yield the text, and what is packed in it."""
    yield text
    for match in PACKED.finditer(text):
        try:
            yield base64.b64decode(match[0] + "=" * (-len(match[0]) % 4), validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            continue


def _word(form: str) -> re.Pattern[str]:
    """Return the pattern of a name as a word, as it is and as JSON escapes it."""
    written = {form, json.dumps(form)[1:-1]}
    return re.compile(rf"(?<!\w)(?:{'|'.join(re.escape(each) for each in sorted(written))})(?!\w)")


def _student_of_result(result: str) -> str | None:
    try:
        student = json.loads(result).get("student")
    except (ValueError, AttributeError):
        return None
    return student if isinstance(student, str) else None
