"""A new exercise's starting point: a commented folder that loads as it is."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.files import write_whole
from grader.schema import Identifier

TEMPLATE = Path(__file__).with_name("starting_point")
PLACEHOLDER = "your-heads"
SHIPPED_SCHEMAS = "../../docs/schema"
"""The folder of the schemas, relative to an exercise in the grader's own source."""
SCHEMAS = ".schema"
"""The folder beside the exercises where the schemas are written otherwise."""


def start(name: str, root: Path, schemas: Mapping[str, str]) -> Path:
    """Write a new exercise into `root` and return its folder; the `schemas`, by file name, are for editors.

    Nothing is overwritten.

    Raises:
        InvalidInput: The name is not an id or is taken, or the folder cannot be written.
    """
    folder = root / name
    if problem := _problem(name, folder):
        raise InvalidInput("grade exercises new", [problem])
    try:
        folder.mkdir(parents=True)
        schema_folder = SHIPPED_SCHEMAS
        if not (folder / SHIPPED_SCHEMAS).is_dir():
            schema_folder = f"../{SCHEMAS}"
            for file, text in schemas.items():
                write_whole(root / SCHEMAS / file, text.encode())
        for source in sorted(TEMPLATE.iterdir()):
            text = source.read_text("utf-8").replace(PLACEHOLDER, name).replace(SHIPPED_SCHEMAS, schema_folder)
            write_whole(folder / source.name, text.encode())
    except OSError as error:
        message = f"{folder}: cannot be written: {error.strerror}"
        raise InvalidInput("grade exercises new", [Problem("unwritable", message)]) from None
    return folder


def _problem(name: str, folder: Path) -> Problem | None:
    try:
        TypeAdapter(Identifier).validate_python(name)
    except ValidationError:
        message = f"`{name}` is not an id: lower-case words and digits joined by hyphens, 64 characters at most"
        return Problem("bad-name", message)
    if name in exercises.RESERVED:
        return Problem("reserved-id", f"`grade exercises {name}` is a command; choose another id")
    taken = {known.name: known for root in exercises.folders() for known in exercises.within(root)}
    if name in taken or folder.exists():
        return Problem("taken", f"{taken.get(name, folder)} exists already; nothing is overwritten")
    if (folder.parent / exercises.FILE_NAME).exists():
        return Problem(
            "inside-exercise", f"{folder.parent} is an exercise; name the folder that should hold the new one"
        )
    return None
