"""Every rule of a record is explained in words when a document breaks it."""

from collections.abc import Iterator
from datetime import date

import pytest
from pydantic import Field

from grader import documents
from grader.base.errors import InvalidInput
from grader.documents.json_schema import PATTERNS
from grader.schema import Exercise, Record, Submission


class Switches(Record):
    """A record with types that submissions do not have."""

    on: bool
    files: dict[str, str]
    below: float | None = Field(default=None, le=1)
    day: date | None = None


def test_other_records_are_explained_as_well() -> None:
    with pytest.raises(InvalidInput) as caught:
        documents.read(b"on: yes\nfiles: [a]\nbelow: '.5'\nday: 2026-11-23\n", "x.yaml", Switches)

    assert [problem.message for problem in caught.value.problems] == [
        "`on` must be true or false, not `yes`",
        "`files` must be a mapping, not a list",
        "`below` must be a number, not `.5`",
        "`day` cannot be `2026-11-23`",
    ]


def test_a_bound_on_one_side_is_said() -> None:
    with pytest.raises(InvalidInput, match=r"`below` must be 1 or less, not `1.5`") as caught:
        documents.read(b"{on: true, files: {}, below: 1.5}", "x.yaml", Switches)

    assert [problem.code for problem in caught.value.problems] == ["out-of-range"]


def _patterns(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for inner in node.values():
            yield from _patterns(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _patterns(inner)


def test_every_pattern_of_the_records_is_said_in_words() -> None:
    used = {*_patterns(Submission.model_json_schema()), *_patterns(Exercise.model_json_schema())}

    assert used == set(PATTERNS)
