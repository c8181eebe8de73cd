"""The gradebook ends equal to the ledger, whatever the platform does on the way, and no work is made late by us."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from grader.doors.lti.passback import scores_url
from grader.ledger import Regrade
from grader.ledger.entry import KnownStudent
from grader.ledger.people import footprint
from grader.ledger.tables import DELIVERIES, LINE_ITEMS
from tests.support.lti import lms as platforms
from tests.support.lti.lms import CLAIM, EVERY, INSTRUCTOR, Grade, Lms
from tests.support.lti.world import World


def part(lms: Lms, user: str = "ada", course: str = "course-1") -> float | None:
    """Return the part of the full score in the gradebook."""
    grade = lms.grade(user, course)
    assert grade
    return grade.part


def test_scores_go_to_the_path_before_the_query() -> None:
    assert scores_url("https://m.example/a/7/lineitem?type_id=2") == "https://m.example/a/7/lineitem/scores?type_id=2"
    assert scores_url("https://c.example/api/lti/7/") == "https://c.example/api/lti/7/scores"


@EVERY
def test_a_score_reaches_the_gradebook_with_the_time_of_the_work(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    worked_at = datetime.now(UTC) - timedelta(days=2)
    tool_server.hand_in(lms.name, 0.75, came_at=worked_at)

    assert tool_server.deliver(lms.name) == []
    grade = lms.grade("ada")
    assert grade
    assert grade.part == 0.75
    assert abs(grade.submitted_at - worked_at) < timedelta(seconds=1)
    assert datetime.now(UTC) - grade.stamp < timedelta(minutes=1)
    assert lms.token_requests == 1


def test_the_best_score_counts_and_only_changes_are_sent(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    for score, best, posts in ((0.5, 0.5, 1), (0.25, 0.5, 1), (0.5, 0.5, 1), (1.0, 1.0, 2)):
        tool_server.hand_in(lms.name, score)
        assert tool_server.deliver(lms.name) == []
        assert part(lms) == best
        assert len(lms.posts) == posts


def test_a_student_in_two_courses_has_the_score_of_each(tool_server: World, lms: Lms) -> None:
    for course in ("course-1", "course-2"):
        tool_server.launch(lms, course=course)
    tool_server.hand_in(lms.name, 0.5, course="course-1")
    tool_server.hand_in(lms.name, 0.75, course="course-2")

    assert tool_server.deliver(lms.name) == []
    assert (part(lms), part(lms, course="course-2")) == (0.5, 0.75)


def test_a_tool_launched_twice_sends_one_score(tool_server: World, lms: Lms) -> None:
    for _ in range(2):
        tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)

    assert tool_server.deliver(lms.name) == []
    assert len(lms.posts) == 1


def test_work_from_before_the_line_item_is_sent_when_there_is_one(tool_server: World, lms: Lms) -> None:
    tool_server.hand_in(lms.name, 0.5)
    assert tool_server.deliver(lms.name) == []
    tool_server.launch(lms)

    assert tool_server.deliver(lms.name) == []
    assert part(lms) == 0.5


def test_an_instructor_has_no_place_in_the_gradebook(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms, **{f"{CLAIM}roles": [INSTRUCTOR]})
    tool_server.hand_in(lms.name, 0.5)

    assert tool_server.deliver(lms.name) == []
    assert lms.posts == []


@pytest.mark.parametrize("address", ["http://127.0.0.2/x", "http://169.254.169.254/x", "file:///etc/passwd", 5, None])
def test_no_platform_makes_us_call_other_machines(tool_server: World, canvas: Lms, address: object) -> None:
    services = canvas.services()
    endpoint, members = services.values()
    endpoint["lineitem"] = members["context_memberships_url"] = address
    tool_server.launch(canvas, **services)
    tool_server.hand_in(canvas.name, 0.5)

    assert tool_server.deliver(canvas.name) == []
    assert canvas.token_requests == 0


def regrade(world: World, lms: Lms, score: float, **more: object) -> None:
    """Regrade the student's only report."""
    (entry,) = world.ledger.entries("ada", platform=lms.name)
    report = entry.report.model_copy(update={"score": score, "content_hash": "0" * 64, **more})
    world.outbox.regrade(report, lms.name, Regrade(entry.id, "another threshold"))


