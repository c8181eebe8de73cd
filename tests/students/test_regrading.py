"""A changed exercise on planted tables and real ledgers: the preview is applied, and nothing is lost."""

import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.base.errors import ExerciseError
from grader.exercises.changes import changed
from grader.grading.grade import grade
from grader.ledger import Ledger
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import Claim, Evidence, Exercise, Report, Submission
from grader.students.regrading import Regrading
from grader.students.xp import progress
from tests.support.planted_tables import exercise, table

RULE = exercise(borderline="as_measured")
HEADS = [(layer, head) for layer in range(5) for head in range(5)]
SCORES = {
    "positional:-1": {place: 0.04 * number for number, place in enumerate(HEADS)},
    "induction": {place: 0.03 * number for number, place in enumerate(reversed(HEADS))},
}
TABLE = table(RULE, SCORES)
ONE = table(RULE, {"positional:-1": {HEADS[-1]: 0.9}})
"""A single head passes, so a single claim is more than luck."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as opened:
        yield opened


def claim(kind: str, place: tuple[int, int]) -> Claim:
    return Claim.model_validate({"type": kind, "layer": place[0], "head": place[1]})


def report(student: str, *claims: Claim, rule: Exercise = RULE, on: ScoreTable = TABLE) -> Report:
    return grade(Submission(exercise=rule.id, student=student, claims=claims), rule, on)


def a_thousand(ledger: Ledger) -> None:
    """Random claims of 150 students on two platforms."""
    rng = random.Random(7)  # noqa: S311 - no secret
    pairs = [(kind, place) for kind in ("positional", "induction") for place in HEADS]
    with ledger.database.connection(write=True) as connection:
        for number in range(1000):
            claims = [claim(kind, place) for kind, place in rng.sample(pairs, rng.randint(1, 6))]
            one = report(f"student-{number % 150}", *claims)
            ledger.enter(connection, one, rng.choice(["local", "canvas"]), datetime.now(UTC))


@pytest.mark.parametrize("never_lower", [False, True])
def test_the_preview_of_a_thousand_reports_is_exactly_what_is_applied(ledger: Ledger, never_lower: bool) -> None:
    a_thousand(ledger)
    before = list(ledger.entries())
    harder = changed(RULE, ["induction.at_least=0.3", "positional.share.at_least=0.8", "wrong_costs=9"])
    regrading = Regrading(harder, TABLE, never_lower=never_lower)
    preview = list(regrading.effects(ledger))
    applied = list(regrading.apply(ledger, preview, "tried"))

    wanted = {effect.entry.id: effect.after for student in preview for effect in student.effects}
    assert {entry.replaces: entry.report for entry in applied} == wanted
    assert len(applied) > 100
    assert list(ledger.entries())[: len(before)] == before
    for student in preview:
        theirs = progress(ledger.entries(student.student, platform=student.platform))
        assert (theirs.xp, theirs.level) == (student.xp[1], student.levels[1])
        assert not never_lower or student.xp[1] >= student.xp[0]
    again = list(regrading.effects(ledger))
    assert all(student.xp[0] == student.xp[1] for student in again)
    assert never_lower or not any(student.effects for student in again)


def test_each_new_report_names_the_old_one_the_threshold_that_moved_and_the_reason(ledger: Ledger) -> None:
    ledger.append(report("ada", claim("induction", HEADS[1]), claim("positional", HEADS[-1])))
    regrading = Regrading(changed(RULE, ["induction.at_least=0.7"]), TABLE)
    (entry,) = regrading.apply(ledger, regrading.effects(ledger), "too many heads passed")

    assert entry.replaces == 1
    assert entry.reason == "induction share 0.6 -> 0.7; too many heads passed"


def test_xp_moves_and_the_history_says_why(ledger: Ledger) -> None:
    ledger.append(report("ada", claim("positional", HEADS[-1]), on=ONE))
    regrading = Regrading(changed(RULE, ["positional.at_least=0.95"]), ONE)
    (student,) = regrading.effects(ledger)
    list(regrading.apply(ledger, [student], "stricter"))
    history = progress(ledger.entries("ada")).history

    assert student.xp == (10, 0)
    assert history[-1].regraded
    assert history[-1].xp_change == student.xp[1] - student.xp[0]
    assert history[-1].reason.endswith("stricter")


def test_what_changes_nothing_that_counts_touches_nobody(ledger: Ledger) -> None:
    ledger.append(report("ada", claim("positional", HEADS[-1])))
    (student,) = Regrading(changed(RULE, ["positional.at_least=0.41"]), TABLE).effects(ledger)

    assert (student.effects, student.unchanged) == ((), 1)


def test_recomputed_evidence_stays_with_its_claim(ledger: Ledger) -> None:
    seen = claim("positional", HEADS[-1]).model_copy(update={"evidence": "a b"})
    evidence = Evidence(text="a b", tokens=("a", "b"), share=0.5, hit_rate=1.0, queries=1)
    submission = Submission(exercise=RULE.id, student="ada", claims=(seen,))
    ledger.append(grade(submission, RULE, TABLE, {0: evidence}))
    (student,) = Regrading(changed(RULE, ["positional.at_least=1"]), TABLE).effects(ledger)

    assert student.effects[0].after.verdicts[0].evidence == evidence


def test_what_the_student_wants_of_the_gallery_stays(ledger: Ledger) -> None:
    right = claim("positional", HEADS[-1])
    submission = Submission(exercise=RULE.id, student="ada", claims=(right,), gallery=True, gallery_name="Countess")
    ledger.append(grade(submission, RULE, TABLE))
    (student,) = Regrading(changed(RULE, ["positional.at_least=1"]), TABLE).effects(ledger)

    assert (student.effects[0].after.gallery, student.effects[0].after.gallery_name) == (True, "Countess")


def test_a_change_under_the_old_version_is_refused(ledger: Ledger) -> None:
    ledger.append(report("ada", claim("positional", HEADS[-1])))
    same = changed(RULE, ["positional.at_least=1"]).model_copy(update={"version": RULE.version})
    regrading = Regrading(same, TABLE)

    with pytest.raises(ExerciseError, match="make it 4"):
        regrading.refuse_old_version(list(regrading.effects(ledger)))


def test_other_exercises_count_for_the_level_and_are_not_regraded(ledger: Ledger) -> None:
    other = RULE.model_copy(update={"id": "another"})
    right = claim("positional", HEADS[-1])
    for one in (
        report("ada", right, rule=other, on=ONE),
        report("ada", right, on=ONE),
        report("bob", right, rule=other),
    ):
        ledger.append(one)
    (student,) = Regrading(changed(RULE, ["positional.at_least=1"]), ONE).effects(ledger)

    assert [effect.entry.id for effect in student.effects] == [2]
    assert student.xp == (20, 10)


def test_regrading_loads_no_torch_and_no_numpy() -> None:
    modules = "grader.students.regrading, grader.exercises.changes, grader.report.text.effects"
    check = f"import sys, {modules}; print({{'torch', 'numpy'}} & set(sys.modules))"

    assert subprocess.check_output([sys.executable, "-c", check], text=True) == "set()\n"
