"""`grade progress`: XP, level and achievements from the ledger; `sync` hands in offline work."""

import os
import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.base.names import plain
from grader.base.numbers import percent
from grader.cli.options import AsJson
from grader.cli.who import login_name
from grader.documents import did_you_mean, listed, shown
from grader.ledger import LOCAL, KnownStudent, Ledger
from grader.ledger.hints import taken
from grader.students import identity, xp
from grader.students.xp import HintLine, HistoryLine, Progress

SYNC = "sync"
"""The word that hands in offline work."""
BAR = 24
"""Characters."""
SIGNS = {"full": "\N{FULL BLOCK}", "empty": "\N{LIGHT SHADE}", "earned": "\N{CHECK MARK}", "open": "\N{WHITE CIRCLE}"}
PLAIN = {"full": "#", "empty": ".", "earned": "*", "open": "-"}
"""For a pipe, and for an encoding without the others."""

Words = Annotated[
    list[str] | None,
    typer.Argument(
        help="The student, by default your login name; `sync` hands in offline work.",
        metavar="[sync] [STUDENT]",
        show_default=False,
    ),
]
ProgressPlatform = Annotated[
    str | None,
    typer.Option(
        "--platform", help="Only submissions to this platform; with sync: the platform to hand in to.", metavar="NAME"
    ),
]
SyncQueue = Annotated[str | None, typer.Option("--queue", help="With sync: the queue to hand in to.", metavar="URL")]
Nameless = Annotated[
    bool, typer.Option("--nameless", help="With sync STUDENT: also hand in what was graded here without a name.")
]
UseAttempts = Annotated[bool, typer.Option("--use-attempts", help="With sync: hand in even what uses up attempts.")]


def progress(
    words: Words = None,
    platform: ProgressPlatform = None,
    queue: SyncQueue = None,
    use_attempts: UseAttempts = False,
    nameless: Nameless = False,
    as_json: AsJson = False,
) -> None:
    """Show XP, level and achievements."""
    is_sync, student = _asked(list(words or ()))
    if is_sync != (queue is not None) or (is_sync and as_json) or ((use_attempts or nameless) and not is_sync):
        raise _usage()
    if queue is not None:
        _sync(queue, platform, plain(student or login_name()), {"use_attempts": use_attempts, "nameless": nameless})
        return
    name = plain(student or login_name())
    record = _progress(name, platform, is_named=name != login_name())
    if as_json:
        typer.echo(record.model_dump_json(indent=2))
        return
    is_terminal = sys.stdout.isatty()
    has_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    has_colour = is_terminal and not os.environ.get("NO_COLOR")
    for line in _lines(name, record, SIGNS if is_terminal and has_unicode else PLAIN):
        typer.echo(line, color=has_colour)


def _asked(words: list[str]) -> tuple[bool, str | None]:
    """Return whether to hand in, and the named student."""
    is_sync = words[:1] == [SYNC]
    names = words[1:] if is_sync else words
    if len(names) > 1:
        raise _usage()
    return is_sync, names[0] if names else None


def _usage() -> InvalidInput:
    message = _("use `grade progress [STUDENT]` or `grade progress sync [STUDENT] --queue URL`")
    return InvalidInput("grade progress", [Problem("usage", message)])


def _progress(name: str, platform: str | None, is_named: bool) -> Progress:
    """Return the progress on one platform, or on all, with hints and their cost.

    Raises:
        InvalidInput: The ledger does not know the platform or the student, or cannot tell which student is meant.
    """
    with Ledger() as ledger:
        known = ledger.students()
        _check_platform(platform, known)
        names = identity.names(name, login_name(), {each.student for each in known})
        where = sorted({each.platform for each in known if each.student in names})
        if is_named:
            _check_student(name, platform, known, where)
        if platform is not None:
            works = identity.works(ledger, {each.student for each in known if plain(each.student) == name}, platform)
            return xp.progress(identity.merged(works, name))
        if is_named and login_name() not in names and len(set(where) - {LOCAL}) > 1:
            message = _(
                "{name} is on several platforms, perhaps as different persons: {platforms}. Add --platform NAME",
                name=name,
                platforms=", ".join(where),
            )
            raise InvalidInput("grade progress", [Problem("several-platforms", message)])
        return xp.progress(identity.merged(identity.works(ledger, names), name), taken(ledger, names))


