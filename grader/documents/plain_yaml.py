"""Plain YAML: the part of YAML that is only data, read into plain values with their lines and columns.

Accepted: mappings, lists, text, true and false, null, and numbers as in JSON, also with a plus sign (`offset: +1`).
JSON documents are plain YAML too. `yes`, `010`, `12:30` and `2026-11-23` are text, because their author may have
meant text. Anchors, aliases, merge keys and tags, which expand, compute or name a class, are refused as soon as the
parser meets them, before anything is built.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, NoReturn, TypeAlias

import yaml

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.documents.encoding import SourceText, decoded
from grader.documents.messages import dotted, shown
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
    ("unexpected end of stream", N_("a quote is opened but not closed")),
    ("',' or", N_("a bracket is not closed, or a comma is missing")),
    ("node content", N_("a value was expected here")),
    ("escape c", N_("this \\ has no meaning inside double quotes; write \\\\ or use single quotes")),
    ("expected ':'", N_("a key needs a colon and a space after it: `layer: 5`")),
    ("expected key", N_("the keys of one block must begin in the same column; nothing may follow a closing quote")),
    ("'-' indicator", N_("the items of one list must begin in the same column, each with `- `")),
    ("<block end>", N_("the lines of one block must begin in the same column")),
)


class Document(NamedTuple):
    """The plain values of one input, each with its line and column."""

    source: str
    data: Plain
    problems: tuple[Problem, ...]
    """The problems that do not stop the reading; the value at their paths is null."""
    values: Mapping[KeyPath, Spot]
    keys: Mapping[KeyPath, Spot]
    written: Mapping[KeyPath, str]
    """The scalars as text, such as `5.10` where the value is 5.1."""
    text: SourceText | None = None
    """The document as it was typed; None for values that a program made."""

    @classmethod
    def of_values(cls, source: str, data: Plain) -> "Document":
        """Return values that a program made as a document: its problems say a path in place of line and column."""
        return cls(source, data, (), {(): NOWHERE}, {}, {})

    def at(self, path: KeyPath) -> Plain:
        """Return the value at a path, or None if there is none."""
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
        """Return the document with another value for one key of its top mapping."""
        return self._replace(data={**self.data, key: value}) if isinstance(self.data, dict) else self

    def problem(
        self, code: str, message: str, path: KeyPath, *, at_key: bool = False, spot: Spot | None = None
    ) -> Problem:
        """Return a problem with the value, or the key, at a path; `spot` is a place inside it."""
        spot = spot or (self.keys.get(path, NOWHERE) if at_key else self.spot(path))
        if spot == NOWHERE:
            return Problem(code, f"{dotted(path)}: {message}" if path else message, where=dotted(path))
        return Problem(code, message, *spot, dotted(path))

    def character(self, path: KeyPath, character: str, *, at_key: bool = False) -> Spot:
        """Return line and column of a character in the scalar, or the key, at a path."""
        line, column = self.keys.get(path, NOWHERE) if at_key else self.spot(path)
        if self.text is None or not line:
            return line, column
        start = self.text.line_starts[line - 1] + column - 1
        found = self.text.original.find(character, start)
        return self.text.original_spot(found) if found >= 0 else (line, column)

    def spot(self, path: KeyPath) -> Spot:
        """Return line and column of the value at a path, or of its parent if there is no such value."""
        while path not in self.values:
            path = path[:-1]
        return self.values[path]


def parse(raw: bytes, source: str, limit: int) -> Document:
    """Return the document in the bytes.

    Raises:
        InvalidInput: The bytes are not plain YAML, or there are more than `limit`.
    """
    text = decoded(raw, source, limit)
    events: Iterator[yaml.Event] = yaml.parse(text.yaml, Loader=_LOADER)
    try:
        return _Reading(source, text, events).document()
    except yaml.YAMLError as error:
        problem = _syntax_problem(error, text)
        context = getattr(error, "context_mark", None)
        since = text.spot(context.index)[0] if context else problem.line
        from grader.documents import structure  # most documents have no mistakes

        raise InvalidInput(source, structure.problems(text, since, problem.line) or [problem]) from None


def _syntax_problem(error: yaml.YAMLError, text: SourceText) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    index = mark.index if mark else getattr(error, "position", 0)
    message = str(getattr(error, "problem", None) or "unreadable")
    if "unexpected end" in message and getattr(error, "context_mark", None):
        index = error.context_mark.index  # type: ignore[attr-defined]  # where the quote was opened
    line, column = text.spot(index)
    if tab := text.indenting_tab(line):
        return Problem("tab", _("this line is indented with a tab; YAML needs spaces (two for each level)"), *tab)
    hint = next((_(hint) for words, hint in _SYNTAX_HINTS if words in message), message)
    return Problem("yaml-syntax", _("this is not valid YAML: {hint}", hint=hint), line, column)


def _is_unquoted(event: yaml.Event) -> bool:
    return bool(getattr(event, "implicit", (False,))[0])


class _Reading:
    """One pass over the parser's events, which keeps no value twice and expands none."""

    def __init__(self, source: str, text: SourceText, events: Iterator[yaml.Event]) -> None:
        self.source, self.text, self.events = source, text, events
        self.problems: list[Problem] = []
        self.values: dict[KeyPath, Spot] = {}
        self.keys: dict[KeyPath, Spot] = {}
        self.written: dict[KeyPath, str] = {}

    def document(self) -> Document:
        """Return the only document of the stream."""
        next(self.events)  # the stream starts
        if isinstance(first := next(self.events), yaml.StreamEndEvent):
            raise InvalidInput(self.source, [Problem("empty", _("the file is empty"), 1, 1)])
        data = self.value(next(self.events), ())
        next(self.events)  # the document ends
        if not isinstance(after := next(self.events), yaml.StreamEndEvent):
            message = _("a second document begins here (`---`); a file may hold only one")
            self.refuse("several-documents", message, after)
        if data is None and not self.problems:
            self.refuse("empty", _("the file is empty"), first)
        return Document(self.source, data, tuple(self.problems), self.values, self.keys, self.written, self.text)

    def value(self, event: yaml.Event, path: KeyPath) -> Plain:
        """Return the value that begins with this event."""
        self.admit(event, path)
        self.values[path] = self.spot(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(path)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(path)
        return self.scalar(event, path)

    def admit(self, event: yaml.Event, path: KeyPath) -> None:
        """Refuse anchors, aliases, tags and too deep nesting, before anything is built."""
        name = getattr(event, "anchor", None)
        if name is not None:
            mark = "*" if isinstance(event, yaml.AliasEvent) else "&"
            message = N_("`{name}`: YAML aliases are not allowed; text that begins with {mark} must be in quotes")
            self.refuse("alias", _(message, name=mark + shown(name), mark=mark), event)
        if (tag := getattr(event, "tag", None)) is not None:
            written = shown(tag.replace(_STANDARD_TAG, "!!"))
            message = N_("`{written}`: YAML tags are not allowed; text that begins with ! must be in quotes")
            self.refuse("tag", _(message, written=written), event)
        if len(path) > DEPTH_LIMIT:
            self.refuse("too-deep", _("nested more than {most} levels deep", most=DEPTH_LIMIT), event)

    def sequence(self, path: KeyPath) -> Plain:
        """Return the items up to the end of a list."""
        items: list[Plain] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return tuple(items)

    def mapping(self, path: KeyPath) -> Plain:
        """Return the entries up to the end of a mapping; of a key that is given twice, the first one counts."""
        entries: dict[str, Plain] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self.admit(event, path)
            if not isinstance(event, yaml.ScalarEvent):
                self.refuse("bad-key", _("a key must be a single word, not a list or a mapping"), event)
            key = event.value
            self.check_key(key, event, path)
            if key in entries:
                self.skip((*path, key))
            else:
                self.keys[*path, key] = self.spot(event)
                entries[key] = self.value(next(self.events), (*path, key))
        return entries

    def check_key(self, key: str, event: yaml.ScalarEvent, path: KeyPath) -> None:
        """Refuse a merge key; note a key that is given twice."""
        if key == "<<" and _is_unquoted(event):
            self.refuse("merge-key", _("`<<` (merge) is not allowed; write the keys out"), event)
        if first := self.keys.get((*path, key)):
            message = N_("`{key}` is given twice: first on line {first}, again on line {second}")
            message = _(message, key=shown(key), first=first[0], second=self.spot(event)[0])
            self.note("duplicate-key", message, event, (*path, key))

    def skip(self, path: KeyPath) -> None:
        """Read the next value only for its problems, and do not keep it."""
        values, keys, written = self.values, self.keys, self.written
        self.values, self.keys, self.written = {}, {}, {}
        self.value(next(self.events), path)
        self.values, self.keys, self.written = values, keys, written

    def scalar(self, event: yaml.Event, path: KeyPath) -> Plain:
        """Return quoted text as it is, and the value that unquoted text means."""
        text = str(getattr(event, "value", "")).replace("\r\n", "\n")
        self.written[path] = text
        value = unquoted(text) if _is_unquoted(event) else quoted(text)
        if isinstance(value, Fault):
            self.note(*value, event, path)
            return None
        return value

    def spot(self, event: yaml.Event) -> Spot:
        """Return line and column of an event."""
        return self.text.spot(event.start_mark.index if event.start_mark else 0)

    def note(self, code: str, message: str, event: yaml.Event, path: KeyPath) -> None:
        """Keep a problem and go on; its value counts as null."""
        self.problems.append(Problem(code, message, *self.spot(event), dotted(path)))

    def refuse(self, code: str, message: str, event: yaml.Event) -> NoReturn:
        """Stop at a problem after which the rest cannot be read."""
        raise InvalidInput(self.source, [*self.problems, Problem(code, message, *self.spot(event))])
