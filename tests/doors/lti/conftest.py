"""One tool for all tests of the LTI door; each test has platforms of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service import planted
from tests.support.lti.lms import Lms
from tests.support.lti.world import World, world


@pytest.fixture(scope="session")
def tool_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("lti")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_LTI_KEYS", str(folder / "keys"))
        patch.setenv("GRADER_EXERCISES", str(folder / "exercises"))
        planted.write(folder / "exercises")
        with world(folder) as made:
            yield made


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
