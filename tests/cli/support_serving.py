"""A running service with the tiny exercise, and with others that differ in one thing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

from grader import exercises
from tests.cli.conftest import ID, Bench, written
from tests.support.upping import Up

NOW = datetime.now(UTC)
POLICIES = {
    "once": "{attempts: 1}",
    "slowly": "{rate: {burst: 1, per_hour: 1}}",
    "later": f"{{opens: '{(NOW + timedelta(days=1)).isoformat()}'}}",
    "late": f"{{due: '{(NOW - timedelta(hours=1)).isoformat()}', late_days: 2, late_costs: 0.25, }}",
    "over": f"{{due: '{(NOW - timedelta(hours=1)).isoformat()}'}}",
}
"""The policies of the other exercises."""


@contextmanager
def service(cold: tuple[Bench, Path], folder: Path, **environment: str) -> Iterator[Up]:
    """Run the service, with the exercise's score table in its home and with the other exercises."""
    bench, tables = cold
    stated = exercises.load(bench.root / "exercises" / ID)
    least = {asked.kind.name: asked.thresholds[-1].at_least for asked in stated.kinds if asked.thresholds}
    for name, policy in POLICIES.items():
        written(bench.root / "exercises", least, id=f"{ID}-{name}", policy=policy)
    lost = written(bench.root / "exercises", least, id=f"{ID}-lost") / "exercise.yaml"
    lost.write_text(lost.read_text().replace("name: tiny", "name: lost"))
    home = folder / "home"
    copytree(tables, home / "tables")
    with Up(home, bench.environment(home, **environment)) as running:
        yield running.ready()


def named(bench: Bench, folder: Path, student: str, exercise: str = ID) -> Path:
    """Write a passing submission of this student, who must be in no other test."""
    return bench.passing(folder, student=student, name=exercise)
