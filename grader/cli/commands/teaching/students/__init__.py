"""`grade students`: the people of a course, one room for each thing that an instructor does with them."""

from collections.abc import Callable

import typer

from grader.cli.commands.teaching.students import deciding, keeping, looking, roster

app = typer.Typer(
    help="List students, show one, decide something for one, hand out or erase what is kept of one.",
    no_args_is_help=True,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "list": looking.list_students,
    "show": looking.show,
    "same": looking.same,
    "roster": roster.roster,
    "extend": deciding.extend,
    "attempts": deciding.attempts,
    "excuse": deciding.excuse,
    "override": deciding.override,
    "adjustments": deciding.adjustments,
    "undo": deciding.undo,
    "readmit": deciding.readmit,
    "export": keeping.export,
    "erase": keeping.erase,
    "retain": keeping.retain,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
