"""The courier takes scores to a gradebook, through kills and a platform that is away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.service import planted
from tests.support.lti import lms as platforms
from tests.support.lti.world import world
from tests.support.servers import Valkey, wait_for
from tests.workers.support.owing import DURABLE, Owing


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with Valkey(tmp_path / "valkey", DURABLE) as running:
        yield running


def test_a_score_reaches_the_gradebook_whatever_happens_on_the_way(
    tmp_path: Path, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {"GRADER_LTI_KEYS": str(tmp_path / "keys"), "GRADER_EXERCISES": str(tmp_path / "exercises")}
    for name, place in places.items():
        monkeypatch.setenv(name, place)
    planted.write(tmp_path / "exercises")
    with Owing(tmp_path, valkey, {}) as owing, world(tmp_path) as tool, tool.lms("moodle") as lms:
        listed = [platform.model_dump(mode="json", exclude_none=True) for platform in tool.platforms.values()]
        (tmp_path / "platforms.yaml").write_text(yaml.safe_dump({"platforms": listed}))
        tool.launch(lms)
        tool.hand_in(lms.name, 0.5)
        first = owing.courier(**places)
        owing.wait_until_nothing_is_owed()
        assert lms.grade("ada").part == 0.5

        lms.faults = [platforms.takes_and_hangs_up]
        tool.hand_in(lms.name, 0.75)
        wait_for(lambda: any("no answer" in reason for reason in owing.reasons().values()), "a failed try")
        lms.is_down = True
        tool.hand_in(lms.name, 1.0)
        wait_for(lambda: len([1 for _, channel in owing.owed() if channel == "lti"]) == 2, "two scores to be owed")
        first.kill()
        first.wait()
        lms.is_down = False
        owing.let_time_pass()
        owing.courier(**places)
        owing.wait_until_nothing_is_owed()

        assert lms.grade("ada").part == 1.0
        assert [post["scoreGiven"] for post in lms.posts] in ([50, 75, 100], [50, 75, 75, 100])
        assert '"channel": "lti"' in first.log
