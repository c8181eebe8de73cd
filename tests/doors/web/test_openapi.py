"""The description of the web door: no request, right or wrong, gets an answer that it does not describe."""

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from grader.doors.web import health, openapi, progress, submissions
from tests.support.door import Door, RunningDoor, bearer

PATHS = openapi.description("http://127.0.0.1:8700")["paths"]
WAYS = [(path, method) for path, methods in PATHS.items() for method in methods if path != "/health"]
"""Those that something can be asked of."""
EXAMPLES = 3
"""Of each way, right and wrong; the same ones in every run."""


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("path", "method"), WAYS)
def test_every_answer_is_one_that_is_described(
    running: RunningDoor, path: str, method: str, mode: GenerationMode
) -> None:
    described = schemathesis.openapi.from_dict(openapi.description(running.url))

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=described[path][method].as_strategy(mode))
    def ask(case: schemathesis.Case) -> None:
        # Any text may be posted as a submission, and most texts are none.
        lenient = [positive_data_acceptance] if method == "post" else []
        case.call_and_validate(running.url, headers=bearer(running.token), excluded_checks=lenient)

    ask()


def test_the_description_is_served_with_the_doors_own_address(door: Door) -> None:
    answer = door.client.get("/openapi.json")

    assert answer.json() == openapi.description(door.house.url)
    assert answer.json()["openapi"].startswith("3.1.")


def test_every_way_for_programs_is_described(door: Door) -> None:
    rooms = (submissions, progress, health)
    ways = {route.path for room in rooms for route in room.routes(door.house)}  # type: ignore[attr-defined]

    assert PATHS.keys() == ways - {"/health/live"}  # which only says that the process answers
