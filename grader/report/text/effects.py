"""The effects of a regrade for each student, as text, as JSON or as CSV."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from grader.base.numbers import percent
from grader.report.text import tables
from grader.report.text.labels import visible
from grader.schema import Verdict
from grader.students.regrading import Effect, StudentEffect

COLUMNS = (
    "platform", "student", "entry", "score_before", "score_after", "passed_before", "passed_after", "xp_before",
    "xp_after", "total_xp_before", "total_xp_after", "flips",
)  # fmt: skip


def counts(effects: Sequence[StudentEffect]) -> dict[str, int]:
    """Return how many reports get better, get worse, change otherwise and stay, and how many outcomes and XP change."""
    directions = Counter(_direction(effect) for student in effects for effect in student.effects)
    return {
        "up": directions["up"],
        "down": directions["down"],
        "sideways": directions["sideways"],
        "unchanged": sum(student.unchanged for student in effects),
        "flips": sum(len(effect.flips) for student in effects for effect in student.effects),
        "students_whose_xp_changes": sum(student.xp[0] != student.xp[1] for student in effects),
        "students_whose_level_changes": sum(student.levels[0] != student.levels[1] for student in effects),
    }


def text(effects: Sequence[StudentEffect], changes: Sequence[str]) -> str:
    """Return the changes, their counts and their effects on each student, for a terminal."""
    lines = [f"changed: {', '.join(changes) or 'no threshold or rule'}", ""]
    lines += [f"{number:6}  {name.replace('_', ' ')}" for name, number in counts(effects).items()]
    for student in effects:
        if not student.effects:
            continue
        (before, after), (low, high) = student.xp, student.levels
        level = f", level {low} -> {high}" if low != high else ""
        lines += ["", f"{visible(student.student)} ({student.platform}): {before} -> {after} XP{level}"]
        lines += [f"  {_line(effect)}" for effect in student.effects]
    return "\n".join(lines)


def as_json(effects: Sequence[StudentEffect], changes: Sequence[str]) -> str:
    """Return the effects as JSON."""
    students = [
        {
            "platform": student.platform,
            "student": student.student,
            "xp": {"before": student.xp[0], "after": student.xp[1]},
            "level": {"before": student.levels[0], "after": student.levels[1]},
            "unchanged": student.unchanged,
            "reports": [
                _row(student, effect) | {"flips": [flip._asdict() for flip in effect.flips]}
                for effect in student.effects
            ],
        }
        for student in effects
    ]
    return json.dumps({"changes": list(changes), "counts": counts(effects), "students": students}, indent=2)


def as_csv(effects: Sequence[StudentEffect]) -> str:
    """Return one CSV line for each submission whose report or XP changes.

    The XP are what the submission adds to those before it, so that a student's lines add up to the change of the total,
    which each line repeats. A text that a spreadsheet could run as a formula is quoted.
    """
    return tables.as_csv(COLUMNS, ([row.get(name) for name in COLUMNS] for row in _rows(effects)))


def _rows(effects: Iterable[StudentEffect]) -> Iterator[dict[str, Any]]:
    for student in effects:
        for effect in student.effects:
            flips = " ".join(f"{flip.head}:{flip.kind}:{flip.before}->{flip.after}" for flip in effect.flips)
            yield _row(student, effect) | {"flips": flips}
        yield from _shifted(student)


def _row(student: StudentEffect, effect: Effect) -> dict[str, Any]:
    before, after = effect.entry.report, effect.after
    return {
        "platform": student.platform,
        "student": student.student,
        "entry": effect.entry.id,
        "score_before": before.score,
        "score_after": after.score,
        "passed_before": before.passed,
        "passed_after": after.passed,
        **_xp(student, effect.entry.id),
    }


def _shifted(student: StudentEffect) -> Iterator[dict[str, Any]]:
    """Yield a line for each submission that only adds more or less XP, because another one's report changes."""
    changed = {effect.entry.id for effect in student.effects}
    for entry, (before, after) in student.earned.items():
        if entry not in changed and before != after:
            yield {"platform": student.platform, "student": student.student, "entry": entry, **_xp(student, entry)}


def _xp(student: StudentEffect, entry: int) -> dict[str, int]:
    (before, after), (total_before, total_after) = student.earned[entry], student.xp
    return {
        "xp_before": before,
        "xp_after": after,
        "total_xp_before": total_before,
        "total_xp_after": total_after,
    }


def _direction(effect: Effect) -> str:
    if effect.is_loss:
        return "down"
    before, after = effect.entry.report, effect.after
    is_gain = after.score > before.score or after.xp > before.xp or after.passed > before.passed
    return "up" if is_gain else "sideways"


def _line(effect: Effect) -> str:
    before, after = effect.entry.report, effect.after
    passes = {(False, True): ", passes now", (True, False): ", no longer passes"}.get((before.passed, after.passed), "")
    flips = [f"{flip.head} {flip.kind} {flip.before} -> {flip.after}" for flip in effect.flips]
    flips += [f"{verdict.claim.place} {verdict.claim.name} {change}" for verdict, change in _borderline_changes(effect)]
    details = f": {'; '.join(flips)}" if flips else ""
    scores = f"{percent(before.score, after.score)} -> {percent(after.score, before.score)}"
    return f"report {effect.entry.id}: {scores}{passes}{details}"


def _borderline_changes(effect: Effect) -> Iterator[tuple[Verdict, str]]:
    """Yield the verdicts that keep their outcome but became, or stopped to be, borderline."""
    for old, new in zip(effect.entry.report.verdicts, effect.after.verdicts, strict=True):
        if old.outcome == new.outcome and old.borderline != new.borderline:
            yield new, "is now borderline" if new.borderline else "is no longer borderline"
