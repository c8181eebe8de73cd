"""`grade explore`: the page on which heads are looked at and claimed."""

from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.base.language import _
from grader.cli.console import say
from grader.cli.options import TransformerPath, laboratory

DEFAULT_EXERCISE = "mini-heads"

app = typer.Typer(help="Look at the heads of a transformer on any sentence, and claim them.", no_args_is_help=True)


@app.command("build")
def build(
    out: Annotated[Path, typer.Option(help="The folder; an older page there is replaced.", metavar="DIR")],
    exercise_id: Annotated[str, typer.Argument(help="The exercise.", metavar="[EXERCISE]")] = DEFAULT_EXERCISE,
    service: Annotated[
        str | None,
        typer.Option(help="The address of a service to which the page hands in.", metavar="URL", show_default=False),
    ] = None,
    transformer: TransformerPath = None,
) -> None:
    """Write the page and its transformer into a folder: it opens as a file, without a server, and on any site."""
    from grader.explorer import site

    exercise = exercises.load(exercise_id)
    site.refuse_address(service)
    with laboratory(exercise, transformer) as bench:
        site.build(exercise, bench.loaded, out, service)
    say(_("written to {path}; open {page} in a browser", path=out, page=out / site.INDEX), err=True)
