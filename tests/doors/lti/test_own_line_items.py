"""Where a link comes with a list of line items alone, one is made for it, once, and scores go there."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from grader.doors.lti.passback import pass_back
from tests.support.lti import lms as platforms
from tests.support.lti.lms import AGS, CLAIM, EVERY, EXERCISE, Grade, Lms
from tests.support.lti.world import World


@pytest.fixture
def lms(request: pytest.FixtureRequest, tool_server: World) -> Iterator[Lms]:
    with tool_server.lms(getattr(request, "param", "moodle"), own_line_items=True) as lms:
        lms.names_line_items = False
        yield lms


def cell(lms: Lms, user: str = "ada", number: int = 0) -> Grade | None:
    """Return what the gradebook holds in a line item that the tool made."""
    return lms.grades.get((urlsplit(lms.line_items[number]["id"]).path, user))


@EVERY
def test_a_link_without_a_line_item_gets_one_for_all_students(tool_server: World, lms: Lms) -> None:
    for user, score in (("ada", 0.5), ("bea", 0.75)):
        tool_server.launch(lms, user)
        assert lms.line_items == []  # nobody's score is known yet
        tool_server.hand_in(lms.name, score, user)
    assert tool_server.deliver(lms.name) == []
    tool_server.launch(lms, "cleo")
    tool_server.hand_in(lms.name, 1.0, "cleo")
    assert tool_server.deliver(lms.name) == []

    (item,) = lms.line_items
    tie = {} if lms.flavour == "canvas" else {"resourceLinkId": f"link-course-1-{EXERCISE}"}
    assert {**item, "id": ""} == {
        "id": "",
        "scoreMaximum": 100,
        "label": "Planted heads",
        "resourceId": EXERCISE,
        **tie,
    }
    grades = [cell(lms, user) for user in ("ada", "bea", "cleo")]
    assert [grade and grade.part for grade in grades] == [0.5, 0.75, 1.0]
    assert lms.token_requests == 2  # one for each scope


def test_one_that_is_there_already_is_found(tool_server: World, lms: Lms) -> None:
    link = f"link-course-1-{EXERCISE}"
    others = [("another", link), (EXERCISE, "another"), (EXERCISE, "another one"), (EXERCISE, link)]
    for number, (exercise, tied) in enumerate(others):
        address = f"{lms.url}/courses/course-1/lineitems/{number}/lineitem?type_id=2"
        lms.line_items.append({"id": address, "resourceId": exercise, "resourceLinkId": tied})
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)

    assert tool_server.deliver(lms.name) == []
    assert len(lms.line_items) == len(others)
    assert cell(lms, number=len(others) - 1)


def test_an_answer_that_is_lost_makes_no_second_one(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.faults = [platforms.takes_and_hangs_up]
    (outcome,) = tool_server.deliver(lms.name)
    assert outcome.is_away

    assert tool_server.deliver(lms.name) == []
    assert len(lms.line_items) == 1
    assert cell(lms)


def test_two_couriers_at_once_make_one(tool_server: World, lms: Lms) -> None:
    for user in ("ada", "bea"):
        tool_server.launch(lms, user)
        tool_server.hand_in(lms.name, 0.5, user)
    tool_server.deliver_to_streams(lms.name)
    first, second = tool_server.due(lms.name)
    others: list[str] = []

    def meanwhile(take: platforms.Take) -> platforms.Reply:
        others.append(pass_back(tool_server.tool, second.line_item or 0).reason)
        return take()

    lms.faults = [meanwhile]
    assert pass_back(tool_server.tool, first.line_item or 0).reason == ""
    assert others == ["another process is looking for the place of this score"]
    assert pass_back(tool_server.tool, second.line_item or 0).reason == ""
    assert len(lms.line_items) == 1
    assert cell(lms, "ada")
    assert cell(lms, "bea")


def test_a_student_whom_a_graded_link_brought_has_one_score(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    assert tool_server.deliver(lms.name) == []
    services = lms.services()
    services[f"{AGS}claim/endpoint"]["lineitem"] = lms.line_items[0]["id"]
    tool_server.launch(lms, "bea", **services)
    tool_server.launch(lms, "bea")
    tool_server.hand_in(lms.name, 0.75, "bea")

    assert tool_server.deliver(lms.name) == []
    assert len(lms.posts) == 2


@pytest.mark.parametrize("scope", ["lineitem.readonly", "result.readonly"])
def test_without_the_right_to_it_none_is_made(tool_server: World, lms: Lms, scope: str) -> None:
    services = lms.services()
    services[f"{AGS}claim/endpoint"]["scope"] = [f"{AGS}scope/score", f"{AGS}scope/{scope}"]
    tool_server.launch(lms, **services)
    tool_server.hand_in(lms.name, 0.5)

    assert tool_server.deliver(lms.name) == []
    assert lms.token_requests == 0


def test_without_the_operator_s_word_none_is_made(tool_server: World, canvas: Lms) -> None:
    canvas.names_line_items = False
    tool_server.launch(canvas)
    tool_server.hand_in(canvas.name, 0.5)

    assert tool_server.deliver(canvas.name) == []
    assert canvas.token_requests == 0


def test_a_link_of_no_course_gets_none(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms, **{f"{CLAIM}context": None})
    tool_server.hand_in(lms.name, 0.5, course=None)

    assert tool_server.deliver(lms.name) == []
    assert lms.token_requests == 0


def test_a_platform_that_refuses_is_told_to_the_operator(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.faults = [lambda _: (403, {}, b"not allowed"), lambda _: (403, {}, b"not allowed")]
    (outcome,) = tool_server.deliver(lms.name)

    assert not outcome.is_away
    assert outcome.reason == f"{lms.name} does not let us make places in its gradebook: answered 403 (not allowed)"
    assert tool_server.troubles(lms.name) == [outcome.reason]
    assert tool_server.deliver(lms.name) == []
    assert tool_server.troubles(lms.name) == []
    assert cell(lms)


@pytest.mark.parametrize("fault", [platforms.busy, platforms.too_many])
def test_a_platform_that_is_busy_is_asked_again(tool_server: World, lms: Lms, fault: platforms.Fault) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.faults = [fault]
    (outcome,) = tool_server.deliver(lms.name)

    assert outcome.is_away
    assert tool_server.deliver(lms.name) == []
    assert cell(lms)


def test_an_address_elsewhere_is_not_called(tool_server: World, lms: Lms) -> None:
    tool_server.launch(lms)
    tool_server.hand_in(lms.name, 0.5)
    lms.faults = [lambda _: (201, {}, b'{"id": "http://127.0.0.2/lineitems/1"}')]
    (outcome,) = tool_server.deliver(lms.name)

    assert outcome.reason == f"{lms.name} names a place in its gradebook that may not be called"
