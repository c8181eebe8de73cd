"""`grade gallery`: the heads that students found and want to show, as a static site."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grader import exercises
from grader.base import home
from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.cli.console import say
from grader.cli.options import SelectionOptions, readable, selecting

if TYPE_CHECKING:
    from grader.gallery.entries import ShownSubmission
    from grader.gallery.site import Gallery

ADDRESS = re.compile(r"https?://[^\s\"'<>?#/]+(/[^\s\"'<>?#]*)?")
PORT = 8040
"""The default port of `grade gallery serve`."""

app = typer.Typer(
    help="Build a static site of the confirmed claims that students want to show, and view it.", no_args_is_help=True
)


@app.command("build")
@selecting
def build(
    out: Annotated[Path, typer.Option(help="The site's folder; an older gallery there is replaced.", metavar="DIR")],
    asked: SelectionOptions,
    exercise: Annotated[
        list[str] | None, typer.Option(help="Only this exercise; can be repeated.", metavar="ID", show_default=False)
    ] = None,
    title: Annotated[str | None, typer.Option(help="The site's title.", metavar="T", show_default=False)] = None,
    url: Annotated[
        str | None, typer.Option(help="The site's address; it makes the links in feeds absolute.", metavar="BASE")
    ] = None,
    recompute: Annotated[
        bool,
        typer.Option("--recompute", help="Also draw sentences not stored here; this loads the transformer."),
    ] = False,
) -> None:
    """Build the site from the ledger: confirmed claims of the newest submissions, if these say `gallery: true`."""
    from grader.gallery import entries, exploring, folder, site
    from grader.gallery.discretion import Discretion
    from grader.gallery.pictures import Pictures
    from grader.ledger import Ledger
    from grader.students import pseudonyms

    _refuse_address(url)
    chosen = {name: exercises.load(name) for name in exercise} if exercise else readable()
    logins: set[str] = set()
    submissions: list[entries.ShownSubmission] = []
    with folder.replaced(out) as new:
        with Ledger() as ledger:
            selection = asked.selection(ledger)
            for name in chosen:
                submissions += entries.shown_submissions(ledger, name, logins, selection)
            known = ledger.exercises(asked.platform)
        shown = {each.report.exercise for each in submissions}
        tables = home.writable_folder(home.TABLES)
        gallery = site.Gallery(
            name=title or _("Gallery of attention heads"),
            exhibits=entries.exhibits(submissions, pseudonyms.key(), Discretion(logins)),
            exercises=chosen,
            pictures={name: Pictures(each, tables, recompute=recompute) for name, each in chosen.items()},
            base=url,
            explorable=exploring.explorable(chosen[name] for name in chosen if name in shown),
        )
        files = site.Site(gallery, new).write()
    for message in _left_out(gallery, submissions, set() if exercise else known - set(chosen)):
        say(message, err=True)
    numbers = {"claims": len(gallery.exhibits), "submissions": len(submissions), "files": files}
    message = N_("written to {path} (confirmed claims: {claims}; submissions: {submissions}; files: {files})")
    say(_(message, path=out, **numbers), err=True)


def _refuse_address(url: str | None) -> None:
    if url and not ADDRESS.fullmatch(url):
        message = _("it is not the address of a site; write it like https://heads.example/gallery")
        raise InvalidInput(f"--url {url}", [Problem("no-address", message)])


def _left_out(gallery: "Gallery", submissions: "list[ShownSubmission]", unknown: set[str]) -> Iterator[str]:
    """Yield what is not shown, and why."""
    for each in gallery.pictures.values():
        yield from each.missing
    if hidden := {each.report.exercise for each in submissions if each.report.feedback == "score"}:
        yield _("not shown, because students see only their score: {exercises}", exercises=", ".join(sorted(hidden)))
    if unknown:
        yield _("left out, because they are not known here: {exercises}", exercises=", ".join(sorted(unknown)))


@app.command("serve")
def serve(
    folder: Annotated[Path, typer.Argument(help="The folder that `grade gallery build` wrote.", metavar="DIR")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any free one.")] = PORT,
) -> None:
    """Serve the site to this machine only, until Ctrl-C."""
    from grader.gallery.serving import server

    with server(folder, port) as listening:
        host, number = listening.server_address[:2]
        say(f"http://{host!s}:{number}/")
        listening.serve_forever()
