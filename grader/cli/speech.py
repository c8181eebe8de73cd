"""The language of the command line, chosen before anything is printed, so that it applies to help as well.

Messages to students are translated. Commands for instructors and operators stay English, like their documentation.
"""

import gettext
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any

import typer

from grader.base.language import CATALOGUES, DOMAIN, LANGUAGES, N_, _, chosen, speak, spoken

OPTION = "--lang"
STUDENTS = (
    "submit", "check", "show", "scan", "atlas", "ablate", "trace", "progress", "hint", "explore", "gallery",
    "exercises", "status", "report",
)  # fmt: skip
"""The commands for students."""
INSTRUCTORS = ("check", "new", "publish", "sentences", "verify")
"""The subcommands of `grade exercises` that are not for students."""
LETTERS = 52
"""The most letters in a translated line of help: the library counts letters, and most of Korean take two cells."""
FRAME = (
    *(N_("Arguments"), N_("Options"), N_("Commands"), N_("required"), N_("default: {default}")),
    N_("Show this message and exit."),
)
"""The library's own words around our help; it looks up most of them in the catalogue by itself."""


def choose_language(arguments: Sequence[str]) -> None:
    """Choose the requested language, else the system's; it applies if the command is for students.

    Raises:
        UnknownLanguage: There is no translation into the requested language.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # if the encoding lacks a letter, ? is better than an error
    option, words = _read(arguments)
    language = chosen(option)
    speak(language if not words or _is_for_students(*words[:2]) else LANGUAGES[0])
    if spoken() != LANGUAGES[0]:
        gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
        gettext.textdomain(DOMAIN)
        os.environ["LANGUAGE"] = language  # the library reads this before every other variable


def translated(command: Any) -> Any:  # noqa: ANN401 - click's types, which Typer hides
    """Translate the help of a command, its options and its subcommands, and return the command."""
    if spoken() == LANGUAGES[0]:
        return command
    command.context_settings = {**command.context_settings, "max_content_width": LETTERS}
    for part in (command, *command.params, command.get_help_option(typer.Context(command))):
        text = part.help or ""
        part.help = _(text)
    if command.epilog:
        command.epilog = _(command.epilog)
    for name in getattr(command, "commands", ()):
        translated(command.commands[name])
    return command


def _is_for_students(command: str, word: str = "") -> bool:
    return command in STUDENTS and not (command == "exercises" and word in INSTRUCTORS)


def _read(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the value of `--lang`, and the command with all words after it."""
    option, rest = None, list(arguments)
    while rest and rest[0].startswith("-"):
        given = rest.pop(0)
        if given == OPTION and rest:
            option = rest.pop(0)
        elif given.startswith(f"{OPTION}="):
            option = given.partition("=")[2]
    return option, rest
