"""The cohort for an instructor, as text and as one page that needs no network."""

from grader.base.numbers import percent
from grader.base.screen import Clean
from grader.report.pages.page import inline_hash
from grader.report.templates import environment
from grader.report.text import words
from grader.report.text.labels import visible
from grader.schema import Exercise, title
from grader.students.cohort import Cohort, WrongClaim

BAR = 30
"""The characters of the longest bar."""


def text(cohort: Cohort) -> str:
    """Return the cohort as text for a terminal."""
    median = f", the median at attempt {cohort.attempts_to_pass:g}" if cohort.attempts_to_pass is not None else ""
    lines = [
        f"{cohort.exercise}: {words.plural(cohort.students, 'student', 'students')}, "
        f"{words.plural(cohort.reports, 'report', 'reports')}; {cohort.passed} passed{median}",
        "\nBest scores",
    ]
    for number, count in enumerate(cohort.scores):
        bar = "#" * (BAR * count // (cohort.students or 1))
        lines.append(f"  {10 * number:3} to {10 * number + 10:3} %  {count:5}  {bar}".rstrip())
    lines.append("\nKinds")
    lines += [
        f"  {kind.kind:34} found by {kind.students:4}, complete {kind.complete:4}, wrong claims {kind.wrong:4}"
        for kind in cohort.kinds
    ]
    if cohort.wrong_claims:
        lines.append("\nWrong claims, most frequent first")
    for claim in cohort.wrong_claims:
        lines.append(f"  {claim.students:4}  {claim.head:7} {claim.kind:34} {_really(claim, cohort, 'really ')}")
    lines.append("\nStudents")
    for line in cohort.lines:
        passed = f"passed at attempt {line.first_pass}" if line.first_pass else "not passed yet"
        attempts = words.plural(line.attempts, "attempt", "attempts")
        lines.append(f"  {visible(line.name):24} {percent(line.best):>6}  {attempts}, {passed}")
    return "\n".join(lines)


def _really(claim: WrongClaim, cohort: Cohort, before: str = "") -> str:
    """Return what the claimed head really is, in words."""
    if not cohort.is_measured:
        return f"unknown here; to measure, run: grade scan {cohort.exercise}"
    return f"{before}{title(claim.really)}" if claim.really else "none of the kinds that are asked for"


def html(cohort: Cohort, exercise: Exercise) -> str:
    """Return the cohort as a page."""
    templates = environment()
    style = templates.get_template("page.css").render()
    page = templates.get_template("cohort.html.jinja").render(
        cohort=cohort, exercise=exercise, words=words, really=_really, visible=visible, style_hash=inline_hash(style)
    )
    return Clean(page.rstrip() + "\n")
