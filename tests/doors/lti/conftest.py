"""One tool for all tests of the LTI door; each test has platforms of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.service import planted
from tests.support.lti.lms import Lms
from tests.support.lti.world import World, world


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables with the tool's folders."""
    folder: Path = tmp_path_factory.mktemp("lti")
    planted.write(folder / "exercises")
    return {"GRADER_LTI_KEYS": str(folder / "keys"), "GRADER_EXERCISES": str(folder / "exercises")}


@pytest.fixture(scope="session")
def lasting_tool(places: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # only meanwhile: tests of others run in this process as well
            for name, value in places.items():
                patch.setenv(name, value)
            made = stack.enter_context(world(tmp_path_factory.mktemp("tool")))
        yield made


@pytest.fixture
def tool_server(lasting_tool: World, places: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> World:
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    return lasting_tool


@pytest.fixture
def canvas(tool_server: World) -> Iterator[Lms]:
    with tool_server.lms("canvas") as lms:
        yield lms


@pytest.fixture
def moodle(tool_server: World) -> Iterator[Lms]:
    with tool_server.lms("moodle") as lms:
        yield lms


@pytest.fixture
def lms(request: pytest.FixtureRequest, tool_server: World) -> Iterator[Lms]:
    """A platform; with `EVERY`, each of them in turn."""
    with tool_server.lms(getattr(request, "param", "moodle")) as lms:
        yield lms
