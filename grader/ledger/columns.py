"""Columns: the form of times, texts and problems in the database."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from grader.base.errors import Problem


def written(when: datetime) -> str:
    """Return the time as the tables hold it: UTC, to the microsecond, so that text sorts as time does."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")


def read(text: str | None) -> datetime | None:
    """Return the time that a column holds; None where it holds none."""
    return None if text is None else datetime.fromisoformat(text)


def storable(text: str) -> str:
    """Return the text with zero bytes and lone surrogates escaped: no database takes every one of them."""
    return text.replace("\0", "\\x00").encode(errors="backslashreplace").decode()


def written_problems(problems: Sequence[Problem]) -> str:
    """Return the problems as JSON."""
    return json.dumps([asdict(problem) for problem in problems])


def read_problems(text: str) -> tuple[Problem, ...]:
    """Return the problems that a column holds."""
    return tuple(Problem(**problem) for problem in json.loads(text))
