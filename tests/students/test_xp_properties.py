"""Properties of the XP of every ledger."""

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from grader import kinds
from grader.ledger.entry import LedgerEntry
from grader.schema import Report
from grader.students.achievements import catalogue
from grader.students.xp import progress
from tests.support.ledgers import earned, ledger, regrade, report, verdict

TYPES = tuple(kinds.TYPES)

claimed = st.builds(
    verdict,
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
    kind=st.sampled_from(TYPES),
    points=st.floats(0, 40),
    outcome=st.sampled_from(["confirmed", "refuted", "not_graded"]),
    borderline=st.booleans(),
)
reports = st.builds(
    lambda verdicts, **more: report(*verdicts, **more),
    st.lists(claimed, max_size=6),
    exercise=st.sampled_from(["mini-heads", "gpt2-heads"]),
    transformer=st.sampled_from(["mini", "gpt2"]),
    possible=st.integers(1, 100).map(float),
    xp=st.integers(0, 50),
    passed=st.booleans(),
    gradable=st.booleans(),
)
ledgers = st.lists(reports, max_size=8).map(lambda many: ledger(*many))


@st.composite
def regraded_ledgers(draw: st.DrawFn) -> list[LedgerEntry]:
    """Draw a ledger in which some entries were replaced, and some of those again."""
    entries = draw(ledgers)
    for old in draw(st.lists(st.sampled_from(entries), max_size=4, unique_by=lambda e: e.id)) if entries else []:
        for _ in range(draw(st.integers(1, 2))):
            exercise = old.report.exercise
            new = draw(reports).model_copy(update={"exercise": exercise})
            entries.append(regrade(old, new, len(entries) + 1))
            old = entries[-1]
    return entries


@settings(max_examples=60, deadline=None)
@given(regraded_ledgers(), st.randoms(use_true_random=False))
def test_order_and_repeats_of_the_entries_change_nothing(entries: list[LedgerEntry], shuffler: random.Random) -> None:
    mixed = entries + entries[: len(entries) // 2]
    shuffler.shuffle(mixed)

    assert progress(mixed) == progress(entries)


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_the_same_reports_once_more_earn_nothing_more(entries: list[LedgerEntry]) -> None:
    twice = ledger(*(entry.report for entry in entries * 2))

    assert progress(twice).xp == progress(entries).xp


@settings(max_examples=60, deadline=None)
@given(regraded_ledgers())
def test_xp_is_never_negative_nor_more_than_is_possible(entries: list[LedgerEntry]) -> None:
    reached = progress(entries)
    possible: dict[str, float] = {}
    for entry in entries:
        possible[entry.report.exercise] = max(possible.get(entry.report.exercise, 0), entry.report.possible)

    assert all(0 <= line.xp <= sum(possible.values()) for line in reached.history)
    assert sum(line.xp_change for line in reached.history) == reached.xp
    assert len(reached.earned) + len(reached.open) == len(catalogue().achievements)


@settings(max_examples=60, deadline=None)
@given(regraded_ledgers())
def test_what_a_regrade_replaced_counts_no_more(entries: list[LedgerEntry]) -> None:
    replaced = {entry.replaces for entry in entries}
    standing = ledger(*(entry.report for entry in entries if entry.id not in replaced))

    assert progress(entries).xp == progress(standing).xp


@settings(max_examples=60, deadline=None)
@given(ledgers)
def test_another_submission_never_takes_anything_away(entries: list[LedgerEntry]) -> None:
    steps = [progress(entries[:length]) for length in range(len(entries) + 1)]

    for before, after in pairwise(steps):
        assert before.xp <= after.xp
        assert earned(before) <= earned(after)
        assert after.history[:-1] == before.history


@settings(max_examples=60, deadline=None)
@given(st.lists(reports, max_size=6), st.randoms(use_true_random=False))
def test_xp_does_not_depend_on_the_order_of_the_submissions(many: list[Report], shuffler: random.Random) -> None:
    mixed = list(many)
    shuffler.shuffle(mixed)

    assert progress(ledger(*mixed)).xp == progress(ledger(*many)).xp
