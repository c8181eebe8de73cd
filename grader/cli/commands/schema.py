"""`grade schema`: the JSON Schema of a record."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from grader.cli.options import FORMAT, OutPath, print_or_write
from grader.schema import Exercise, Record, Report, Submission
from grader.schema.atlas import Atlas, Comparison


class RecordName(StrEnum):
    """The records that platforms and editors use."""

    submission = "submission"
    exercise = "exercise"
    report = "report"
    atlas = "atlas"
    comparison = "comparison"


RECORDS: dict[str, type[Record]] = {
    "submission": Submission,
    "exercise": Exercise,
    "report": Report,
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
    """Print the JSON Schema of a submission, an exercise, a report or an atlas."""
    print_or_write(rendered(name.value), out)


def rendered(name: str) -> str:
    """Return the schema as text, with the same bytes on every machine."""
    record = RECORDS[name]
    published = {"$schema": "https://json-schema.org/draft/2020-12/schema", **record.model_json_schema()}
    return json.dumps(published, indent=2, sort_keys=True)
