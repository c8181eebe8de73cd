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
"""Where the schemas lie, seen from an exercise that comes with the grader's source."""
SCHEMAS = ".schema"
"""Where they are written otherwise: beside the exercises, in a folder that is none."""


def start(name: str, root: Path, schemas: Mapping[str, str]) -> Path:
    """The new exercise's folder inside `root`; the `schemas`, by file name, are for the editor.

    Raises:
        InvalidInput: The name is no id or is taken, or the folder cannot be written; nothing is overwritten.
    """
    folder = root / name
    if why := _why_not(name, folder):
        raise InvalidInput("grade exercises new", [why])
    try:
        folder.mkdir(parents=True)
        place = SHIPPED_SCHEMAS
        if not (folder / SHIPPED_SCHEMAS).is_dir():
            place = f"../{SCHEMAS}"
            for file, text in schemas.items():
                write_whole(root / SCHEMAS / file, text.encode())
        for source in sorted(TEMPLATE.iterdir()):
            text = source.read_text("utf-8").replace(PLACEHOLDER, name).replace(SHIPPED_SCHEMAS, place)
            write_whole(folder / source.name, text.encode())
    except OSError as error:
        message = f"{folder}: cannot be written: {error.strerror}"
        raise InvalidInput("grade exercises new", [Problem("unwritable", message)]) from None
    return folder


def _why_not(name: str, folder: Path) -> Problem | None:
    try:
        TypeAdapter(Identifier).validate_python(name)
    except ValidationError:
        message = f"`{name}` is no id: lower-case words and digits joined by hyphens, 64 characters at most"
        return Problem("bad-name", message)
    if name in exercises.RESERVED:
        return Problem("reserved-id", f"`grade exercises {name}` is a command; choose another id")
    taken = {known.name: known for root in exercises.folders() for known in exercises.within(root)}
    if name in taken or folder.exists():
        return Problem("taken", f"{taken.get(name, folder)} is there already, and nothing is overwritten")
    if (folder.parent / exercises.FILE_NAME).exists():
        return Problem("inside-exercise", f"{folder.parent} is an exercise; name the folder that is to hold this one")
    return None
