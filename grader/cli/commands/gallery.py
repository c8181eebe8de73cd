"""`grade gallery`: what students found and wish to show, as a static site."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import exercises
from grader.base import home
from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.base.language import N_, _
from grader.cli.options import TABLES
from grader.schema import Exercise

if TYPE_CHECKING:
    from grader.gallery.entries import ShownSubmission
    from grader.gallery.site import Gallery

ADDRESS = re.compile(r"https?://[^\s\"'<>?#/]+(/[^\s\"'<>?#]*)?")
PORT = 8040
"""Where `grade gallery serve` listens, unless it is told otherwise."""

app = typer.Typer(
    help="Make a static site of what was confirmed and may be shown, and look at it.", no_args_is_help=True
)


@app.command("build")
def build(
    out: Annotated[Path, typer.Option(help="The site's folder; an older gallery in it is replaced.", metavar="DIR")],
    exercise: Annotated[
        list[str] | None, typer.Option(help="Only this exercise; may be given again.", metavar="ID", show_default=False)
    ] = None,
    platform: Annotated[str | None, typer.Option(help="Only its students.", metavar="NAME")] = None,
    title: Annotated[str | None, typer.Option(help="What the site is called.", metavar="T", show_default=False)] = None,
    url: Annotated[
        str | None, typer.Option(help="Where it will be found: makes the feeds' links absolute.", metavar="BASE")
    ] = None,
    recompute: Annotated[
        bool, typer.Option("--recompute", help="Draw sentences that are not kept here, too; loads the transformer.")
    ] = False,
) -> None:
    """Make the site from the ledger: confirmed claims of the newest submissions, if they say `gallery: true`."""
    from grader.gallery import entries, folder, site
    from grader.gallery.discretion import Discretion
    from grader.gallery.pictures import Pictures
    from grader.ledger import Ledger
    from grader.students import pseudonyms

    _refuse_address(url)
    chosen = {name: exercises.load(name) for name in exercise} if exercise else _sound()
    logins: set[str] = set()
    found: list[entries.ShownSubmission] = []
    with folder.replaced(out) as new:
        with Ledger() as ledger:
            for name in chosen:
                found += entries.shown_submissions(ledger, name, logins, platform)
            known = ledger.exercises(platform)
        if platform and not known:
            message = _("nothing in the ledger came from platform {platform}", platform=platform)
            raise InvalidInput(f"--platform {platform}", [Problem("unknown-platform", message)])
        tables = home.writable_folder(TABLES)
        gallery = site.Gallery(
            name=title or _("Gallery of attention heads"),
            exhibits=entries.exhibits(found, pseudonyms.key(), Discretion(logins)),
            exercises=chosen,
            pictures={name: Pictures(each, tables, recompute=recompute) for name, each in chosen.items()},
            base=url,
        )
        files = site.Site(gallery, new).write()
    for message in _left_out(gallery, found, set() if exercise else known - set(chosen)):
        typer.echo(message, err=True)
    numbers = {"claims": len(gallery.exhibits), "submissions": len(found), "files": files}
    message = N_("written to {path} (confirmed claims: {claims}; submissions: {submissions}; files: {files})")
    typer.echo(_(message, path=out, **numbers), err=True)


def _sound() -> dict[str, Exercise]:
    """All exercises that can be read; one that is wrong is said, and hides no other."""
    found = {}
    for name in exercises.available():
        try:
            found[name] = exercises.load(name)
        except ExerciseError as fault:
            typer.echo(_("left out: {error}", error=fault), err=True)
    return found


def _refuse_address(url: str | None) -> None:
    if url and not ADDRESS.fullmatch(url):
        message = _("it is no address of a site; write it like https://heads.example/gallery")
        raise InvalidInput(f"--url {url}", [Problem("no-address", message)])


def _left_out(gallery: "Gallery", found: "list[ShownSubmission]", beside: set[str]) -> Iterator[str]:
    """What is not shown, and why."""
    for each in gallery.pictures.values():
        yield from each.missing
    if hidden := {each.report.exercise for each in found if each.report.feedback == "score"}:
        yield _("not shown, as students are told their score only: {exercises}", exercises=", ".join(sorted(hidden)))
    if beside:
        yield _("left out, as they are not known here: {exercises}", exercises=", ".join(sorted(beside)))


@app.command("serve")
def serve(
    folder: Annotated[Path, typer.Argument(help="The folder that `grade gallery build` wrote.", metavar="DIR")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = PORT,
) -> None:
    """Show the site on this machine alone, until Ctrl-C."""
    from grader.gallery.serving import server

    with server(folder, port) as listening:
        host, number = listening.server_address[:2]
        typer.echo(f"http://{host!s}:{number}/")
        listening.serve_forever()
