"""Tables: rows in columns for a terminal, and as CSV for spreadsheets."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO

from grader.base.screen import cell
from grader.report.text.labels import cells, padded, visible


def as_csv(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the rows as CSV; a text that a spreadsheet could run as a formula is quoted, and is on one line."""
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(tuple(map(cell, row)) for row in (heading, *rows))
    return out.getvalue()


def as_columns(heading: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return these values of the rows in columns for a terminal; a column without any value is left out."""
    texts = [{name: visible(str(row[name] if row[name] is not None else "")) for name in heading} for row in rows]
    used = [name for name in heading if any(row[name] for row in texts)]
    widths = {name: max(cells(name), *(cells(row[name]) for row in texts)) for name in used}
    lines = [{name: name.replace("_", " ") for name in used}, *texts]
    return "\n".join("  ".join(padded(line[name], widths[name]) for name in used).rstrip() for line in lines)
