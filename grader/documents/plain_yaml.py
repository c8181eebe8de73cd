"""Plain YAML: the part of YAML that is data, read into plain values together with their places.

Accepted: mappings, lists, text, true and false, null, and numbers as JSON writes them (a plus sign is
welcome: `offset: +1`). JSON documents are plain YAML too. `yes`, `010`, `12:30` and `2026-11-23` are text,
because whoever wrote them may have meant text. Whatever expands, computes or names a class (anchors,
aliases, merge keys, tags) is refused as soon as the parser meets it, before anything is built.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, NoReturn, TypeAlias

import yaml

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.documents.encoding import SourceText, decoded
from grader.documents.messages import shown, where
from grader.documents.scalars import Fault, quoted, unquoted

Plain: TypeAlias = "bool | int | float | str | tuple[Plain, ...] | dict[str, Plain] | None"
KeyPath: TypeAlias = tuple[str | int, ...]
Spot: TypeAlias = tuple[int, int]

DEPTH_LIMIT = 32
NOWHERE: Spot = (0, 0)
"""The place of a value that was never written in a file."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STANDARD_TAG = "tag:yaml.org,2002:"
_SYNTAX_HINTS = (
    ("mapping values", N_("text that contains `: ` must be in quotes, and a key needs a space after its colon")),
    ("start any token", N_("text that begins with this character must be in quotes")),
    ("alphabetic or numeric", N_("text that begins with * or & must be in quotes")),
    ("unexpected end of stream", N_("a quote is opened and never closed")),
    ("',' or", N_("a bracket is not closed, or a comma is missing")),
    ("node content", N_("a value was expected here")),
    ("escape c", N_("this \\ means nothing inside double quotes; write \\\\ or use single quotes")),
    ("expected ':'", N_("a key needs a colon and a space after it: `layer: 5`")),
    ("expected key", N_("keys of one block begin in the same column; a quoted value ends at its quote")),
    ("'-' indicator", N_("the items of one list begin in the same column, each with `- `")),
    ("<block end>", N_("the lines of one block begin in the same column")),
)


class Document(NamedTuple):
    """The plain values of one input, and where each of them stands in it."""

    source: str
    data: Plain
    problems: tuple[Problem, ...]
    """What is wrong already, though the rest can be read; their places hold null."""
    values: Mapping[KeyPath, Spot]
    keys: Mapping[KeyPath, Spot]
    written: Mapping[KeyPath, str]
    """Scalars as they were written: `5.10`, where the value says 5.1."""

    @classmethod
    def of_values(cls, source: str, data: Plain) -> "Document":
        """Return values that a program made as a document: its problems say a path in place of line and column."""
        return cls(source, data, (), {(): NOWHERE}, {}, {})

    def at(self, path: KeyPath) -> Plain:
        """The value at a path, null where there is none."""
        value = self.data
        for step in path:
            if isinstance(value, dict) and isinstance(step, str):
                value = value.get(step)
            elif isinstance(value, tuple) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def with_value(self, key: str, value: Plain) -> "Document":
        """The same document with another value for one key at the top."""
        return self._replace(data={**self.data, key: value}) if isinstance(self.data, dict) else self

    def problem(self, code: str, message: str, path: KeyPath, *, at_key: bool = False) -> Problem:
        """A problem with the value, or the key, at a path."""
        spot = self.keys.get(path, NOWHERE) if at_key else self.spot(path)
        if spot == NOWHERE:
            return Problem(code, f"{where(path)}: {message}" if path else message, where=where(path))
        return Problem(code, message, *spot, where(path))

    def spot(self, path: KeyPath) -> Spot:
        """Where the value at a path begins; a missing value's place is its parent's."""
        while path not in self.values:
            path = path[:-1]
        return self.values[path]


def parse(raw: bytes, source: str, limit: int) -> Document:
    """The document that the bytes hold.

    Raises:
        InvalidInput: It is not plain YAML, or longer than `limit` bytes.
    """
    text = decoded(raw, source, limit)
    events: Iterator[yaml.Event] = yaml.parse(text.yaml, Loader=_LOADER)
    try:
        return _Reading(source, text, events).document()
    except yaml.YAMLError as error:
        raise InvalidInput(source, [_syntax_problem(error, text)]) from None


def _syntax_problem(error: yaml.YAMLError, text: SourceText) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = mark.index if mark else getattr(error, "position", 0)
    message = str(getattr(error, "problem", None) or "unreadable")
    if "unexpected end" in message and getattr(error, "context_mark", None):
        index = error.context_mark.index  # type: ignore[attr-defined]  # where the quote was opened
    line, column = text.spot(index)
    if tab := text.indenting_tab(line):
        return Problem("tab", _("this line is indented with a tab; YAML wants spaces (two for each step)"), *tab)
    hint = next((_(hint) for words, hint in _SYNTAX_HINTS if words in message), message)
    return Problem("yaml-syntax", _("this is not YAML: {hint}", hint=hint), line, column)


