"""`grade students list`, `show` and `same`: who there is, everything of one, and who is alike."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from grader import exercises
from grader.base.errors import ExerciseError, GraderError, InvalidInput, Problem
from grader.base.numbers import percent
from grader.cli.commands.teaching.students.asking import (
    GROUP,
    ExerciseName,
    PlatformName,
    the_student,
)
from grader.cli.options import (
    FORMAT,
    OutPath,
    PlainFormat,
    SelectionOptions,
    TableFormat,
    print_or_write,
    readable,
    selecting,
)
from grader.ledger import KnownStudent, Ledger
from grader.ledger.people import appeals, footprint
from grader.ledger.people.appeals import Trail
from grader.report.formats import Format, Material, rendered
from grader.report.text import tables
from grader.report.text.labels import visible
from grader.report.text.words import plural
from grader.students.course import alike as likeness
from grader.students.course import overview
from grader.students.course.alike import EXPECTED_AT_MOST, Alike, AlikePair
from grader.students.course.familiar import familiar_texts
from grader.students.course.overview import StudentSeen

COLUMNS = tuple(StudentSeen.model_fields)
SHOWN = ("exercise", "id", "state", "handed_in", "score", "report", "problems")


class UnknownReport(GraderError):
    """No report and no submission is called that."""

    exit_code = 2


@selecting
def list_students(
    asked: SelectionOptions,
    exercise: Annotated[str | None, typer.Argument(help="Only this exercise.", metavar="[EXERCISE]")] = None,
    stuck: Annotated[bool, typer.Option("--stuck", help="Only those whom somebody should look at.")] = False,
    form: Annotated[TableFormat, FORMAT] = TableFormat.text,
    out: OutPath = None,
) -> None:
    """List students with attempts, best score and last sign; say who is stuck, and who never handed in."""
    with Ledger() as ledger:
        if exercise is not None:
            one = exercises.load(exercise)
            lines = overview.seen(ledger, one, asked.selection(ledger, one.policy.time_zone))
        else:
            lines = overview.seen_everywhere(ledger, readable().values(), asked.selection(ledger))
    print_or_write(_listed([line for line in lines if line.stuck or not stuck], form), out)


def _listed(lines: list[StudentSeen], form: TableFormat) -> str:
    rows = [line.model_dump(mode="json") for line in lines]
    if form is TableFormat.json:
        return json.dumps(rows, indent=2)
    if form is TableFormat.csv:
        return tables.as_csv(COLUMNS, ([*row.values()] for row in rows))
    for row, line in zip(rows, lines, strict=True):
        row["best"] = percent(line.best) if line.best is not None else ""
        row["last_seen"] = f"{line.last_seen:%Y-%m-%d %H:%M}" if line.last_seen else ""
        row["passed"] = "yes" if line.passed else ""
        row["rejected"] = line.rejected or ""
    return tables.as_columns(COLUMNS, rows) if rows else "no student"


def show(
    student: Annotated[str | None, typer.Argument(help="The student.", metavar="[STUDENT]")] = None,
    platform: PlatformName = None,
    report: Annotated[
        str | None,
        typer.Option(
            "--report",
            help="Show what led to this report: its number, its content hash, or PLATFORM/ID of a submission.",
            metavar="ID",
        ),
    ] = None,
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
) -> None:
    """Show all submissions of a student with their ids; or the file, reports and history behind one report."""
    if (student is None) == (report is None):
        raise InvalidInput(f"{GROUP} show", [Problem("usage", "name a student, or a report with --report")])
    with Ledger() as ledger:
        if report is not None:
            print_or_write(_trail(ledger, report, form), out)
            return
        chosen = the_student(ledger, str(student), platform, "show")
        rows = list(_of_student(ledger, chosen))
    if form is PlainFormat.json:
        print_or_write(json.dumps({**chosen._asdict(), "submissions": rows}, indent=2), out)
    else:
        heading = f"{visible(chosen.student)} on platform {chosen.platform}"
        print_or_write("\n".join([heading, "", tables.as_columns(SHOWN, rows) if rows else "handed in nothing"]), out)


def _of_student(ledger: Ledger, who: KnownStudent) -> Iterator[dict[str, Any]]:
    """Yield a line for each submission, then for each report that came from no queue."""
    theirs = footprint.rows(ledger, footprint.find(ledger, who))
    newest = {row["submission"]: row for row in theirs["reports"]}
    by_entry = {row["id"]: newest[row["submission"]] for row in theirs["reports"]}
    queued = set()
    for row in theirs["submissions"]:
        entry = by_entry.get(row["report"])
        queued.add(entry["submission"] if entry else None)
        line = _shown(row["exercise"], row["state"], row["received_at"], entry)
        codes = ", ".join(problem["code"] for problem in json.loads(row["problems"]))
        yield {**line, "id": f"{who.platform}/{row['submission_id']}", "problems": codes}
    for name, entry in newest.items():
        if name not in queued:
            yield _shown(entry["exercise"], "graded here", entry["created_at"], entry)


def _shown(exercise: str | None, state: str, when: str, entry: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "exercise": exercise or "",
        "id": "",
        "state": state,
        "handed_in": when[:16].replace("T", " "),
        "score": percent(json.loads(entry["report"])["score"]) if entry else "",
        "report": entry["id"] if entry else "",
        "problems": "",
    }


def _trail(ledger: Ledger, word: str, form: PlainFormat) -> str:
    """Return everything about the submission that the word leads to.

    Raises:
        UnknownReport: It leads to none, or to several.
    """
    found = appeals.trails(ledger, word)
    if len(found) != 1:
        what = "several reports begin like that; give more of the hash" if found else "no report or submission is that"
        raise UnknownReport(f"{word}: {what}; `{GROUP} show STUDENT` lists them")
    return _as_json(found[0]) if form is PlainFormat.json else "\n".join(_as_text(found[0]))


def _as_json(trail: Trail) -> str:
    files = [{**file._asdict(), "received_at": file.received_at.isoformat()} for file in trail.files]
    entries = [
        {
            "number": entry.id,
            "replaces": entry.replaces,
            "reason": entry.reason,
            "created_at": entry.created_at.isoformat(),
            "report": entry.report.model_dump(mode="json"),
        }
        for entry in trail.entries
    ]
    return json.dumps({"files": files, "reports": entries}, indent=2)


def _as_text(trail: Trail) -> Iterator[str]:
    for file in trail.files:
        whose = f"{visible(file.student or 'an unknown student')}, {file.exercise or 'no exercise'}"
        yield f"{file.platform}/{file.id}: {whose}, handed in {file.received_at:%Y-%m-%d %H:%M} UTC, {file.state}"
    if trail.files:
        yield f"\nThe file\n\n{trail.files[-1].document or 'is not kept any more'}"
    if not trail.entries:
        yield "\nThere is no report."
        return
    yield "\nReports, oldest first"
    for entry in trail.entries:
        why = f", {visible(entry.reason)}" if entry.reason else ""
        result = f"{percent(entry.report.score)}, {'passed' if entry.report.passed else 'not passed'}"
        yield f"  {entry.id}  {entry.created_at:%Y-%m-%d %H:%M}  version {entry.report.exercise_version}  {result}{why}"
    yield f"\n{_report(trail)}"


def _report(trail: Trail) -> str:
    report = trail.entries[-1].report
    try:
        return rendered(Format.terminal, Material(report, exercises.load(report.exercise), to_file=True))
    except ExerciseError as error:
        return f"the report cannot be shown: {error}"


@selecting
def same(
    exercise_id: ExerciseName,
    asked: SelectionOptions,
    everything: Annotated[
        bool, typer.Option("--all", help="Also pairs that are not more alike than chance would make some.")
    ] = False,
    form: Annotated[PlainFormat, FORMAT] = PlainFormat.text,
    out: OutPath = None,
) -> None:
    """Show students whose wrong claims or notes are the same, and how likely that is by chance."""
    exercise = exercises.load(exercise_id)
    with Ledger() as ledger:
        selection = asked.selection(ledger, exercise.policy.time_zone)
        histories = selection.histories(ledger, exercise.id)
        works = ((each.platform, selection.entries(each, exercise.id)) for each in histories)
        most = float("inf") if everything else EXPECTED_AT_MOST
        found = likeness.alike(exercise.id, works, familiar_texts(exercise, _folder(exercise_id)), most)
    text = found.model_dump_json(indent=2, ensure_ascii=True) if form is PlainFormat.json else "\n".join(_alike(found))
    print_or_write(text, out)


def _folder(exercise_id: str) -> Path:
    return exercises.available()[exercise_id]


def _alike(found: Alike) -> Iterator[str]:
    yield f"{found.exercise}: {found.students} students, {len(found.pairs)} pairs to look at"
    yield "Right claims that two share do not count: everybody is to find the same heads."
    for pair in found.pairs:
        yield from ("", *_pair(pair))
    if any(len(group) > 2 for group in found.groups):
        yield "\nTogether"
        yield from (f"  {', '.join(map(visible, group))}" for group in found.groups)
    if found.pairs:
        yield "\nThis is a reason to talk with them, and no proof: two who learnt together make the same mistakes."


def _pair(pair: AlikePair) -> Iterator[str]:
    names = [f"{visible(name)} ({platform})" for name, platform in zip(pair.students, pair.platforms, strict=True)]
    yield f"{names[0]} and {names[1]}"
    if pair.wrong:
        yield f"  {len(pair.wrong)} of {pair.of[0]} and of {pair.of[1]} wrong claims: {', '.join(pair.wrong)}"
    for note in pair.notes:
        yield f"  both wrote: {visible(note)}"
    yield f"  {plural(pair.right, 'right claim is', 'right claims are')} the same, which is expected"
    yield f"  by chance: {pair.chance:.2g} for any two; {pair.expected:.2g} such pairs in a class of this size"
    apart = pair.first_seen[1] - pair.first_seen[0]
    yield f"  the first handed in {pair.first_seen[0]:%Y-%m-%d %H:%M} UTC, the other {str(apart).split('.')[0]} later"
