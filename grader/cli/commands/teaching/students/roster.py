"""`grade students roster`: the list of a course's students."""

from pathlib import Path
from typing import Annotated

import typer

from grader.base.errors import InvalidInput, Problem
from grader.cli.commands.teaching.students.asking import PlatformName, check_platform
from grader.cli.console import say
from grader.cli.options import SelectionOptions, print_or_write
from grader.ledger import LOCAL, Ledger
from grader.ledger.people import rosters
from grader.ledger.people.rosters import RosterLine
from grader.report.text.tables import as_columns
from grader.students.course import rosters as tables

MOST_BYTES = 5_000_000


def roster(
    file: Annotated[
        Path | None,
        typer.Argument(help="A table in CSV with the columns student, section, name.", metavar="[FILE]"),
    ] = None,
    platform: PlatformName = None,
    course: Annotated[str | None, typer.Option("--course", help="The course.", metavar="NAME")] = None,
    from_platform: Annotated[
        bool, typer.Option("--from-platform", help="Replace the list by the platform's own, asked by LTI.")
    ] = False,
) -> None:
    """Show the students of a course, or replace the list by a table, or by the platform's own list."""
    with Ledger() as ledger:
        if file is not None:
            check_platform(ledger, platform)
            lines = tables.read(_content(file), str(file))
            rosters.replace(ledger, platform or LOCAL, course or "", lines)
            say(f"{len(lines)} students are on the roster of {course or 'no course'}, platform {platform or LOCAL}")
            return
        if from_platform:
            check_platform(ledger, platform)
            say(f"{_from_platform(ledger, platform or LOCAL, course or '')} students are on the roster of {course}")
            return
        roster = SelectionOptions(platform=platform, course=course).selection(ledger).register.roster
        chosen = [each for each in roster if platform in (None, each.platform) and course in (None, each.course)]
        rows = [each._asdict() for each in chosen]
        columns = as_columns(rosters.ListedStudent._fields, rows) if rows else "no student is on a roster"
        print_or_write(columns, None)


def _from_platform(ledger: Ledger, platform: str, course: str) -> int:
    """Make the platform's members the roster of its course, and return their number; names only if they are kept."""
    from grader.doors.lti.roster import members
    from grader.doors.lti.tool import Tool
    from grader.service import platforms
    from grader.service.settings import settings

    tool = Tool(ledger, platforms.load(settings().platforms), "")
    found = members(tool, platform, course)
    lines = [RosterLine(each.student, "", each.name) for each in found if each.role == "student" and each.is_active]
    rosters.replace(ledger, platform, course, lines)
    return len(lines)


def _content(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise InvalidInput(str(file), [Problem("too-large", f"a roster has at most {MOST_BYTES:,} bytes")])
        return raw.decode("utf-8")
    except OSError as error:
        raise InvalidInput(str(file), [Problem("unreadable", f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        message = "this is not UTF-8; save the table as CSV in UTF-8"
        raise InvalidInput(str(file), [Problem("not-utf8", message)]) from None
