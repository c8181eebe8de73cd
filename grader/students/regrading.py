"""Regrading: every kept report graded again under a changed exercise, without running the transformer.

Every head was measured once and the score table is kept, so a report is graded again from its claims. Only causal
evidence that is not kept yet has to be measured: another threshold makes other heads the control. The preview and the
applied regrade use the same function, so they have the same result.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from grader.base.errors import ExerciseError
from grader.grading.grade import credited, grade
from grader.grading.importance import CausalEvidence
from grader.grading.standings import Standings
from grader.ledger import History, Ledger, LedgerEntry, Regrade
from grader.ledger.queue.outbox import Outbox
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import Exercise, Outcome, Report, Submission
from grader.students.grades import standing
from grader.students.selection import SelectedSubmission, Selection
from grader.students.xp import progress

BETWEEN, ARROW = "; ", " -> "
"""The separators between the parts of a regrade's reason, and inside a part about a threshold that moved."""


class Flip(NamedTuple):
    """A claim, or a circuit, whose outcome changes."""

    head: str
    """The head's name; of a circuit, both names: `L0H5-L1H3`."""
    kind: str
    before: Outcome
    after: Outcome


class Effect(NamedTuple):
    """One report, before and after the change."""

    entry: LedgerEntry
    after: Report

    @property
    def is_change(self) -> bool:
        """True if an outcome, the points, the pass or the XP change."""
        return _counts(self.entry.report) != _counts(self.after)

    @property
    def is_loss(self) -> bool:
        """True if the student would have less than before."""
        before, after = self.entry.report, self.after
        return after.score < before.score or after.xp < before.xp or after.passed < before.passed

    @property
    def flips(self) -> list[Flip]:
        """The claims and circuits whose outcome changes."""
        pairs = list(zip(self.entry.report.verdicts, self.after.verdicts, strict=True))
        of_claims = (Flip(old.claim.place, old.claim.name, old.outcome, new.outcome) for old, new in pairs)
        of_circuits = (
            Flip(f"{old.feeds.sender}-{old.feeds.receiver}", old.kind.name, old.result, new.result)
            for old, new in ((old.circuit, new.circuit) for old, new in pairs)
            if old is not None and new is not None
        )
        return [flip for flip in (*of_claims, *of_circuits) if flip.before != flip.after]

    @property
    def moved(self) -> list[str]:
        """The thresholds of its claims that moved, such as `induction share 0.6 -> 0.5`."""
        before, after = _thresholds(self.entry.report), _thresholds(self.after)
        return [
            f"{kind} {statistic} {before[kind, statistic]:g}{ARROW}{at_least:g}"
            for (kind, statistic), at_least in after.items()
            if before.get((kind, statistic), at_least) != at_least
        ]


class StudentEffect(NamedTuple):
    """The effect of a change on one student of one platform."""

    platform: str
    student: str
    effects: tuple[Effect, ...]
    """One for each report that changes."""
    unchanged: int
    xp: tuple[int, int]
    """Before and after."""
    earned: dict[int, tuple[int, int]]
    """The XP that each submission adds to those before it, before and after, by its newest entry; without a change,
    and on other exercises, too. They add up to `xp`."""
    levels: tuple[int, int]


