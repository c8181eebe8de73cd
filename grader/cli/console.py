"""The console: everything that a command prints goes through here, and is made harmless on its way."""

import os
import sys

import typer

from grader.base import interrupt
from grader.base.screen import harmless


def say(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """Print the text on standard output, or with `err` on standard error; nothing more if Ctrl-C came."""
    if interrupt.came():  # and a library made a result of it, such as a pattern that does not match
        interrupt.leave()
    try:
        typer.echo(harmless(text), err=err, nl=nl)
    except BrokenPipeError:  # nobody reads on; the command still does its work and ends with its own exit code
        os.dup2(os.open(os.devnull, os.O_WRONLY), (sys.stderr if err else sys.stdout).fileno())


def has_colour() -> bool:
    """Return whether standard output is a terminal that shows colours, and nobody asked for none."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
