"""`grade cohort`: the results of a whole class in one exercise."""

from collections import Counter
from typing import Annotated

import typer

from grader import exercises
from grader.authoring.checking import kept_table
from grader.base import home
from grader.cli.options import (
    FORMAT,
    OutPath,
    PageFormat,
    SelectionOptions,
    print_or_write,
    selecting,
)
from grader.grading.standings import Standings
from grader.ledger import Ledger
from grader.report.pages import cohort as page
from grader.students import cohort as students
from grader.students import pseudonyms
from grader.students.grades import Gradebook


@selecting
def cohort(
    exercise_id: Annotated[str, typer.Argument(help="The exercise.", metavar="EXERCISE", show_default=False)],
    asked: SelectionOptions,
    form: Annotated[PageFormat, FORMAT] = PageFormat.text,
    out: OutPath = None,
    names: Annotated[bool, typer.Option("--names", help="Show names instead of pseudonyms.")] = False,
) -> None:
    """Show what students found, the most common wrong claims, and the spread of scores."""
    exercise = exercises.load(exercise_id)
    key = b"" if names else pseudonyms.key()

    table = kept_table(exercise, home.folder() / home.TABLES)
    with Ledger() as ledger:
        known = Counter(each.student for each in ledger.students())

        def name(platform: str, student: str) -> str:
            if not names:
                return pseudonyms.pseudonym(key, platform, student)
            return student if known[student] == 1 else f"{student} ({platform})"

        standings = Standings(exercise, table) if table else None
        selection = asked.selection(ledger, exercise.policy.time_zone)
        results = students.cohort(exercise, Gradebook(ledger, exercise, selection).students(), name, standings)
    match form:
        case PageFormat.text:
            print_or_write(page.text(results), out)
        case PageFormat.json:
            print_or_write(results.model_dump_json(indent=2, ensure_ascii=True), out)
        case PageFormat.html:
            print_or_write(page.html(results, exercise), out)
