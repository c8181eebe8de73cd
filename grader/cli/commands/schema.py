"""`grade schema`: the JSON Schema of a record."""

import json
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import BaseModel

from grader.cli.options import FORMAT, OutPath, print_or_write
from grader.exercises.known_heads import KnownHeads
from grader.schema import Exercise, Report, Submission
from grader.schema.atlas import Atlas, Comparison


class RecordName(StrEnum):
    """The records that platforms and editors use."""

    submission = "submission"
    exercise = "exercise"
    report = "report"
    known_heads = "known_heads"
    atlas = "atlas"
    comparison = "comparison"


RECORDS: dict[str, type[BaseModel]] = {
    "submission": Submission,
    "exercise": Exercise,
    "report": Report,
    "known_heads": KnownHeads,
    "atlas": Atlas,
    "comparison": Comparison,
}


class SchemaFormat(StrEnum):
    """The format of a schema."""

    json = "json"


def schema(
    name: Annotated[RecordName, typer.Argument(help="The record.")],
    form: Annotated[SchemaFormat, FORMAT] = SchemaFormat.json,
    out: OutPath = None,
) -> None:
    """Print the JSON Schema of a submission, an exercise, a report, an atlas or a list of known heads."""
    print_or_write(rendered(name.value), out)


def rendered(name: str) -> str:
    """Return the schema as text, with the same bytes on every machine."""
    record = RECORDS[name]
    published = {"$schema": "https://json-schema.org/draft/2020-12/schema", **record.model_json_schema()}
    return json.dumps(published, indent=2, sort_keys=True)
