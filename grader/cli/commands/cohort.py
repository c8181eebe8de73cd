"""`grade cohort`: how a whole class fares with one exercise."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader import exercises
from grader.cli.options import deliver


class CohortFormat(StrEnum):
    """What the cohort can be shown as."""

    text = "text"
    json = "json"
    html = "html"


def cohort(
    exercise_id: Annotated[str, typer.Argument(help="Which exercise.", metavar="EXERCISE", show_default=False)],
    form: Annotated[CohortFormat, typer.Option("--format", help="What to show it as.")] = CohortFormat.text,
    out: Annotated[Path | None, typer.Option(help="Write it to this file.", metavar="PATH")] = None,
    names: Annotated[bool, typer.Option("--names", help="Students by name, not by pseudonym.")] = False,
) -> None:
    """Show who found what, the most common wrong claims, and how the scores are spread."""
    from grader.ledger import Ledger
    from grader.report.pages import cohort as shown
    from grader.students import cohort as counted
    from grader.students import pseudonyms

    exercise = exercises.load(exercise_id)
    key = b"" if names else pseudonyms.key()

    def named(platform: str, student: str) -> str:
        return student if names else pseudonyms.pseudonym(key, platform, student)

    with Ledger() as ledger:
        found = counted.cohort(exercise, ledger.histories(exercise.id), named)
    match form:
        case CohortFormat.text:
            deliver(shown.text(found), out)
        case CohortFormat.json:
            deliver(found.model_dump_json(indent=2), out)
        case CohortFormat.html:
            deliver(shown.html(found, exercise), out)
