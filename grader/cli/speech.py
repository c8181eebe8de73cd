"""The language of the command line: decided before anything is said, so that help comes in it as well.

Students are spoken to in their language; what instructors and operators call stays English, as its documentation is.
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
STUDENTS = ("submit", "check", "show", "scan", "progress", "hint", "gallery", "exercises", "status", "report")
"""The commands that speak to students."""
INSTRUCTORS = ("check", "new", "sentences")
"""What `grade exercises` does that is not for students."""
LETTERS = 52
"""Of a line of help, at most, where most letters take two cells: the library that breaks the lines counts letters."""
FRAME = (
    *(N_("Arguments"), N_("Options"), N_("Commands"), N_("required"), N_("default: {default}")),
    N_("Show this message and exit."),
)
"""What the library says around our help; it looks most of it up in the catalogue by itself."""


def begin(arguments: Sequence[str]) -> None:
    """Speak the language that was asked for, or the system's, if the command is one for students.

    Raises:
        UnknownLanguage: it is not one of ours.
    """
    option, words = _read(arguments)
    language = chosen(option)
    speak(language if not words or _is_for_students(*words[:2]) else LANGUAGES[0])
    if spoken() != LANGUAGES[0]:
        gettext.bindtextdomain(DOMAIN, str(CATALOGUES))
        gettext.textdomain(DOMAIN)
        os.environ["LANGUAGE"] = language  # the library's own order: this goes before every other variable
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # where the encoding lacks our letters, better ? than an error


def helped(command: Any) -> Any:  # noqa: ANN401 - click's types, which Typer hides
    """The command with its help, and that of all that is in it, in the language that is spoken."""
    if spoken() == LANGUAGES[0]:
        return command
    command.context_settings = {**command.context_settings, "max_content_width": LETTERS}
    for told in (command, *command.params, command.get_help_option(typer.Context(command))):
        text = told.help or ""
        told.help = _(text)
    if command.epilog:
        command.epilog = _(command.epilog)
    for name in getattr(command, "commands", ()):
        helped(command.commands[name])
    return command


def _is_for_students(command: str, word: str = "") -> bool:
    return command in STUDENTS and not (command == "exercises" and word in INSTRUCTORS)


def _read(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """The value of `--lang`, and the words that follow the options before the command."""
    option, rest = None, list(arguments)
    while rest and rest[0].startswith("-"):
        given = rest.pop(0)
        if given == OPTION and rest:
            option = rest.pop(0)
        elif given.startswith(f"{OPTION}="):
            option = given.partition("=")[2]
    return option, rest
