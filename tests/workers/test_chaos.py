"""The short chaos; `make chaos` is the long one."""

from pathlib import Path

from tests.workers.chaos import KINDS, PARTS, Plan, run


def test_nothing_is_lost_or_doubled_while_everything_is_killed(tmp_path: Path) -> None:
    plan = Plan(seed=4, submissions=200, kills=len(KINDS), parts=PARTS, cuts_short=True)

    outcome = run(tmp_path / "service", plan)

    assert outcome.faults == []
    assert outcome.summary["kills"] == dict.fromkeys(KINDS, 1)
    assert outcome.summary["students with a score there"]
