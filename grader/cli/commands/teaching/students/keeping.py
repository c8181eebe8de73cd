"""`grade students export`, `erase` and `retain`: what is kept of students, handed out, erased, or gone with age."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.spans import span
from grader.cli.commands.teaching.students.asking import (
    GROUP,
    By,
    PlatformName,
    StudentName,
    Yes,
    check_platform,
    the_student,
    who,
)
from grader.cli.console import say
from grader.cli.options import print_or_write, write
from grader.ledger import KnownStudent, Ledger
from grader.ledger.people import ageing, footprint
from grader.report.text.labels import visible
from grader.report.text.words import plural
from grader.service import streams, up
from grader.service.erasing import erasure, files
from grader.service.erasing.erasure import Erasure, Found, Places
from grader.service.settings import settings
from grader.students.course import exporting, retention

QUEUE = "GRADER_QUEUE_URL"
ASKING = "operator"
"""The user as whom the queue of `grade up` is asked."""
ELSEWHERE = (
    "Not reached from here: backups, galleries and pages that were built (build them again), exports, what platforms "
    "keep, and what others wrote of this student in their own notes. docs/privacy.md says what to do with each."
)
Logs = Annotated[
    list[Path] | None,
    typer.Option("--logs", help="A log file, or a folder with files *.log*; can be repeated.", metavar="PATH"),
]
NoQueue = Annotated[bool, typer.Option("--no-queue", help="Leave the queue out: there is none.")]


def export(
    student: StudentName,
    platform: PlatformName = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="With what the exercises hide from students; not for the student.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file.", metavar="PATH")] = None,
) -> None:
    """Write everything that is kept of a student as one JSON document."""
    with Ledger() as ledger:
        chosen = the_student(ledger, student, platform, "export")
        with _places(no_queue=True) as places:
            theirs = Erasure(ledger, chosen, places).footprint()
        text = exporting.document(chosen, footprint.rows(ledger, theirs), ledger.now(), whole=whole)
    if out is None:
        print_or_write(text, None)
    else:
        write(f"{text}\n".encode(), out)


def erase(
    names: Annotated[list[str] | None, typer.Argument(help="The students.", metavar="[STUDENT]...")] = None,
    platform: PlatformName = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Erase those once more who were erased before; after an older copy came back."),
    ] = False,
    yes: Yes = False,
    logs: Logs = None,
    no_queue: NoQueue = False,
    by: By = None,
) -> None:
    """Erase students: list what is kept of them, and with --yes remove it everywhere."""
    if bool(names) == again or (again and not yes):
        raise InvalidInput(f"{GROUP} erase", [Problem("usage", "name students, or use --again --yes")])
    with Ledger() as ledger, _places(no_queue=no_queue, logs=logs) as places:
        if again:
            for back in erasure.again(ledger, places, who(by)):
                say(f"{visible(back.student)} (platform {back.platform}) is erased again")
            return
        if platform is not None:
            check_platform(ledger, platform)
        for name in names or ():
            chosen = _to_erase(ledger, name, platform)
            _erase(Erasure(ledger, chosen, places), who(by), yes=yes)
    _say_of_packed(places)
    say(ELSEWHERE if yes else "Nothing was changed. To erase all of this, add --yes.", err=True)


def _to_erase(ledger: Ledger, name: str, platform: str | None) -> KnownStudent:
    """Return the student; one who is known no more may be named with the platform, to finish what was begun."""
    if platform is not None:
        return KnownStudent(platform, name)
    return the_student(ledger, name, platform, "erase")


def _erase(erased: Erasure, by: str, *, yes: bool) -> None:
    found = erased.erase(by) if yes else erased.found()
    name = f"{visible(erased.who.student)} (platform {erased.who.platform})"
    say(f"{name}: {'erased' if yes else 'kept'}" if not found.is_empty else f"{name}: nothing is kept")
    for line in _lines(found):
        say(f"  {line}")


def _lines(found: Found) -> Iterator[str]:
    for table, number in sorted(found.rows.items()):
        yield f"{plural(number, 'row', 'rows')} in {table}"
    if found.nameless:
        yield f"{plural(found.nameless, 'unreadable file', 'unreadable files')} of unknown students with the name in it"
    if found.queue:
        yield f"{plural(found.queue, 'entry', 'entries')} on the queue"
    if found.sentences:
        yield plural(found.sentences, "recomputed sentence", "recomputed sentences")
    for file, number in found.logs.items():
        yield f"{plural(number, 'place', 'places')} in {file}"
    if found.pages:
        pages = plural(found.pages, "page", "pages")
        yield f"{pages} of the gallery in {settings().web.gallery}: they stay until you build it again"


def _say_of_packed(places: Places) -> None:
    for file in files.packed(places.logs):
        say(f"{file}: packed, so nothing in it was looked at; delete it, or let it expire", err=True)


def retain(
    older_than: Annotated[
        str, typer.Option("--older-than", help="The age: 2y, 6m, 8w or 90d.", metavar="AGE", show_default=False)
    ],
    everything: Annotated[
        bool, typer.Option("--students", help="Also erase the students of whom nothing was heard for so long.")
    ] = False,
    yes: Yes = False,
    logs: Logs = None,
    no_queue: NoQueue = False,
    by: By = None,
) -> None:
    """Remove what students wrote after a time: files, notes, sentences, dead letters; grades and XP stay."""
    with Ledger() as ledger, _places(no_queue=no_queue or not everything, logs=logs) as places:
        before = ledger.now() - span(older_than, "--older-than")
        if everything:
            for chosen in retention.silent_since(ledger, before):
                _erase(Erasure(ledger, chosen, places), who(by), yes=yes)
        act = ageing.forget if yes else ageing.aged
        aged = act(ledger, before, retention.without_words)
        if yes:
            ledger.compact()
    say(f"{plural(aged.documents, 'file', 'files')} as handed in before {before:%Y-%m-%d}")
    say(f"{plural(aged.reports, 'report', 'reports')} with notes or sentences")
    say(plural(aged.letters, "dead letter", "dead letters"))
    say("all of this is removed" if yes else "Nothing was changed. To remove all of this, add --yes.", err=True)


@contextmanager
def _places(*, no_queue: bool, logs: list[Path] | None = None) -> Iterator[Places]:
    """Provide the places besides the ledger.

    Raises:
        InvalidInput: There is a queue on this machine that does not run, or none is named.
    """
    found, gallery = files.logs(logs or ()), settings().web.gallery
    if no_queue:
        yield Places(None, found, gallery)
        return
    given = settings(_environment())
    with streams.explained(given.queue_url), streams.connect(given.queue_url, given.queue_ca) as client:
        client.ping()
        yield Places(client, found, gallery)


def _environment() -> dict[str, str]:
    """Return the environment with the queue of `grade up`, if it runs and no other one is named."""
    environment = dict(os.environ)
    if any(environment.get(name) for name in (QUEUE, f"{QUEUE}_FILE")):
        return environment
    if up.running() is None:
        message = f"no queue is named: set {QUEUE}_FILE, or start `grade up` if that is the one; or add --no-queue"
        raise InvalidInput(f"{GROUP} erase", [Problem("no-queue", message)])
    return environment | {f"{QUEUE}_FILE": str(up.url_file(ASKING))}