@EVERY
def test_a_regrade_that_lowers_a_score_lowers_it_there(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    worked_at = datetime.now(UTC) - timedelta(days=9)
    tool_server.hand_in(lms.name, 0.9, came_at=worked_at)
    assert tool_server.deliver(lms.name) == []
    first = lms.grade("ada")
    regrade(tool_server, lms, 0.4)

    assert tool_server.deliver(lms.name) == []
    second = lms.grade("ada")
    assert first
    assert second
    assert second.part == 0.4
    assert second.submitted_at == first.submitted_at
    assert second.stamp - first.stamp >= timedelta(seconds=1)


def test_a_regrade_after_which_nothing_is_graded_empties_the_cell(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.9)
    assert tool_server.deliver(lms.name) == []
    regrade(tool_server, lms, 0.0, gradable=False)

    assert tool_server.deliver(lms.name) == []
    assert part(lms) is None


@EVERY
def test_an_answer_that_is_lost_is_no_second_score(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.faults = [platforms.takes_and_hangs_up]
    (outcome,) = tool_server.deliver(lms.name)

    assert outcome.is_away
    assert part(lms) == 0.5
    assert tool_server.deliver(lms.name) == []  # 409 from Moodle; Canvas takes the same time again
    assert len({post["timestamp"] for post in lms.posts}) == 1
    assert len(lms.posts) == 2
    tool_server.hand_in(lms.name, 0.75)
    assert tool_server.deliver(lms.name) == []
    assert part(lms) == 0.75


@pytest.mark.parametrize("fault", [platforms.busy, platforms.too_many, platforms.broken, platforms.hangs_up])
def test_a_score_that_is_not_taken_is_sent_again(tool_server: World, lms: Lms, fault: platforms.Fault) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.faults = [fault]
    (outcome,) = tool_server.deliver(lms.name)

    assert outcome.is_away == (fault is not platforms.broken)
    assert lms.grade("ada") is None
    assert tool_server.troubles(lms.name) == [] or fault is platforms.broken
    assert tool_server.deliver(lms.name) == []
    assert part(lms) == 0.5


def test_a_platform_that_is_down_for_an_hour_misses_nothing(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    lms.is_down = True
    for score in (0.25, 0.5, 0.75):
        tool_server.hand_in(lms.name, score)
        assert tool_server.deliver(lms.name)
    with tool_server.ledger.database.connection(write=True) as connection:  # an hour passes
        earlier = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="microseconds")
        connection.execute(sa.update(LINE_ITEMS).where(LINE_ITEMS.c.platform == lms.name).values(stamp=earlier))
        connection.execute(sa.update(DELIVERIES).where(DELIVERIES.c.wake_at > "").values(wake_at=earlier))
    lms.is_down = False

    assert tool_server.deliver(lms.name) == []
    assert part(lms) == 0.75
    assert len(lms.posts) == 1


@EVERY
def test_a_gradebook_with_a_later_time_still_gets_a_new_score(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    now = datetime.now(UTC)
    cell = (line_item_path(lms), "ada")
    lms.grades[cell] = Grade(0.1, now - timedelta(seconds=0.001), now)  # by hand, or by a ledger that was lost

    assert tool_server.deliver(lms.name) == [] or tool_server.deliver(lms.name) == []
    assert part(lms) == 0.5


@EVERY
def test_a_platform_whose_clock_is_ahead_gets_it_when_ours_is_there(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    cell, now = (line_item_path(lms), "ada"), datetime.now(UTC)
    lms.grades[cell] = Grade(0.1, now + timedelta(hours=1), now)
    for _ in range(2):
        assert len(tool_server.deliver(lms.name)) == 1
        assert part(lms) == 0.1
    lms.grades[cell] = Grade(0.1, now - timedelta(hours=1), now)

    assert tool_server.deliver(lms.name) == []
    assert part(lms) == 0.5


def line_item_path(lms: Lms) -> str:
    """Return the path of the line item."""
    return lms.line_item().removeprefix(lms.url).partition("?")[0]


def test_a_line_item_that_is_gone_is_told_to_the_operator(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.gone = {line_item_path(lms)}
    (outcome,) = tool_server.deliver(lms.name)

    assert "the place for the score is gone" in outcome.reason
    assert tool_server.troubles(lms.name) == [outcome.reason]
    lms.gone.clear()
    assert tool_server.deliver(lms.name) == []
    assert part(lms) == 0.5
    assert tool_server.troubles(lms.name) == []


def test_somebody_whom_the_platform_does_not_know_is_told_to_the_operator(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.students.clear()
    (outcome,) = tool_server.deliver(lms.name)

    assert "user not found in course" in outcome.reason
    lms.students.add("ada")
    assert tool_server.deliver(lms.name) == []


def test_a_token_is_used_until_the_platform_takes_it_no_longer(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    for score in (0.25, 0.5):
        tool_server.hand_in(lms.name, score)
        assert tool_server.deliver(lms.name) == []
    assert lms.token_requests == 1
    lms.tokens.clear()
    tool_server.hand_in(lms.name, 0.75)

    assert tool_server.deliver(lms.name) == []
    assert lms.token_requests == 2


def test_a_new_key_of_ours_is_known_to_platforms_at_once(
    tool_server: World, lms: Lms, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tool_server.tool.keys
    tool_server.launch(lms)
    for score, key in ((0.25, keys.signing()), (0.5, keys.rotate())):
        monkeypatch.setattr(keys, "signing", lambda key=key: key)  # an hour later, for the new one
        lms.tokens.clear()
        tool_server.hand_in(lms.name, score)
        assert tool_server.deliver(lms.name) == []
    assert lms.token_requests == 2


def test_two_couriers_do_not_send_to_one_line_item_at_once(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    others: list[str] = []

    def meanwhile(take: platforms.Take) -> platforms.Reply:
        tool_server.hand_in(lms.name, 0.75)
        others.extend(outcome.reason for outcome in tool_server.deliver(lms.name))
        return take()

    lms.faults = [meanwhile]
    assert tool_server.deliver(lms.name) == []
    assert others == ["another process is sending this score"]
    assert tool_server.deliver(lms.name) == []
    assert part(lms) == 0.75
    first, second = (datetime.fromisoformat(post["timestamp"]) for post in lms.posts)
    assert second - first >= timedelta(seconds=1)


def test_a_courier_that_dies_while_it_sends_is_followed_by_another(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.faults = [platforms.takes_and_hangs_up]
    tool_server.deliver(lms.name)
    with tool_server.ledger.database.connection(write=True) as connection:  # it noted no outcome, and its lease is over
        past = "2000-01-01T00:00:00.000000+00:00"
        connection.execute(sa.update(LINE_ITEMS).where(LINE_ITEMS.c.platform == lms.name).values(busy_until=past))

    assert tool_server.deliver(lms.name) == []
    assert len({post["timestamp"] for post in lms.posts}) == 1


def test_a_student_who_was_erased_gets_no_score(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.is_down = True
    tool_server.deliver(lms.name)
    lms.is_down = False
    theirs = footprint.find(tool_server.ledger, KnownStudent(lms.name, "ada"))
    assert footprint.erase(tool_server.ledger, theirs, "the operator")

    assert tool_server.due(lms.name) == []
    assert lms.posts == []


def test_a_score_after_the_deadline_is_what_the_exercise_leaves_of_it(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    job = tool_server.hand_in(lms.name, 1.0)
    tool_server.leave(job, credit=0.8)

    assert tool_server.deliver(lms.name) == []
    assert part(lms) == 0.8
