"""`grade progress`: XP, level and achievements, from the ledger; and offline work handed in."""

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.cli.options import AsJson
from grader.cli.who import login_name

if TYPE_CHECKING:
    from grader.students.xp import HintLine, HistoryLine, Progress

SYNC = "sync"
"""The word that hands in what was made offline."""
BAR = 24
"""Characters."""
SIGNS = {"full": "\N{FULL BLOCK}", "empty": "\N{LIGHT SHADE}", "earned": "\N{CHECK MARK}", "open": "\N{WHITE CIRCLE}"}
PLAIN = {"full": "#", "empty": ".", "earned": "*", "open": "-"}
"""The same where the encoding has no others, and in a pipe."""

Words = Annotated[
    list[str] | None,
    typer.Argument(
        help="Whose, your login name by default; `sync` hands in what was made offline.",
        metavar="[sync] [STUDENT]",
        show_default=False,
    ),
]
ProgressPlatform = Annotated[
    str | None,
    typer.Option(
        "--platform", help="What was handed in there alone; with sync, where it is handed in.", metavar="NAME"
    ),
]
SyncQueue = Annotated[str | None, typer.Option("--queue", help="With sync: where to hand it in.", metavar="URL")]
UseAttempts = Annotated[bool, typer.Option("--use-attempts", help="With sync: also where an exercise counts attempts.")]


def progress(
    words: Words = None,
    platform: ProgressPlatform = None,
    queue: SyncQueue = None,
    use_attempts: UseAttempts = False,
    as_json: AsJson = False,
) -> None:
    """Show XP, level and achievements."""
    is_sync, student = _asked(list(words or ()))
    if is_sync != (queue is not None) or (is_sync and as_json) or (use_attempts and not is_sync):
        raise _usage()
    if queue is not None:
        _sync(queue, platform, student, use_attempts)
        return
    name = student or login_name()
    found = _found(name, platform)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    is_terminal = sys.stdout.isatty()
    has_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    has_colour = is_terminal and not os.environ.get("NO_COLOR")
    for line in _told(name, found, SIGNS if is_terminal and has_unicode else PLAIN):
        typer.echo(line, color=has_colour)


def _asked(words: list[str]) -> tuple[bool, str | None]:
    """Whether to hand in, and the student who is named."""
    is_sync = words[:1] == [SYNC]
    names = words[1:] if is_sync else words
    if len(names) > 1:
        raise _usage()
    return is_sync, names[0] if names else None


def _usage() -> InvalidInput:
    message = _("either `grade progress [STUDENT]`, or `grade progress sync [STUDENT] --queue URL`")
    return InvalidInput("grade progress", [Problem("usage", message)])


def _found(name: str, platform: str | None) -> "Progress":
    """Where the student stands: on one platform, or with all that is in the ledger, hints and their cost too."""
    from grader.ledger import Ledger
    from grader.ledger.hints import taken
    from grader.students import identity, xp

    with Ledger() as ledger:
        if platform is not None:
            return xp.progress(ledger.entries(student=name, platform=platform))
        names = identity.names(name, login_name(), {each.student for each in ledger.students()})
        return xp.progress(identity.merged(identity.works(ledger, names), name), taken(ledger, names))


def _sync(url: str, platform: str | None, student: str | None, use_attempts: bool) -> None:
    """Hand in what was made offline."""
    from grader.cli.handing_in import queued, syncing
    from grader.ledger import Ledger
    from grader.students import identity

    settings = queued.queue_settings(url)
    with Ledger() as ledger:
        names = identity.names(login_name(), login_name(), {each.student for each in ledger.students()})
        named = sorted(names - {login_name()})
        who = student or (named[0] if named else login_name())
        place = syncing.Destination(settings, queued.platform_of(url, platform), who)
        lines = list(syncing.hand_in(ledger, place, use_attempts=use_attempts).lines(url))
    for line in lines or [_("everything that was made offline is handed in")]:
        typer.echo(line)


def _told(name: str, found: "Progress", signs: dict[str, str]) -> Iterator[str]:
    """All of it in lines; their colours are taken out where there are none."""
    step = found.xp_into_level + found.xp_to_next
    full = BAR * found.xp_into_level // step
    message = _("level {level}, {level_name}; {xp} XP", level=found.level, level_name=_(found.level_name), xp=found.xp)
    yield f"{name}: {typer.style(message, bold=True)}"
    bar = typer.style(signs["full"] * full, fg="green") + typer.style(signs["empty"] * (BAR - full), dim=True)
    yield f"[{bar}] {_('{into}/{step} XP to next level', into=found.xp_into_level, step=step)}"
    yield ""
    total = len(found.earned) + len(found.open)
    yield _("{number} of {total} achievements", number=len(found.earned), total=total)
    for earned in found.earned:
        sign = typer.style(signs["earned"], fg="green")
        what = earned.achievement
        yield f"{sign} {typer.style(_(what.name), bold=True)}: {_(what.how)} ({earned.when:%Y-%m-%d})"
    for still_open in found.open:
        needed, reached = still_open.condition.at_least, found.reached.get(still_open.id, 0)
        far = _("({reached} of {needed})", reached=reached, needed=needed) if needed > 1 else ""
        yield f"{signs['open']} {_(still_open.name)}: {_(still_open.how)} {far}".rstrip()
    if found.history or found.hints:
        yield ""
        yield from _history(found)


def _history(found: "Progress") -> Iterator[str]:
    """Submissions and hints in the order in which they changed something."""
    hints = list(found.hints)
    for line in found.history:
        while hints and hints[0].when <= line.when:
            yield _bought(hints.pop(0))
        yield _handed_in(line)
    yield from map(_bought, hints)


def _handed_in(line: "HistoryLine") -> str:
    if line.regraded:
        what = _("regraded because {reason}", reason=_(line.reason))
    else:
        what = _("passed") if line.passed else _("not passed yet")
    return f"{line.when:%Y-%m-%d %H:%M} {line.exercise} {line.score:.0%} {what}, {_change(line.xp_change)}"


def _bought(line: "HintLine") -> str:
    what = _("hint for {kind}", kind=line.kind)
    return f"{line.when:%Y-%m-%d %H:%M} {line.exercise} {what}, {_change(line.xp_change)}"


def _change(xp: int) -> str:
    message = f"{xp:+d} XP"
    return typer.style(message, fg="green" if xp > 0 else "red") if xp else message