def _check_platform(platform: str | None, known: set[KnownStudent]) -> None:
    platforms = {each.platform for each in known} | {LOCAL}
    if platform is not None and platform not in platforms:
        message = _(
            "nothing was handed in on platform `{platform}`; known: {known}{hint}",
            platform=shown(platform),
            known=listed(sorted(platforms)),
            hint=did_you_mean(platform, sorted(platforms)),
        )
        raise InvalidInput("--platform", [Problem("unknown-platform", message)])


def _check_student(name: str, platform: str | None, known: set[KnownStudent], where: list[str]) -> None:
    if (platform in where) if platform else where:
        return
    names = sorted({each.student for each in known if platform in (None, each.platform)})
    message = _(
        "the ledger on this machine knows no student `{name}`{hint}", name=shown(name), hint=did_you_mean(name, names)
    )
    raise InvalidInput("grade progress", [Problem("unknown-student", message)])


def _sync(url: str, platform: str | None, student: str, options: dict[str, bool]) -> None:
    """Hand in offline work."""
    from grader.cli.handing_in import queued, syncing

    settings = queued.queue_settings(url)
    with Ledger() as ledger:
        place = syncing.Destination(settings, queued.platform_of(url, platform), student)
        tally = syncing.hand_in(ledger, place, **options)
        tally.of_others = syncing.of_others(ledger, place)
    for line in list(tally.lines(url)) or [_("all offline work has been handed in")]:
        typer.echo(line)


def _lines(name: str, record: Progress, signs: dict[str, str]) -> Iterator[str]:
    """Yield all lines, in colour; printing removes the colours where there are none."""
    step = record.xp_into_level + record.xp_to_next
    full = BAR * record.xp_into_level // step
    message = _(
        "level {level}, {level_name}; {xp} XP", level=record.level, level_name=_(record.level_name), xp=record.xp
    )
    yield f"{name}: {typer.style(message, bold=True)}"
    bar = typer.style(signs["full"] * full, fg="green") + typer.style(signs["empty"] * (BAR - full), dim=True)
    yield f"[{bar}] {_('{into}/{step} XP to the next level', into=record.xp_into_level, step=step)}"
    yield ""
    total = len(record.earned) + len(record.open)
    yield _("{number} of {total} achievements", number=len(record.earned), total=total)
    for earned in record.earned:
        sign = typer.style(signs["earned"], fg="green")
        what = earned.achievement
        yield f"{sign} {typer.style(_(what.name), bold=True)}: {_(what.how)} ({earned.when:%Y-%m-%d})"
    for still_open in record.open:
        needed, reached = still_open.condition.at_least, record.reached.get(still_open.id, 0)
        far = _("({reached} of {needed})", reached=reached, needed=needed) if needed > 1 else ""
        yield f"{signs['open']} {_(still_open.name)}: {_(still_open.how)} {far}".rstrip()
    if record.history or record.hints:
        yield ""
        yield from _history(record)


def _history(record: Progress) -> Iterator[str]:
    """Yield submissions and hints in order of time."""
    hints = list(record.hints)
    for line in record.history:
        while hints and hints[0].when <= line.when:
            yield _bought(hints.pop(0))
        yield _handed_in(line)
    yield from map(_bought, hints)


def _handed_in(line: HistoryLine) -> str:
    if line.regraded:
        what = _("regraded because {reason}", reason=_(line.reason))
    else:
        what = _("passed") if line.passed else _("not passed yet")
    return f"{line.when:%Y-%m-%d %H:%M} {line.exercise} {percent(line.score)} {what}, {_change(line.xp_change)}"


def _bought(line: HintLine) -> str:
    what = _("hint for {kind}", kind=line.kind)
    return f"{line.when:%Y-%m-%d %H:%M} {line.exercise} {what}, {_change(line.xp_change)}"


def _change(xp: int) -> str:
    message = f"{xp:+d} XP"
    return typer.style(message, fg="green" if xp > 0 else "red") if xp else message
