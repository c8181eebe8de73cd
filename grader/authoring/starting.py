"""A new exercise's starting point: a commented folder that loads as it is."""

from collections.abc import Mapping
from pathlib import Path

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.files import write_whole
from grader.schema import is_identifier

TEMPLATE = Path(__file__).with_name("starting_point")
PLACEHOLDER = "your-heads"
SHIPPED_SCHEMAS = "../../docs/schema"
"""The folder of the schemas, relative to an exercise in the grader's own source."""
SCHEMAS = ".schema"
"""The folder beside the exercises where the schemas are written otherwise."""


def start(name: str, root: Path, schemas: Mapping[str, str], files: Mapping[str, str] | None = None) -> Path:
    """Write a new exercise into `root` and return its folder; the `schemas`, by file name, are for editors.

    Nothing is overwritten.

    Args:
        name: The exercise's id.
        root: The folder in which its folder is made.
        schemas: The text of each schema, by file name.
        files: The text of each file, by file name; without them, those of the template.

    Raises:
        InvalidInput: The name is not an id or is taken, or the folder cannot be written.
    """
    refuse_name(name, root)
    folder = root / name
    texts = _template(name) if files is None else files
    try:
        folder.mkdir(parents=True)
        schema_folder = SHIPPED_SCHEMAS
        if not (folder / SHIPPED_SCHEMAS).is_dir():
            schema_folder = f"../{SCHEMAS}"
            for file, text in schemas.items():
                write_whole(root / SCHEMAS / file, text.encode())
        for file, text in texts.items():
            write_whole(folder / file, text.replace(SHIPPED_SCHEMAS, schema_folder).encode())
    except OSError as error:
        message = f"{folder}: cannot be written: {error.strerror}"
        raise InvalidInput("grade exercises new", [Problem("unwritable", message)]) from None
    return folder


def refuse_name(name: str, root: Path) -> None:
    """Refuse a name for a new exercise in `root` that is not an id, or is taken.

    Raises:
        InvalidInput: It is.
    """
    if problem := _problem(name, root / name):
        raise InvalidInput("grade exercises new", [problem])


def _template(name: str) -> dict[str, str]:
    return {source.name: source.read_text("utf-8").replace(PLACEHOLDER, name) for source in sorted(TEMPLATE.iterdir())}


def _problem(name: str, folder: Path) -> Problem | None:
    if not is_identifier(name):
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
