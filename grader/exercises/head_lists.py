"""Lists of heads as people keep them: a table, bullets, JSON pairs or plain lines, led to the form of a submission."""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from grader.base.errors import Problem
from grader.base.language import _
from grader.documents import head_notation
from grader.kinds import naming
from grader.schema import HeadIndex

NOT_YET = frozenset(("not-a-mapping", "yaml-syntax", "binary", "not-utf8", "other-character", "missing-key"))
"""The codes of the problems with a file that may be such a list."""
LINES = 200
"""The lines that are searched for a head."""
LINE_LENGTH = 400
LAYERS = frozenset(("layer", "layers", "l", "layer_idx", "layer_index", "레이어", "층"))
HEADS = frozenset(("head", "heads", "h", "head_idx", "head_index", "헤드"))
SEPARATORS = ",;\t|"

_SUBMISSION = re.compile(r"(?m)^[ \t]*['\"{]*(exercise|claims)['\"]*\s*:")
_PRINTED = re.compile(rf"\b{head_notation.PRINTED.pattern}\b", re.ASCII)
_MARK = re.compile(r"^[\s\-*+•|>#\d.)]*?(?=[a-zA-Z\d(\[])")


def advice(raw: bytes, problems: Sequence[Problem]) -> str:
    """Return how to write the heads in a file that is no submission, for the end of a message, or empty text."""
    if not any(problem.code in NOT_YET for problem in problems):
        return ""
    text = raw.decode(errors="replace")
    if _SUBMISSION.search(text):
        return ""
    if any(problem.code in ("binary", "not-utf8") for problem in problems):
        claim = ""
    elif not (claim := next(_claims(text), "")):
        return ""
    return _(
        "; a submission is a text file: a line `exercise: ID`, a line `claims:`, and under it for each head a line "
        "such as `  - {claim}`",
        claim=claim or "{layer: 0, head: 0, type: induction}",
    )


def _claims(text: str) -> Iterator[str]:
    """Yield claims for the heads that a text names, each as it is written in a submission."""
    with suppress(ValueError, RecursionError):
        yield from _of_json(json.loads(text))
        return
    lines = [line[:LINE_LENGTH] for line in text.splitlines()[:LINES]]
    yield from _of_table(lines)
    for line in lines:
        if found := head_notation.at_beginning(_MARK.sub("", line, count=1)):
            yield _claim(*found)
        elif printed := _PRINTED.search(line):
            yield _claim((int(printed[1]), int(printed[2])), line[: printed.start()])


def _of_json(value: object) -> Iterator[str]:
    match value:
        case [int(layer), int(head), *words]:
            yield _claim((layer, head), " ".join(map(str, words)))
        case list():
            for each in value:
                yield from _of_json(each)
        case dict():
            yield from _of_cells(list(value), [str(each) for each in value.values()])
            for each in value.values():
                yield from _of_json(each)
        case str() if found := head_notation.at_beginning(value):
            yield _claim(*found)


def _of_table(lines: Sequence[str]) -> Iterator[str]:
    """Yield a claim for each line under a header that names layer and head."""
    for number, line in enumerate(lines):
        for separator in SEPARATORS:
            header = _cells(line, separator)
            if _places(header) is not None:
                for below in lines[number + 1 :]:
                    yield from _of_cells(header, _cells(below, separator))
                return


def _cells(line: str, separator: str) -> list[str]:
    with suppress(csv.Error):
        return [cell.strip() for cell in next(csv.reader([line.strip().strip("|")], delimiter=separator), [])]
    return []


def _places(header: Iterable[str]) -> tuple[int, int] | None:
    """Return the columns of layer and head."""
    names = [name.strip().lower() for name in header]
    layer = next((number for number, name in enumerate(names) if name in LAYERS), None)
    head = next((number for number, name in enumerate(names) if name in HEADS), None)
    return None if layer is None or head is None else (layer, head)


def _of_cells(header: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    places = _places(header)
    if places is None or len(cells) <= max(places):
        return
    layer, head = (cells[place] for place in places)
    if layer.isascii() and layer.isdigit() and head.isascii() and head.isdigit() and len(layer + head) < 8:
        others = [cell for number, cell in enumerate(cells) if number not in places]
        yield _claim((int(layer), int(head)), next(filter(naming.known, others), ""))


def _claim(place: HeadIndex, words: str) -> str:
    """Return a claim about a head as it is written in a submission; the kind is that of the words, if they name one."""
    layer, head = place
    kind = naming.known(words)
    return f"{{layer: {layer}, head: {head}, {kind or 'type: KIND'}}}"
