"""Ctrl-C at fourteen moments of a first submission, from its first import to its last write."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from typer.testing import CliRunner

from grader.base.interrupt import CODE
from grader.cli import app
from grader.ledger import Ledger
from tests.cli.conftest import REPOSITORY, Bench

MOMENTS = 14
HANGING = 240
"""Seconds after which it counts as hanging; an interrupted one ends within one on a quiet machine."""


class First:
    """A first submission in a home of its own."""

    def __init__(self, bench: Bench, file: Path, home: Path) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "grader", "submit", str(file), "--format", "json"],
            cwd=REPOSITORY,
            env=bench.environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )

    def is_prepared(self) -> bool:
        """Return whether it takes Ctrl-C, which its second thread shows; before, it is Python that starts."""
        return psutil.Process(self.process.pid).num_threads() > 1

    def interrupted(self, seconds: float) -> tuple[int, bytes, bytes]:
        while self.process.poll() is None and not self.is_prepared():
            time.sleep(0.002)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGINT)
        return self.ended()

    def ended(self) -> tuple[int, bytes, bytes]:
        out, error = self.process.communicate(timeout=HANGING)
        return self.process.returncode, out, error


def half_done(home: Path) -> list[Path]:
    """Return files that a program leaves behind when it is not finished with them."""
    return [path for path in home.rglob("*") if path.name.startswith(".writing-") or path.suffix == ".begun"]


def test_it_ends_with_130_and_leaves_nothing_behind(bench: Bench, tmp_path: Path) -> None:
    file = bench.passing(tmp_path)
    start = time.monotonic()
    undisturbed = First(bench, file, tmp_path / "undisturbed").ended()
    whole = time.monotonic() - start
    ends = []
    for moment in range(MOMENTS):  # close together at first, where modules are imported
        first = First(bench, file, tmp_path / f"home-{moment}")
        ends.append(first.interrupted(whole * (moment / MOMENTS) ** 2))
        assert ends[-1] in ((CODE, b"", b""), undisturbed)
        assert half_done(first.home) == []
        if any(first.home.glob("ledger.*")):
            with Ledger(f"sqlite:///{first.home / 'ledger.sqlite3'}") as ledger:
                assert len(list(ledger.entries())) <= 1
    again = [First(bench, file, tmp_path / f"home-{moment}").ended() for moment in (2, 12, 22)]

    assert undisturbed[0] == 0
    assert ends[0] == (CODE, b"", b"")
    assert again == [undisturbed] * 3


SWALLOWED = """
import os, signal, time
from grader.base import interrupt
from grader.cli.console import say

interrupt.prepare()
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
except SystemExit:
    pass
say("a result that is none")
"""


def test_after_an_interrupt_that_a_library_made_a_result_of_nothing_is_said() -> None:
    done = subprocess.run([sys.executable, "-c", SWALLOWED], cwd=REPOSITORY, capture_output=True, timeout=HANGING)

    assert (done.returncode, done.stdout, done.stderr) == (CODE, b"", b"")


STUCK = """
import os, signal, time
from pathlib import Path
from grader.base import interrupt
from grader.base.folders import temporary

interrupt.prepare()
with temporary("grade-stuck-") as folder:
    (folder / "deep").mkdir()
    (folder / "deep" / "file").touch()
    (folder / "link").symlink_to(Path.cwd(), target_is_directory=True)
    print(folder, folder.is_dir(), flush=True)
    try:
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        time.sleep(60)
"""


def test_a_temporary_folder_is_removed_where_the_program_does_not_unwind(tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    done = subprocess.run(
        [sys.executable, "-c", STUCK],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=HANGING,
    )
    folder, was_there = done.stdout.split()

    assert (done.returncode, was_there) == (CODE, "True")
    assert not Path(folder).exists()
    assert (tmp_path / "kept").exists()


def test_a_program_that_calls_a_command_keeps_its_ctrl_c() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert CliRunner().invoke(app, ["schema", "submission"]).exit_code == 0
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