def _is_unquoted(event: yaml.Event) -> bool:
    return bool(getattr(event, "implicit", (False,))[0])


class _Reading:
    """One pass over the parser's events; nothing is ever held twice or expanded."""

    def __init__(self, source: str, text: SourceText, events: Iterator[yaml.Event]) -> None:
        self.source, self.text, self.events = source, text, events
        self.problems: list[Problem] = []
        self.values: dict[KeyPath, Spot] = {}
        self.keys: dict[KeyPath, Spot] = {}
        self.written: dict[KeyPath, str] = {}

    def document(self) -> Document:
        """The one document of the stream."""
        next(self.events)  # the stream starts
        if isinstance(first := next(self.events), yaml.StreamEndEvent):
            raise InvalidInput(self.source, [Problem("empty", _("there is nothing in this file"), 1, 1)])
        data = self.value(next(self.events), ())
        next(self.events)  # the document ends
        if not isinstance(after := next(self.events), yaml.StreamEndEvent):
            self.refuse(
                "several-documents", _("a second document begins here (`---`); one file is one document"), after
            )
        if data is None and not self.problems:
            self.refuse("empty", _("there is nothing in this file"), first)
        return Document(self.source, data, tuple(self.problems), self.values, self.keys, self.written)

    def value(self, event: yaml.Event, path: KeyPath) -> Plain:
        """The value that begins with this event."""
        self.admit(event, path)
        self.values[path] = self.spot(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(path)
        return self.scalar(event, path)

    def admit(self, event: yaml.Event, path: KeyPath) -> None:
        """Refuse what is not data, before it is built."""
        name = getattr(event, "anchor", None)
        if name is not None:
            mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
            message = N_("`{name}`: aliases are not read; text that begins with {mark} must be in quotes")
            self.refuse("alias", _(message, name=mark + shown(name), mark=mark), event)
        if (tag := getattr(event, "tag", None)) is not None:
            written = shown(tag.replace(_STANDARD_TAG, "!!"))
            message = _("the tag `{written}` is not read; text that begins with ! must be in quotes", written=written)
            self.refuse("tag", message, event)
        if len(path) > DEPTH_LIMIT:
            self.refuse("too-deep", _("nested more than {most} levels deep", most=DEPTH_LIMIT), event)

    def sequence(self, path: KeyPath) -> Plain:
        """The items up to the end of a list."""
        items: list[Plain] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return tuple(items)

    def mapping(self, path: KeyPath) -> Plain:
        """The entries up to the end of a mapping; of a key given twice the first one holds."""
        entries: dict[str, Plain] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self.admit(event, path)
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse("bad-key", _("a key is a single word, not a list or a mapping"), event)
            key = event.value
            self.complain_of_key(key, event, path)
            if key in entries:
                self.skip((*path, key))
            else:
                self.keys[*path, key] = self.spot(event)
                entries[key] = self.value(next(self.events), (*path, key))
        return entries

    def complain_of_key(self, key: str, event: yaml.ScalarEvent, path: KeyPath) -> None:
        """Note a key that is given twice or would merge."""
        if key == "<<" and _is_unquoted(event):
            self.refuse("merge-key", _("`<<` (merge) is not read; write the keys out"), event)
        if first := self.keys.get((*path, key)):
            message = N_("`{key}` is given twice: first on line {first}, again on line {second}")
            message = _(message, key=shown(key), first=first[0], second=self.spot(event)[0])
            self.note("duplicate-key", message, event, (*path, key))

    def skip(self, path: KeyPath) -> None:
        """Read the next value for its faults alone, and leave no trace of it."""
        values, keys, written = self.values, self.keys, self.written
        self.values, self.keys, self.written = {}, {}, {}
        self.value(next(self.events), path)
        self.values, self.keys, self.written = values, keys, written

    def scalar(self, event: yaml.Event, path: KeyPath) -> Plain:
        """Text, or what unquoted text stands for."""
        text = str(getattr(event, "value", "")).replace("\r\n", "\n")
        self.written[path] = text
        value = unquoted(text) if _is_unquoted(event) else quoted(text)
        if isinstance(value, Fault):
            self.note(*value, event, path)
            return None
        return value

    def spot(self, event: yaml.Event) -> Spot:
        """Where an event begins."""
        return self.text.spot(event.start_mark.index if event.start_mark else 0)

    def note(self, code: str, message: str, event: yaml.Event, path: KeyPath) -> None:
        """Keep a problem and go on; its value counts as null."""
        self.problems.append(Problem(code, message, *self.spot(event), where(path)))

    def refuse(self, code: str, message: str, event: yaml.Event) -> NoReturn:
        """Stop at a problem that leaves the rest meaningless."""
        raise InvalidInput(self.source, [*self.problems, Problem(code, message, *self.spot(event))])
