"""`grade explore`: the page on which heads are looked at, claimed and handed in."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from grader import exercises
from grader.base.environment import is_on
from grader.base.errors import InvalidInput, Problem
from grader.base.installed import can_measure, refuse_without
from grader.base.language import _
from grader.cli.console import say
from grader.cli.options import Device, TransformerPath, laboratory, waiting
from grader.cli.who import login_name
from grader.schema import REFERENCE

if TYPE_CHECKING:
    from grader.explorer.serving.application import Explorer
    from grader.explorer.weights import Ingredients
    from grader.schema import Exercise

DEFAULT_EXERCISE = "mini-heads"
SERVE = "serve"
"""The command that is meant if none is named."""


class ServeOrCommand(TyperGroup):
    """A group of commands in which every other word belongs to the one that serves the page."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - click's types, which Typer hides
        """Read the arguments, with the command's name in front where it is left out."""
        is_named = bool(args) and args[0] in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if is_named else [SERVE, *args])


app = typer.Typer(
    cls=ServeOrCommand,
    subcommand_metavar="[EXERCISE | COMMAND ...]",
    help="Look at the heads of a transformer on any sentence, and claim them.",
)


@app.command(SERVE)
def serve(
    exercise_id: Annotated[
        str | None,
        typer.Argument(
            help="The exercise. Default: mini-heads; with --transformer, only looking.",
            metavar="[EXERCISE]",
            show_default=False,
        ),
    ] = None,
    transformer: TransformerPath = None,
    device: Device = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            help="The port; 0 for any free one. Default: 8722 if it is free; the browser has your claims there.",
            show_default=False,
        ),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
) -> None:
    """Serve the page to this machine only, until Ctrl-C; this is what `grade explore` does by itself."""
    from grader.explorer.serving import listening

    def opened(address: str, address_once: str) -> None:
        say(address)
        say(_("This address is for you alone. Press Ctrl-C to close the page's server."), err=True)
        if open_browser:
            webbrowser.open(address_once)

    with listening.listener(port) as listener:  # first, because loading a transformer takes longer
        explorer = _explorer(exercise_id, transformer, device)
        from grader.explorer.serving import local

        local.serve(explorer, listener, opened, talks=is_on("GRADER_DEBUG"))


@app.command("build")
def build(
    out: Annotated[Path, typer.Option(help="The folder; an older page there is replaced.", metavar="DIR")],
    exercise_id: Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE")] = DEFAULT_EXERCISE,
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
    with laboratory(exercise, transformer, REFERENCE) as bench:
        site.build(exercise, bench.loaded if can_measure() else _files(exercise, transformer), out, service)
    say(_("written to {path}; open {page} in a browser", path=out, page=out / site.INDEX), err=True)


def _explorer(exercise_id: str | None, transformer: Path | None, device: str | None) -> "Explorer":
    """Return the page's parts: on an exercise, or on a transformer alone, with nothing to hand in."""
    if exercise_id is None and transformer is not None:
        if device is not None:
            message = _("nothing is measured without an exercise, and pages look on the CPU; leave --device out")
            raise InvalidInput("grade explore", [Problem("usage", message)])
        return _only_looking(transformer)
    exercise = exercises.load(exercise_id or DEFAULT_EXERCISE)
    with laboratory(exercise, transformer, device) as lab:
        whole = lab.whole if can_measure() else None
    from grader.explorer.content import contents
    from grader.explorer.handed_in import Desk
    from grader.explorer.serving.application import Explorer

    unlimited = {"attempts": None}  # as at one's own terminal: only a service counts them
    in_languages = {name: each.model_copy(update=unlimited) for name, each in contents(exercise).items()}
    desk = Desk(lab, login_name())
    if whole is None:
        say(_("The page computes by itself, in the browser: what measures is not installed here."), err=True)
        return Explorer(in_languages, _files(exercise, transformer), lambda _: desk)
    from grader.laboratory.looking import Looking

    return Explorer(in_languages, Looking(whole), lambda _: desk)


def _files(exercise: "Exercise", transformer: Path | None) -> "Ingredients":
    from grader.explorer.files import of_files

    return of_files(exercise.transformer, transformer)


def _only_looking(path: Path) -> "Explorer":
    refuse_without(_("looking at {path}", path=path))
    from grader.measuring import transformer
    from grader.measuring.transformer.stated import stated

    source = stated(path)
    with waiting(_("loading {name} ({how})", name=source.name, how="--transformer")):
        whole = transformer.load(source, path, whole=True)
    from grader.explorer.content import without_exercise
    from grader.explorer.serving.application import Explorer
    from grader.laboratory.looking import Looking
    from grader.students.texts import DEFAULT

    return Explorer(without_exercise(source.name, DEFAULT), Looking(whole))