class Regrading:
    """A changed exercise, with the score table that it is graded on."""

    def __init__(
        self,
        exercise: Exercise,
        table: ScoreTable,
        *,
        never_lower: bool = False,
        causal: CausalEvidence | None = None,
        stated: Exercise | None = None,
    ) -> None:
        """With `never_lower`, a report stays as it is where the new one would be lower.

        `causal` is asked for reports whose claims need causal evidence. `stated` is the exercise before the change, if
        it is not the changed one already.
        """
        self.exercise, self.never_lower, self._causal = exercise, never_lower, causal
        self._stated = stated or exercise
        self.standings = Standings(exercise, table)

    def rescored(self, report: Report) -> Report:
        """Return the new report on the same claims; it keeps evidence, credit and the student's wishes."""
        submission = Submission(
            exercise=self.exercise.id,
            student=report.student,
            claims=tuple(verdict.claim for verdict in report.verdicts),
            gallery=report.gallery,
            gallery_name=report.gallery_name,
        )
        evidence = {number: v.evidence for number, v in enumerate(report.verdicts) if v.evidence is not None}
        new = grade(submission, self.exercise, self.standings.table, evidence, self.standings, self._causal)
        return credited(new, self.exercise, report.credit)

    def effects(self, ledger: Ledger, selection: Selection | None = None) -> Iterator[StudentEffect]:
        """Yield the effect on each student with a report on the exercise; only selected reports change."""
        selection = selection or Selection()
        for history in selection.histories(ledger, self.exercise.id, on_others=True):
            if submissions := list(selection.submissions(history, self.exercise.id)):
                yield self._of_student(history, submissions)

    def refuse_old_version(self, effects: Iterable[StudentEffect]) -> None:
        """Check that the changed exercise has a higher version than the reports.

        Raises:
            ExerciseError: It has not.
        """
        newest = max((e.entry.report.exercise_version for student in effects for e in student.effects), default=0)
        if newest >= self.exercise.version:
            message = f"it gives other results than version {newest}, but its `version` is {self.exercise.version}"
            raise ExerciseError(f"{self.exercise.id}: {message}; make it {newest + 1}")

    def apply(self, ledger: Ledger, effects: Iterable[StudentEffect], reason: str) -> Iterator[LedgerEntry]:
        """Yield a new entry for each report that changes; the old ones stay.

        Each new reason names the thresholds that moved. A platform that handed in the submission is owed a new answer.
        """
        outbox = Outbox(ledger)
        for student in effects:
            for effect in student.effects:
                change = Regrade(effect.entry.id, BETWEEN.join([*effect.moved, reason]))
                yield outbox.regrade(effect.after, student.platform, change)

    def _of_student(self, history: History, submissions: Sequence[SelectedSubmission]) -> StudentEffect:
        entries = history.entries
        current = [
            submission.standing._replace(report=standing([submission], self._stated))
            for submission in submissions
            if submission.standing.report.verdicts  # one from a platform may show only the score
        ]
        effects = [Effect(entry, self.rescored(entry.report)) for entry in current]
        wanted = tuple(e for e in effects if e.is_change and not (self.never_lower and e.is_loss))
        following = max(entry.id for entry in entries) + 1
        added = [
            effect.entry._replace(id=following + number, report=effect.after, replaces=effect.entry.id)
            for number, effect in enumerate(wanted)
        ]
        before = progress(entries)
        after = progress([*entries, *added]) if added else before
        return StudentEffect(
            history.platform,
            history.student,
            wanted,
            len(effects) - len(wanted),
            (before.xp, after.xp),
            _earned(entries, added),
            (before.level, after.level),
        )


def _earned(entries: Sequence[LedgerEntry], added: Sequence[LedgerEntry]) -> dict[int, tuple[int, int]]:
    """Return what each submission adds to the XP before and after, by the id of its entry before the change."""
    newest = {entry.submission: entry for entry in entries}
    changed = newest | {entry.submission: entry for entry in added}
    steps = [_steps(list(standing.values())) for standing in (newest, changed)]
    return {entry.id: (steps[0][name], steps[1][name]) for name, entry in newest.items()}


def _steps(standing: Sequence[LedgerEntry]) -> dict[str, int]:
    """Return the XP that each of these reports adds to those before it, by submission."""
    ordered = [entry._replace(id=number, replaces=None) for number, entry in enumerate(standing, 1)]
    changes = (line.xp_change for line in progress(ordered).history)
    return {entry.submission: change for entry, change in zip(ordered, changes, strict=True)}


def moved(effects: Iterable[StudentEffect]) -> list[str]:
    """Return all thresholds that moved under the reports that change, each once."""
    return sorted({each for student in effects for effect in student.effects for each in effect.moved})


def _counts(report: Report) -> tuple[object, ...]:
    verdicts = tuple((verdict.outcome, verdict.borderline, verdict.points) for verdict in report.verdicts)
    circuits = tuple((each.circuit.result, each.circuit.points) for each in report.verdicts if each.circuit)
    return verdicts, circuits, report.points, report.possible, report.score, report.passed, report.xp, report.gradable


def _thresholds(report: Report) -> dict[tuple[str, str], float]:
    return {
        **{(v.claim.name, check.statistic): check.at_least for v in report.verdicts for check in v.threshold},
        **{(v.claim.name, "needed_at"): v.matters.needed_at for v in report.verdicts if v.matters},
        **{(v.circuit.kind.name, "left_at_most"): v.circuit.left_at_most for v in report.verdicts if v.circuit},
    }
