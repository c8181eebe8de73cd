"""XP, achievements and regrades of reports with causal evidence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grader.exercises.changes import changed
from grader.grading.grade import grade
from grader.ledger import Ledger
from grader.ledger.entry import LedgerEntry
from grader.schema import Claim, HeadIndex, Report, Submission
from grader.students.achievements import COUNTS
from grader.students.regrading import Regrading
from grader.students.xp import progress
from tests.support.ledgers import START
from tests.support.planted_causes import BACK, SCORES, TOGETHER, Planted, causal_exercise, feeds
from tests.support.planted_tables import claim, table

ASKED = causal_exercise()
TABLE = table(ASKED, SCORES)
ALONE = claim(*BACK, "positional", matters="alone")


def induction(place: HeadIndex, **more: object) -> Claim:
    return claim(*place, "induction", matters="together", **more)


def report(*claims: Claim, **rule: Any) -> Report:  # noqa: ANN401 - whatever a rule may be
    asked = causal_exercise(**rule)
    return grade(Submission(exercise=asked.id, student="ada", claims=claims), asked, TABLE, causal=Planted())


def fed(place: HeadIndex, into: str = "key") -> Claim:
    return induction(place, feeds=feeds(BACK, place, into))


def xp(*reports: Report) -> list[int]:
    entries = [LedgerEntry(number, str(number), each, START) for number, each in enumerate(reports, 1)]
    return [line.xp_change for line in progress(entries).history]


FIRST, SECOND, THIRD = TOGETHER


@pytest.mark.parametrize("feedback", ["all", "verdicts"])
def test_a_circuit_earns_once_and_as_many_as_are_wanted(feedback: str) -> None:
    one = report(ALONE, fed(FIRST), induction(SECOND), feedback=feedback)
    other = report(ALONE, fed(SECOND), induction(FIRST), feedback=feedback)
    third = report(ALONE, fed(THIRD), induction(FIRST), feedback=feedback)

    assert one.xp == 20 + 30 + 5
    assert xp(one, one) == [55, 0]
    assert xp(one, other, third) == [55, 5, 0]  # two circuits are wanted, and two heads


def test_the_other_input_of_a_circuit_earns_nothing_more_where_neither_is_told_from_the_other() -> None:
    asked, unknown = causal_exercise(), Planted(direct=False)
    key, query = (
        grade(Submission(exercise=asked.id, student="ada", claims=claims), asked, TABLE, causal=unknown)
        for claims in ((ALONE, fed(FIRST, into), induction(SECOND)) for into in ("key", "query"))
    )

    assert xp(key, query) == [55, 0]
    assert COUNTS["circuits"]([key, query], None) == 1


def test_all_reports_together_never_earn_more_than_the_exercise_offers() -> None:
    whole = report(ALONE, *map(fed, TOGETHER))

    assert (whole.points, whole.possible, whole.xp) == (60, 60, 60)
    assert xp(whole, report(ALONE, fed(THIRD), fed(SECOND))) == [60, 0]


def test_a_refuted_circuit_is_a_flaw() -> None:
    flawless = COUNTS["flawless"]

    assert flawless([report(ALONE, fed(FIRST), induction(SECOND))], None) == 3
    assert flawless([report(ALONE, fed(FIRST, "query"), induction(SECOND))], None) == 0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as opened:
        opened.append(report(ALONE, fed(FIRST), induction(SECOND)))
        yield opened


def test_a_stricter_rule_is_previewed_applied_and_named(ledger: Ledger) -> None:
    stricter = changed(ASKED, ["induction.needed_at=0.4"])  # the set of two loses 6.0 and 3.6 of 14.67 nats
    regrading = Regrading(stricter, TABLE, causal=Planted())
    (student,) = regrading.effects(ledger)
    (entry,) = regrading.apply(ledger, [student], "more must be lost")

    assert [(flip.head, flip.before, flip.after) for flip in student.effects[0].flips] == [
        ("L1H0", "confirmed", "refuted"),
        ("L1H1", "confirmed", "refuted"),
    ]
    assert entry.reason == "induction needed_at 0.1 -> 0.4; more must be lost"
    assert entry.report.verdicts[0].points == 20


def test_a_circuit_whose_outcome_changes_is_a_flip(ledger: Ledger) -> None:
    stricter = changed(ASKED, ["induction.circuits.left_at_most=0.01"])
    (student,) = Regrading(stricter, TABLE, causal=Planted(width=0.0)).effects(ledger)

    assert [flip._asdict() for flip in student.effects[0].flips] == [
        {"head": "L0H3-L1H0", "kind": "induction", "before": "confirmed", "after": "refuted"}
    ]
    assert student.effects[0].moved == ["induction left_at_most 0.5 -> 0.01"]
    assert student.xp == (55, 50)


def test_the_same_rule_changes_nothing(ledger: Ledger) -> None:
    (student,) = Regrading(ASKED, TABLE, causal=Planted()).effects(ledger)

    assert (student.effects, student.unchanged) == ((), 1)


def test_where_only_the_pattern_is_asked_again_no_causal_evidence_is_needed(ledger: Ledger) -> None:
    plain = changed(ASKED, ["induction.evidence=pattern", "positional.evidence=pattern"])
    without = plain.model_copy(
        update={"kinds": tuple(each.model_copy(update={"circuits": None}) for each in plain.kinds)}
    )
    (student,) = Regrading(without, TABLE).effects(ledger)

    (effect,) = student.effects
    assert [verdict.outcome for verdict in effect.after.verdicts] == ["confirmed"] * 3
    assert (effect.after.possible, effect.after.points) == (50, 50)
