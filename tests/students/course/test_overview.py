"""Who there is in a course: attempts, best score, last sign; who is stuck, and who never handed in."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from grader.ledger import Ledger
from grader.ledger.people import rosters
from grader.ledger.people.adjustments import Whose
from grader.ledger.people.rosters import RosterLine, listed
from grader.ledger.queue.deciding import deciding
from grader.schema import Adjustment
from grader.service.reception import Reception
from grader.service.worker import Worker
from grader.students.course.overview import StudentSeen, seen, seen_everywhere
from grader.students.register import Register
from grader.students.selection import Selection
from tests.service import planted
from tests.service.conftest import exercises, jobs, ledger, reception, tables, worker  # noqa: F401
from tests.service.planted import CAME, document, envelope

WRONG = "{layer: 3, head: 3, type: induction%s}"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def lines(ledger: Ledger, reception: Reception, worker: Worker, exercises: Path) -> Sequence[StudentSeen]:  # noqa: F811
    """A course: cem tries and gets no further, dan's files cannot be read, eve did nothing, fay is excused."""
    names = ("ada", "bob", "cem", "dan", "eve", "fay")
    rosters.replace(ledger, "local", "c1", [RosterLine(name, "A" if name < "d" else "B") for name in names])
    files = [
        ("ada", document("one")),
        ("ada", document("two", WRONG)),
        ("ada", document("one")),
        *(("cem", document(f"{n}", WRONG)) for n in range(3)),
        *(("bob", document(f"{n}", WRONG)) for n in range(2)),
        ("bob", document("right")),
        *(("dan", "claims: [") for _ in range(2)),
        ("ada", "claims: ["),
    ]
    for number, (name, file) in enumerate(files):
        new = envelope(f"s{number}", student=name, submission=file, came_at=CAME + number * MINUTE, course="c1")
        (receipt,) = reception.accept([new])
        worker.work(receipt.job or 0)
    made = Adjustment(kind="excused", reason="ill", made_at=CAME)
    with deciding(ledger) as decision:
        decision.make(Whose("local", "fay", planted.ID), made, "teacher")
    return seen(ledger, planted.planted(), Selection(register=Register(listed(ledger))))


def test_everybody_has_a_line_and_who_is_stuck_is_told(
    lines: Sequence[StudentSeen],
    ledger: Ledger,  # noqa: F811
) -> None:
    by_name = {(line.student, line.exercise): line for line in lines}
    ada = by_name["ada", planted.ID]

    assert (ada.attempts, ada.best, ada.passed, ada.section, ada.course) == (2, 0.3333, False, "A", "c1")
    assert (ada.last_seen, ada.rejected) == (CAME + 11 * MINUTE, 1)
    assert {line.student for line in lines} == {"ada", "bob", "cem", "dan", "eve", "fay"}
    assert by_name["fay", planted.ID].decided == "excused"
    assert {line.student: line.stuck for line in lines if line.stuck} == {
        "cem": "no progress in the last 2 of 3 attempts",
        "dan": "only rejected files: yaml-syntax",
        "eve": "never handed in",
    }

    def names(**asked: str) -> set[str]:
        selection = Selection(register=Register(listed(ledger)), **asked)  # type: ignore[arg-type]
        return {line.student for line in seen(ledger, planted.planted(), selection)}

    assert names(section="B") == {"dan", "eve", "fay"}
    assert names(platform="mooc") == set()
    assert names(course="c2") == set()
    assert names(platform="local", course="c1", section="A") == {"ada", "bob", "cem"}


def test_in_all_exercises_nobody_has_a_line_of_one_to_which_nothing_came(
    lines: Sequence[StudentSeen],
    ledger: Ledger,  # noqa: F811
) -> None:
    other = planted.planted(id="other-heads")
    selection = Selection(register=Register(listed(ledger)))
    everywhere = seen_everywhere(ledger, [other, planted.planted()], selection)

    assert {line.student: line.exercise for line in everywhere} == {
        **dict.fromkeys(("ada", "bob", "cem", "fay"), planted.ID),
        **dict.fromkeys(("dan", "eve"), ""),
    }
    assert {line.student: line.stuck for line in everywhere} == {line.student: line.stuck for line in lines}
