"""The options and checks that the commands about students share."""

from typing import Annotated

import typer

from grader.base.errors import InvalidInput, Problem
from grader.cli.who import login_name
from grader.ledger import KnownStudent, Ledger
from grader.ledger.people.known import students
from grader.service import platforms
from grader.service.settings import settings
from grader.students.course import people

GROUP = "grade students"
StudentName = Annotated[str, typer.Argument(help="The student.", metavar="STUDENT", show_default=False)]
ExerciseName = Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE", show_default=False)]
PlatformName = Annotated[
    str | None, typer.Option("--platform", help="The platform; needed if several have such a student.", metavar="NAME")
]
Reason = Annotated[str, typer.Option("--reason", help="The reason; the student reads it.", show_default=False)]
By = Annotated[str | None, typer.Option("--by", help="Who decides. Default: your login name.", metavar="NAME")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; without this, it is only listed.")]


def the_student(ledger: Ledger, name: str, platform: str | None, command: str) -> KnownStudent:
    """Return the one student of this name whom the ledger or a roster knows.

    Raises:
        InvalidInput: There is none, or there are several.
    """
    return people.the_student(name, platform, students(ledger), f"{GROUP} {command}")


def check_platform(ledger: Ledger, platform: str | None) -> None:
    """Check that the service or the ledger knows the platform.

    Raises:
        InvalidInput: Neither does.
    """
    people.check_platform(platform, students(ledger), platforms.load(settings().platforms))


def reason_of(text: str) -> str:
    """Return the reason.

    Raises:
        InvalidInput: It is empty.
    """
    if not text.strip():
        raise InvalidInput("--reason", [Problem("empty", "give a reason; the student reads it")])
    return text.strip()


def who(by: str | None) -> str:
    """Return the name of the person who decides."""
    return by or login_name()
