"""Work that was graded at this terminal, and whether it is to be handed in; on both databases."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from grader.exercises import submissions
from grader.ledger import Ledger
from grader.ledger.handed_in import HandedIn
from grader.students.offline import REFUSALS, Offline, as_offline, offline, to_hand_in
from tests.support.ledgers import START, refuted, sealed, verdict
from tests.support.postgres import BACKENDS, database

WORK = Offline("offline-" + "a" * 40, "mini-heads", "{}")


@pytest.fixture(params=BACKENDS)
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    with database(request.param, tmp_path) as url, Ledger(url) as opened:
        yield opened


def test_a_submission_is_rebuilt_as_the_student_made_it(ledger: Ledger) -> None:
    claims = (verdict((5, 5), evidence="so it goes"), refuted((0, 1)), verdict((3, 3), outcome="not_graded"))
    ledger.append(sealed(1, verdicts=claims, gallery=True, gallery_name="Ada"))
    (works,) = offline(ledger, {"ada"}, "noor")
    rebuilt = submissions.read(works.document.encode(), "submission")

    assert rebuilt.claims == tuple(each.claim for each in claims)
    assert (rebuilt.exercise, rebuilt.student, rebuilt.gallery_name) == ("mini-heads", None, "Ada")
    assert works == as_offline(rebuilt, "noor")
    assert works.id != as_offline(rebuilt, "ada").id


def test_only_what_was_graded_here_counts_each_content_once(ledger: Ledger) -> None:
    """Measured again by another grader, a submission has another report and the same content."""
    for report in (sealed(1), sealed(1, content_hash="f" * 64), sealed(2), sealed(3, student="bob")):
        ledger.append(report)
    ledger.append(sealed(4, gradable=False))
    ledger.append(sealed(5), "canvas")
    works = offline(ledger, {"ada", "login"}, "ada")

    assert [each.document for each in works] == [offline(ledger, {"ada"}, "x")[n].document for n in (0, 1)]
    assert len(works) == 2


def test_what_became_of_it_is_known_for_each_platform_and_queue(ledger: Ledger) -> None:
    notes = HandedIn(ledger, "queue:6379/0", "canvas")
    notes.note(WORK.id, "graded")

    assert to_hand_in(notes, [WORK], START) == []
    assert to_hand_in(HandedIn(ledger, "queue:6379/0", "moodle"), [WORK], START) == [WORK]
    assert to_hand_in(HandedIn(ledger, "other:6379/0", "canvas"), [WORK], START) == [WORK]


def test_a_refused_one_is_tried_again_when_it_may_be_under_another_id_and_not_for_ever(ledger: Ledger) -> None:
    notes = HandedIn(ledger, "queue:6379/0", "canvas")
    tried = []
    when = START
    while ready := to_hand_in(notes, [WORK], when):
        tried += [each.id for each in ready]
        notes.note(ready[0].id, "rejected", "too soon", when + timedelta(hours=1))
        assert to_hand_in(notes, [WORK], when) == []
        when += timedelta(hours=1)

    assert tried == [WORK.id, *(f"{WORK.id}-{number}" for number in range(2, REFUSALS + 1))]


def test_one_that_could_not_be_graded_is_asked_for_again_under_its_id(ledger: Ledger) -> None:
    notes = HandedIn(ledger, "queue:6379/0", "canvas")
    notes.note(WORK.id, "dead", "no transformer", START + timedelta(days=1))

    assert to_hand_in(notes, [WORK], START) == []
    assert to_hand_in(notes, [WORK], START + timedelta(days=1)) == [WORK]


def test_a_report_that_tells_the_score_alone_cannot_be_handed_in_elsewhere(ledger: Ledger) -> None:
    ledger.append(sealed(1, verdicts=(), feedback="score"))

    assert offline(ledger, {"ada"}, "ada") == []
