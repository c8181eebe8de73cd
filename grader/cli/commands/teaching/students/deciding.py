"""`grade students extend`, `attempts`, `excuse`, `override`, `adjustments`, `undo` and `readmit`: decisions."""

import json
import shlex
from typing import Annotated

import typer
from pydantic import ValidationError

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.cli.commands.teaching.students.asking import (
    By,
    ExerciseName,
    PlatformName,
    Reason,
    StudentName,
    Yes,
    reason_of,
    the_student,
    who,
)
from grader.cli.console import say
from grader.cli.options import FORMAT, OutPath, PlainFormat, SelectionOptions, print_or_write, selecting
from grader.ledger import Ledger
from grader.ledger.people.adjustments import FIELDS, KeptAdjustment, Whose, kept
from grader.ledger.queue.incoming import RejectedSubmission
from grader.report.text.labels import visible
from grader.report.text.tables import as_columns
from grader.report.text.words import plural
from grader.schema import Adjustment, Exercise, Policy
from grader.service import adjusting
from grader.service.adjusting import Adjusted
from grader.service.readmitting import readmissions

COMMANDS = {"extension": "extend", "attempts": "attempts", "excused": "excuse", "score": "override"}
"""The command that makes each kind of decision."""
READMITS = frozenset({"extension", "attempts"})
"""The kinds of decisions after which something may be taken that was refused."""
COLUMNS = ("number", "platform", "student", "exercise", "kind", "value", "reason", "made_at", "made_by", "undone_by")


def extend(
    student: StudentName,
    exercise: ExerciseName,
    until: Annotated[
        str, typer.Option(help="The student's own deadline, such as 2026-12-08T23:59+01:00.", show_default=False)
    ],
    reason: Reason,
    platform: PlatformName = None,
    by: By = None,
) -> None:
    """Give a student a later deadline; what came in before it is no longer late."""
    asked = exercises.load(exercise)
    _decide(student, exercise, platform, "extension", {"until": _moment(until, asked)}, reason, by)


def attempts(
    student: StudentName,
    exercise: ExerciseName,
    more: Annotated[int, typer.Option(min=1, max=1000, help="The attempts beyond the exercise's.", show_default=False)],
    reason: Reason,
    platform: PlatformName = None,
    by: By = None,
) -> None:
    """Give a student more attempts than the exercise has."""
    _decide(student, exercise, platform, "attempts", {"more": more}, reason, by)


def excuse(
    student: StudentName, exercise: ExerciseName, reason: Reason, platform: PlatformName = None, by: By = None
) -> None:
    """Excuse a student from an exercise: it does not count for this student."""
    _decide(student, exercise, platform, "excused", {}, reason, by)


def override(
    student: StudentName,
    exercise: ExerciseName,
    score: Annotated[
        float, typer.Option(min=0, max=1, help="The score that counts, 0 to 1: 0.8 for 80 %.", show_default=False)
    ],
    reason: Reason,
    platform: PlatformName = None,
    by: By = None,
) -> None:
    """Set a student's score on an exercise, whatever was measured; reports and XP stay as they are."""
    _decide(student, exercise, platform, "score", {"score": score}, reason, by)


def adjustments(
    student: Annotated[str | None, typer.Argument(help="Only this student.", metavar="[STUDENT]")] = None,
    platform: PlatformName = None,
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
) -> None:
    """List what was decided for students: who decided it, when, why, and what was undone."""
    with Ledger() as ledger:
        whose = the_student(ledger, student, platform, "adjustments") if student is not None else None
        listed = kept(ledger, *whose) if whose else kept(ledger)
    rows = [_row(each) for each in listed if platform in (None, each.whose.platform)]
    if form is PlainFormat.json:
        print_or_write(json.dumps(rows, indent=2), out)
    else:
        print_or_write(as_columns(COLUMNS, rows) if rows else "nothing was decided for any student", out)


def undo(
    number: Annotated[int, typer.Argument(help="The adjustment's number, from the list.", show_default=False)],
    by: By = None,
) -> None:
    """Undo a decision; it stays in the list, and the one before it counts again."""
    with Ledger() as ledger:
        done = adjusting.undo(ledger, number, who(by))
    say(f"adjustment {number} is undone{_regraded(done)}")


