"""A student's home on a full disk: a clear message, nothing half-written that is used later, and all well with room."""

import json
from pathlib import Path

import pytest

from grader.ledger import Ledger
from grader.students import pseudonyms
from tests.cli.conftest import ID, Bench
from tests.support.disks import disk_of

SIZES = [16, 64, 128, 256]
"""Kilobytes: no table, no pictures, no ledger, or hardly one fits."""


@pytest.mark.parametrize("size", SIZES)
def test_a_submission_says_that_the_disk_is_full_and_works_when_there_is_room(
    bench: Bench, tmp_path: Path, size: int
) -> None:
    file = bench.passing(tmp_path)
    room = bench.grade(tmp_path / "room", "submit", file, "--format", "json")
    home = tmp_path / "disk" / "home"
    with disk_of(tmp_path / "disk", size * 1024) as free:
        first = bench.grade(home, "submit", file, "--format", "json")
        gallery = bench.grade(home, "cohort", ID)
        free()
        key = home / pseudonyms.FILE
        halves = [path for path in home.rglob("*") if path.name.startswith(".writing-")]
        sizes = {path.stat().st_size for path in [key] if path.exists()}
        again = bench.grade(home, "submit", file, "--format", "json")
        with Ledger(f"sqlite:///{home / 'ledger.sqlite3'}") as ledger:
            entries = list(ledger.entries())

    assert (first.returncode, first.stdout) in ((0, room.stdout), (3, first.stdout))
    if first.returncode:
        assert "the disk is full" in first.stderr
        assert "make room and try again" in first.stderr
        assert json.loads(first.stdout)["state"] == "dead"
    assert "Traceback" not in first.stderr + gallery.stderr
    assert (halves, sizes - {pseudonyms.KEY_BYTES}) == ([], set())
    assert (again.returncode, again.stdout, len(entries)) == (0, room.stdout, 1)
