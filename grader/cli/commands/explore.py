"""`grade explore`: the page on which heads are looked at, claimed and handed in, served on this machine."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from grader import exercises
from grader.base.environment import is_on
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.cli.console import say
from grader.cli.options import TransformerPath, laboratory, waiting
from grader.cli.who import login_name

if TYPE_CHECKING:
    from grader.explorer.serving.application import Explorer

DEFAULT_EXERCISE = "mini-heads"
SERVE = "serve"
"""The subcommand that is meant if none is named."""