def _decide(
    student: str,
    exercise: str,
    platform: str | None,
    kind: str,
    values: dict[str, object],
    reason: str,
    by: str | None,
) -> None:
    with Ledger() as ledger:
        chosen = the_student(ledger, student, platform, COMMANDS[kind])
        fields = {"kind": kind, "reason": reason_of(reason), "made_at": ledger.now(), **values}
        whose = Whose(*chosen, exercise)
        done = adjusting.adjust(ledger, whose, Adjustment.model_validate(fields), who(by))
    say(f"adjustment {done.number} counts for {chosen.student} on platform {chosen.platform}{_regraded(done)}")
    say(f"to take it back: grade students undo {done.number}", err=True)
    if kind in READMITS:
        _say_of_refused(whose)


def _say_of_refused(whose: Whose) -> None:
    """Say how many submissions of the student were refused and would be taken now."""
    with Ledger() as ledger:
        found = readmissions(ledger, whose.exercise, lambda each: (each.platform, each.student) == whose[:2])
    if number := sum(not each.problems for each in found):
        before = plural(number, "submission that was refused before is", "submissions that were refused before are")
        student = shlex.quote(visible(whose.student))
        command = f"grade students readmit {whose.exercise} --platform {whose.platform} --student {student} --yes"
        say(f"{before} not taken up by this; to do so: {command}", err=True)


@selecting
def readmit(
    exercise: ExerciseName,
    asked: SelectionOptions,
    student: Annotated[str | None, typer.Option("--student", help="Only this student.", metavar="NAME")] = None,
    ids: Annotated[
        list[str] | None,
        typer.Option("--id", help="Only this submission; can be repeated.", metavar="PLATFORM/ID"),
    ] = None,
    yes: Yes = False,
) -> None:
    """Take up again what was refused for its time or as one too many, if it would be taken now."""
    zone = exercises.load(exercise).policy.time_zone
    with Ledger() as ledger:
        selection = asked.selection(ledger, zone)
        name = the_student(ledger, student, asked.platform, "readmit").student if student is not None else None

        def is_meant(each: RejectedSubmission) -> bool:
            is_selected = selection.has(each.platform, each.student) and selection.takes(each.course, each.came_at)
            return is_selected and name in (None, each.student) and (not ids or _name(each) in ids)

        found = readmissions(ledger, exercise, is_meant)
        if unknown := set(ids or ()) - {_name(each.refused) for each in found}:
            message = f"no submission that was refused for its time or number: {', '.join(sorted(unknown))}"
            raise InvalidInput("--id", [Problem("unknown-id", message)])
        if yes:
            found = readmissions(ledger, exercise, is_meant, act=True)
    for each in found:
        whose = f"{_name(each.refused)}  {visible(each.refused.student)}  {each.refused.came_at:%Y-%m-%d %H:%M} UTC"
        taken = "taken" if yes else "would be taken"
        say(f"{whose}  {f'stays refused: {each.problems[0].message}' if each.problems else taken}")
    if not found:
        say("nothing was refused for its time or number")
    elif not yes:
        say("Nothing was changed. To take them up, add --yes.", err=True)


def _name(each: RejectedSubmission) -> str:
    return f"{each.platform}/{each.id}"


def _regraded(done: Adjusted) -> str:
    """Return what follows for earlier submissions."""
    if not done.regraded:
        return ""
    return f"; {plural(done.regraded, 'report changes', 'reports change')}"


def _moment(text: str, exercise: Exercise) -> object:
    """Return the deadline, by the exercise's own time zone if it names one.

    Raises:
        InvalidInput: It is no date with its time.
    """
    try:
        return Policy.model_validate({"time_zone": exercise.policy.time_zone, "due": text}).due
    except ValidationError as error:
        message = str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
        raise InvalidInput("--until", [Problem("bad-date", message)]) from None


def _row(each: KeptAdjustment) -> dict[str, object]:
    made = each.adjustment
    value = getattr(made, FIELDS[made.kind][0]) if made.kind in FIELDS else ""
    undone = f"{each.undone_by}, {each.undone_at:%Y-%m-%d %H:%M}" if each.undone_at else ""
    return {
        "number": each.number,
        **each.whose._asdict(),
        "kind": made.kind,
        "value": str(value),
        "reason": made.reason,
        "made_at": f"{made.made_at:%Y-%m-%d %H:%M}",
        "made_by": each.made_by,
        "undone_by": undone,
    }
