"""The page for students held against its exercise: the kinds in its tables are those that are asked."""

import re
from collections.abc import Iterator
from pathlib import Path

from grader.kinds import TYPES
from grader.kinds.definition import WholeNumber
from grader.schema import AskedKind, Exercise

_ROW = re.compile(r"^\s*\|([^|]+)\|")
_OFFSET = re.compile(r"[+-]?\d+")


def differences(page: Path, exercise: Exercise) -> Iterator[str]:
    """Yield each kind that is asked and in no row of the page's tables, and each row of a kind that is not asked.

    A page without a table of kinds has no differences.
    """
    rows = list(_rows(page.read_text(encoding="utf-8", errors="replace")))
    if not rows:
        return
    for kind in exercise.kinds:
        if not any(_means(row, kind) for _, row in rows):
            yield f"{page}: lists kinds of heads, but not {kind.name}, which is asked [page-lacks-kind]"
    for number, row in rows:
        if not any(_means(row, kind) for kind in exercise.kinds):
            yield f"{page}:{number}: lists `{row}`, which is not asked [page-other-kind]"


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """Yield the number and the first cell of each table row that begins with a type's name."""
    for number, line in enumerate(text.splitlines(), 1):
        if (found := _ROW.match(line)) and _type_of(cell := found[1].replace("`", "").strip()):
            yield number, cell


def _type_of(cell: str) -> str:
    words = cell.lower().replace(" ", "_").replace("-", "_")
    return next((name for name in TYPES if words.startswith(name)), "")


def _means(cell: str, kind: AskedKind) -> bool:
    """Return whether the row is of the kind: of its type, and with its relation, its direction or its offset."""
    if _type_of(cell) != kind.type:
        return False
    words = re.findall(r"[a-z_]+", cell.lower())
    numbers = [int(each) for each in _OFFSET.findall(cell.replace("\N{MINUS SIGN}", "-"))]
    for parameter in kind.head_type.parameters:
        value = kind.parameters[parameter.name]
        if isinstance(parameter.values, WholeNumber):
            fits = value in numbers if numbers else value == parameter.default
        elif parameter.always_named or value != parameter.default:
            fits = value in words
        else:
            fits = not (set(parameter.values.words) - {value}).intersection(words)
        if not fits:
            return False
    return True
