"""`grade progress`: XP, level and achievements from the ledger; `sync` hands in offline work."""

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.base.names import plain
from grader.base.numbers import percent
from grader.base.screen import Clean
from grader.cli.console import has_colour, say
from grader.cli.options import FORMAT, OldJson, OutPath, PlainFormat, old_spelling, print_or_write
from grader.cli.who import login_name
from grader.ledger import LOCAL, Ledger
from grader.ledger.people.hints import taken
from grader.ledger.people.known import students
from grader.report.text.decisions import decided
from grader.report.text.styled import Text
from grader.students import identity, xp
from grader.students.course import decisions, people
from grader.students.xp import HintLine, HistoryLine, Progress

SOURCE = "grade progress"
"""The command's name in messages."""
SYNC = "sync"
"""The word that hands in offline work."""
BAR = 24
"""Characters."""
UNBROKEN = 10_000
"""Columns: no line is wrapped."""
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
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
    as_json: OldJson = False,
) -> None:
    """Show XP, level and achievements."""
    is_sync, student = _asked(list(words or ()))
    form, out = old_spelling(form, out, as_json=as_json)
    written_to = form is not PlainFormat.text or out is not None
    if is_sync != (queue is not None) or (is_sync and written_to) or ((use_attempts or nameless) and not is_sync):
        raise _usage()
    if queue is not None:
        _sync(queue, platform, plain(student or login_name()), {"use_attempts": use_attempts, "nameless": nameless})
        return
    name = plain(student or login_name())
    record = _progress(name, platform, is_named=name != login_name())
    if form is PlainFormat.json:
        print_or_write(record.model_dump_json(indent=2, ensure_ascii=True), out)
        return
    is_terminal = sys.stdout.isatty() and out is None
    has_unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    written = _lines(name, record, SIGNS if is_terminal and has_unicode else PLAIN)
    lines = [line for text in written for line in text.lines(UNBROKEN, colour=is_terminal and has_colour())]
    print_or_write(Clean("\n".join(lines)), out)


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
    """Return the progress on one platform, or on all, with hints and their cost, and what instructors decided.

    Raises:
        InvalidInput: The ledger does not know the platform or the student, or cannot tell which student is meant.
    """
    with Ledger() as ledger:
        known = students(ledger)
        people.check_platform(platform, known)
        names = identity.names(name, login_name(), {each.student for each in ledger.students()})
        where = sorted({each.platform for each in known if each.student in names})
        if is_named and (platform is not None or not where):
            people.check_student(name, platform, known, SOURCE)
        if platform is not None:
            names, where = {each.student for each in known if plain(each.student) == name}, [platform]
        elif is_named and login_name() not in names and len(set(where) - {LOCAL}) > 1:
            raise people.several_platforms(name, where, SOURCE)
        hints = taken(ledger, names, platform)
        record = xp.progress(identity.merged(identity.works(ledger, names, platform), name), hints)
        return record.model_copy(update={"adjustments": tuple(decisions.of(ledger, names, where))})


def _sync(url: str, platform: str | None, student: str, options: dict[str, bool]) -> None:
    """Hand in offline work."""
    from grader.cli.handing_in import queued, syncing

    settings = queued.queue_settings(url)
    with Ledger() as ledger:
        place = syncing.Destination(settings, queued.platform_of(url, platform), student)
        tally = syncing.hand_in(ledger, place, **options)
        tally.of_others = syncing.of_others(ledger, place)
    for line in list(tally.lines(url)) or [_("all offline work has been handed in")]:
        say(line)


def _lines(name: str, record: Progress, signs: dict[str, str]) -> Iterator[Text]:
    """Yield all lines."""
    step = record.xp_into_level + record.xp_to_next
    full = BAR * record.xp_into_level // step
    message = _(
        "level {level}, {level_name}; {xp} XP", level=record.level, level_name=_(record.level_name), xp=record.xp
    )
    yield Text(f"{name}: ", (message, "bold"))
    bar = Text((signs["full"] * full, "green"), (signs["empty"] * (BAR - full), "dim"))
    yield Text("[", bar, f"] {_('{into}/{step} XP to the next level', into=record.xp_into_level, step=step)}")
    yield Text()
    total = len(record.earned) + len(record.open)
    yield Text(_("{number} of {total} achievements", number=len(record.earned), total=total))
    for earned in record.earned:
        what = earned.achievement
        name_of = (_(what.name), "bold")
        yield Text((signs["earned"], "green"), " ", name_of, f": {_(what.how)} ({earned.when:%Y-%m-%d})")
    for still_open in record.open:
        needed, reached = still_open.condition.at_least, record.reached.get(still_open.id, 0)
        far = _("({reached} of {needed})", reached=reached, needed=needed) if needed > 1 else ""
        yield Text(f"{signs['open']} {_(still_open.name)}: {_(still_open.how)} {far}".rstrip())
    if record.history or record.hints:
        yield Text()
        yield from _history(record)
    for each in record.adjustments:
        yield Text(f"{each.adjustment.made_at:%Y-%m-%d %H:%M} {each.exercise} {decided(each.adjustment)}")


def _history(record: Progress) -> Iterator[Text]:
    """Yield submissions and hints in order of time."""
    hints = list(record.hints)
    for line in record.history:
        while hints and hints[0].when <= line.when:
            yield _bought(hints.pop(0))
        yield _handed_in(line)
    yield from map(_bought, hints)


def _handed_in(line: HistoryLine) -> Text:
    if line.regraded:
        what = _("regraded because {reason}", reason=_(line.reason))
    else:
        what = _("passed") if line.passed else _("not passed yet")
    what = f"{line.exercise} {percent(line.score)} {what}"
    return Text(f"{line.when:%Y-%m-%d %H:%M} {what}, ", _change(line.xp_change))


def _bought(line: HintLine) -> Text:
    what = _("hint for {kind}", kind=line.kind)
    return Text(f"{line.when:%Y-%m-%d %H:%M} {line.exercise} {what}, ", _change(line.xp_change))


def _change(xp: int) -> Text:
    return Text((f"{xp:+d} XP", ("green" if xp > 0 else "red") if xp else ""))
