"""`make words`: collect the messages in code, templates, data and help, merge them into catalogues, compile these."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from babel.messages import Catalog, pofile
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from typer.main import get_command

from grader.base.language import CATALOGUES, DOMAIN, LANGUAGES
from grader.cli import COMMANDS, app, speech

REPOSITORY = Path(__file__).parents[2]
GRADER = REPOSITORY / "grader"
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
COUNTED = 2
"""The number of texts of a counted message: singular and plural."""
BEGINNING = datetime(2026, 11, 24, tzinfo=UTC)
"""The date in every catalogue; a date of today would change catalogues that are otherwise the same."""

COMMENT = "# What students read; `make words` brings it up to date, and docs/translating.md says how to go on."
Found = tuple[str, str | tuple[str, str]]
"""A file, and a message in it: singular and plural if it is counted."""


def template() -> Catalog:
    """Return a catalogue of every message, not translated, with its files."""
    catalog = Catalog(project=DOMAIN, domain=DOMAIN, fuzzy=False, creation_date=BEGINNING, revision_date=BEGINNING)
    for file, message in [*_marked(), *_in_data(), *_in_help()]:
        catalog.add(message, locations=[(file, 0)])
    return catalog


def po(language: str) -> Path:
    """Return the file of a language's translations."""
    return CATALOGUES / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(language: str) -> Catalog:
    """Return a language's translations, which are none for a new language."""
    if not po(language).exists():
        return Catalog(locale=language, domain=DOMAIN, creation_date=BEGINNING)
    with po(language).open("rb") as file:
        return pofile.read_po(file, locale=language, domain=DOMAIN)


def merge(language: str) -> int:
    """Bring a language's catalogue up to date, and return the number of messages without translation."""
    catalog = read(language)
    catalog.update(template(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    catalog.revision_date, catalog.fuzzy, catalog.header_comment = BEGINNING, False, COMMENT
    catalog.project, catalog.version = DOMAIN, ""
    catalog.msgid_bugs_address = catalog.last_translator = catalog.language_team = ""
    po(language).parent.mkdir(parents=True, exist_ok=True)
    with po(language).open("wb") as file:
        pofile.write_po(file, catalog, width=120, include_lineno=False, sort_by_file=True)
    with po(language).with_suffix(".mo").open("wb") as file:
        write_mo(file, catalog)
    return sum(1 for message in catalog if message.id and not all(_strings(message.string)))


def _strings(string: Any) -> tuple[str, ...]:  # noqa: ANN401 - Babel has no types
    return string if isinstance(string, tuple) else (string,)


def _marked() -> Iterator[Found]:
    """Yield the messages in calls of `_`, `N_` and `ngettext` in code and templates."""
    for file in sorted(GRADER.rglob("*.py")):
        yield from ((_name(file), message) for message in _in_code(file))
    for file in sorted(GRADER.rglob("*.jinja")):
        for _line, message, _comments, _context in extract_from_file("jinja2.ext:babel_extract", file, KEYWORDS):
            yield _name(file), message


def _in_code(file: Path) -> Iterator[str | tuple[str, str]]:
    """Yield the messages of a file, also those in f-strings, where Babel does not find them before Python 3.12.

    Raises:
        ValueError: The texts of a counted message are not in the call itself, so they cannot be collected.
    """
    calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        if not isinstance(call.func, ast.Name) or call.func.id not in KEYWORDS:
            continue
        texts = [each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if call.func.id == "ngettext":
            if len(texts) != COUNTED:
                raise ValueError(f"{_name(file)}:{call.lineno}: both texts of `ngettext` stand in the call itself")
            yield texts[0], texts[1]
        elif texts:
            yield texts[0]


def _name(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))


def _in_data() -> Iterator[Found]:
    """Yield the messages to students in our data files."""
    achievements = _data(GRADER / "students" / "achievements.yaml")
    yield from (("grader/students/achievements.yaml", name) for name in achievements["levels"])
    for one in achievements["achievements"]:
        yield from (("grader/students/achievements.yaml", one[key]) for key in ("name", "how"))
    for file in sorted((REPOSITORY / "exercises").glob("*/exercise.yaml")):
        exercise = _data(file)
        where = _name(file)
        yield where, exercise["title"]
        for kind in exercise["kinds"]:
            if "hint" in kind:
                yield where, kind["hint"]
            yield from ((where, threshold["source"]) for threshold in kind.get("thresholds", ()))


def _data(file: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _in_help() -> Iterator[Found]:
    """Yield the help of the command line and of each command for students."""
    shell: Any = get_command(app)
    yield from _help("grader/cli/__init__.py", shell)
    for name, (_where, line) in COMMANDS.items():
        yield "grader/cli/__init__.py", line
        if name in speech.STUDENTS:
            yield from _help("grader/cli", shell.commands[name])


def _help(file: str, command: Any) -> Iterator[Found]:  # noqa: ANN401
    """Yield the help of a command, of its options and arguments, and of its subcommands."""
    told = [command.help, command.epilog, *(parameter.help for parameter in command.params)]
    yield from ((file, text) for text in told if text)
    if command.name != "grade":
        inside = getattr(command, "commands", {})
        for name in inside.keys() - set(speech.INSTRUCTORS):
            yield from _help(file, inside[name])


if __name__ == "__main__":
    for each in LANGUAGES[1:]:
        print(f"{po(each)}: {merge(each)} messages lack a translation")  # noqa: T201 - `make words` says it
