"""Decisions: what instructors decided for a student, exercise by exercise."""

from collections.abc import Iterable, Iterator

from grader.ledger import Ledger
from grader.ledger.people import adjustments
from grader.students.xp import Decided


def of(ledger: Ledger, names: Iterable[str], platforms: Iterable[str]) -> Iterator[Decided]:
    """Yield what counts for the student of these names on these platforms."""
    where = list(platforms)
    kept = [each for name in sorted(names) for place in where for each in adjustments.kept(ledger, place, name)]
    for whose in sorted({each.whose for each in kept}):
        for made in adjustments.adjustments(ledger, *whose).made:
            yield Decided(exercise=whose.exercise, adjustment=made)
