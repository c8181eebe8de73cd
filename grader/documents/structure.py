"""Characters of `grader.documents.characters` where a YAML document has its structure: indentation, dashes and keys.

There such a character changes how the document is read, so that the parser, or the record, complains about something
else, often on another line. The texts of the document are left alone.
"""

import re
from collections.abc import Iterator, Sequence

from grader.base.errors import Problem
from grader.documents import characters
from grader.documents.characters import END, INSTEAD, NOTHING, SPACE
from grader.documents.encoding import SourceText

ECHOES = frozenset(
    ("yaml-syntax", "tab", "unknown-key", "missing-key", "wrong-type", "not-a-mapping", "too-short", "duplicate-key")
)
"""The codes of problems that may only follow from such a character."""
LINE_LENGTH = 1000
"""The characters of a line that are searched."""

_QUOTED = re.compile(r"""(?<=[\s:,\[{(-])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""")
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_BLOCK_TEXT = re.compile(r"[:-][ \t]+[|>][-+0-9]*\s*$")


def _one_of(*instead: str) -> str:
    return "".join(re.escape(character) for each in instead for character in INSTEAD[each])


_BLANK = rf"[\s{_one_of(SPACE, NOTHING)}]"
_COLON = rf"[:\uff1a{_one_of(':')}]"
_KEY = rf"[^\s:,'\"\[\]#]{{1,24}}?{_BLANK}*?{_COLON}(?:{_BLANK}|$|(?<!:))"
_LINE_BEGINS = re.compile(rf"^{_BLANK}*(?:[-\uff0d{_one_of('-')}]{_BLANK}+)*(?:{{{_BLANK}*)?(?:{_KEY})?")
_KEY_IN_BRACES = re.compile(rf"(?<=[{{,\uff0c{_one_of(',')}]){_BLANK}*{_KEY}")
_LINE_ENDS = re.compile(f"[{_one_of(END)}]")
_OPENS = re.compile(
    rf"(?:^|[:,\[{{-]){_BLANK}*([^\w\s])|[^\w\s](?={_BLANK}*(?:[,}}\]]|$))|[\uff0c{_one_of(',')}](?={_BLANK}*{_KEY})"
)
_PLAIN_KEY = re.compile(r"[a-z_]+")


def problems(text: SourceText, since: int | None = None, until: int | None = None) -> list[Problem]:
    """Return the problem with each such character, up to the line `until` on which the parser gave up.

    From the line `since` on, where it began to read what it could not finish, quotes, brackets and commas count, too.
    """
    found = []
    for number, line in _lines(text):
        if until is not None and number > until:
            break
        is_unread = since is not None and number >= since
        places = {*_in_structure(line), *(_in_marks(line) if is_unread else ())}
        found += [
            Problem(characters.CODE, characters.of_character(line[place]), number, place + 1)
            for place in sorted(places)
            if place - 1 not in places  # of several in a row, the first
        ]
    return found


def explained(listed: Sequence[Problem], text: SourceText | None) -> list[Problem]:
    """Return the problems of a record, or the characters in the document's structure in place of their echoes."""
    if text is None or not any(problem.code in ECHOES for problem in listed):
        return list(listed)
    if not (found := problems(text)):
        return list(listed)
    named = {(problem.line, problem.column) for problem in found}
    return [
        *found,
        *(each for each in listed if each.code not in ECHOES and (each.line, each.column) not in named),
    ]


def _lines(text: SourceText) -> Iterator[tuple[int, str]]:
    """Yield number and content of each line, quoted text and comments blanked out, block texts left out."""
    if text.original.isascii():
        return
    block: int | None = None
    ends = [*text.line_starts[1:], len(text.original)]
    for number, (start, end) in enumerate(zip(text.line_starts, ends, strict=True), 1):
        line = text.original[start : min(end, start + LINE_LENGTH)].rstrip("\r\n")
        indent = len(line) - len(line.lstrip(" "))
        if block is not None and (indent > block or not line.strip()):
            continue
        line = _COMMENT.sub(_blanked, _QUOTED.sub(_blanked, line))
        block = indent if _BLOCK_TEXT.search(line) else None
        if not line.isascii():
            yield number, line


def _blanked(match: re.Match[str]) -> str:
    return "x" * len(match[0]) if match[0][0] in "\"'" else " " * len(match[0])


def _in_structure(line: str) -> Iterator[int]:
    for match in (_LINE_BEGINS.match(line), *_KEY_IN_BRACES.finditer(line), *_LINE_ENDS.finditer(line)):
        if match is not None and _is_structure(match[0]):
            yield from _odd(line, match.start(), match.end())


def _is_structure(piece: str) -> bool:
    """Return whether a piece before a value is made of blanks, dashes, braces, and a key as our records have them."""
    key = characters.plain(piece).strip(" \n-{,:")
    return not key or _PLAIN_KEY.fullmatch(key) is not None


def _in_marks(line: str) -> Iterator[int]:
    for match in _OPENS.finditer(line):
        yield from _odd(line, match.start(), match.end())


def _odd(line: str, start: int, end: int) -> Iterator[int]:
    return (place for place in range(start, end) if characters.plain(line[place]) != line[place])
