"""The cohort for an instructor, as text and as one page that needs no network."""

from grader.base.language import N_, _, speaking
from grader.base.numbers import percent
from grader.base.screen import Clean
from grader.report.pages.page import inline_hash
from grader.report.templates import environment
from grader.report.text import words
from grader.report.text.labels import visible
from grader.schema import Counts, Exercise, title
from grader.students.cohort import Cohort, StudentLine, WrongClaim

HEADINGS: dict[Counts, str] = {
    "best": N_("Scores, by each student's best attempt"),
    "last": N_("Scores, by each student's last attempt"),
    "first": N_("Scores, by each student's first attempt"),
}
BAR = 30
"""The characters of the longest bar."""


@speaking("en")
def text(cohort: Cohort) -> str:
    """Return the cohort as text for a terminal, as all commands for instructors in English."""
    median = f", the median at attempt {cohort.attempts_to_pass:g}" if cohort.attempts_to_pass is not None else ""
    lines = [
        f"{cohort.exercise}: {words.plural(cohort.students, 'student', 'students')}, "
        f"{words.plural(cohort.reports, 'report', 'reports')}; {cohort.passed} passed{median}",
        f"\n{_heading(cohort)}",
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
        really = f"really {title(claim.really)}" if claim.really else _really(claim, cohort)
        lines.append(f"  {claim.students:4}  {claim.head:7} {claim.kind:34} {really}")
    lines.append("\nStudents")
    for line in cohort.lines:
        attempts = words.plural(line.attempts, "attempt", "attempts")
        lines.append(f"  {visible(line.name):24} {_score(line):>6}  {attempts}, {_passed(line)}")
    return "\n".join(lines)


def _heading(cohort: Cohort) -> str:
    return _(HEADINGS[cohort.counts])


def _score(line: StudentLine) -> str:
    return _("none") if line.score is None else percent(line.score)


def _passed(line: StudentLine) -> str:
    """Return if and since when the student passes, in words."""
    if not line.first_pass:
        return _("passed") if line.passed else _("not passed yet")
    if line.passed:
        return _("passed at attempt {number}", number=line.first_pass)
    return _("passed at attempt {number}, but that does not count", number=line.first_pass)


def _really(claim: WrongClaim, cohort: Cohort) -> str:
    """Return what the claimed head really is, in words."""
    if not cohort.is_measured:
        return _("unknown here; to measure, run: grade scan {exercise}", exercise=cohort.exercise)
    return title(claim.really) if claim.really else _("none of the kinds that are asked for")


def html(cohort: Cohort, exercise: Exercise) -> str:
    """Return the cohort as a page."""
    templates = environment()
    style = templates.get_template("page.css").render()
    page = templates.get_template("cohort.html.jinja").render(
        cohort=cohort,
        exercise=exercise,
        heading=_heading(cohort),
        score=_score,
        passed=_passed,
        really=_really,
        visible=visible,
        style_hash=inline_hash(style),
    )
    return Clean(page.rstrip() + "\n")
