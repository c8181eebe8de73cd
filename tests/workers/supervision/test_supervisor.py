"""A supervisor and one child, as real processes: the child is started again when it ends, or killed."""

import signal
import sys
from pathlib import Path

from tests.support.servers import Process, wait_for
from tests.support.upping import wait_until_gone
from workers.supervision.supervisor import FAILURES

SUPERVISED = """\
import sys
from pathlib import Path
from workers.supervision import supervisor
from workers.supervision.supervisor import Child, Supervisor
from grader.base.errors import GraderError
supervisor.BACKOFF_SECONDS = 0.01
folder = Path(sys.argv[1])
watched = Supervisor(print)
try:
    with watched.watch():
        command = [sys.executable, "-c", sys.argv[2]]
        watched.start(Child("the child", command, {}, folder / "child.log", float(sys.argv[3])))
        watched.run(lambda: (folder / "enough").exists())
except GraderError as error:
    print(error)
    sys.exit(error.exit_code)
"""
"""A supervisor of one child: the program in the second argument, with this number of seconds to end."""
STUBBORN = """\
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, lambda *_: print("asked", flush=True))
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("deaf", flush=True)
while True:
    time.sleep(600)
"""


def supervised(tmp_path: Path, child: str, patience: float) -> Process:
    return Process([sys.executable, "-c", SUPERVISED, str(tmp_path), child, str(patience)], tmp_path / "log")


def wait_for_word(tmp_path: Path, word: str) -> None:
    log = tmp_path / "child.log"
    wait_for(lambda: log.exists() and word in log.read_text(), f"{word} in {log}")


def test_who_ends_again_and_again_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    with supervised(tmp_path, "print('no way'); raise SystemExit(7)", 1) as process:
        assert process.wait() == 3

    assert "the child ended 5 times in a row, at last with code 7" in process.log
    assert f"the end of {tmp_path / 'child.log'}:\n    no way\n" in process.log


def test_who_does_not_end_in_time_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    with supervised(tmp_path, STUBBORN, 0.3) as process:
        wait_for_word(tmp_path, "deaf")
        everything = process.children
        (tmp_path / "enough").touch()

        assert process.wait() == 0
        assert len(everything) == 3  # the guard, the child, and the child's
        wait_until_gone(everything)


def test_who_says_it_twice_waits_for_nobody(tmp_path: Path) -> None:
    with supervised(tmp_path, STUBBORN, 600) as process:
        wait_for_word(tmp_path, "deaf")
        everything = process.children
        process.send(signal.SIGINT)
        wait_for_word(tmp_path, "asked")
        process.send(signal.SIGINT)

        assert process.wait() == 0
        wait_until_gone(everything)


def test_who_has_worked_once_is_never_given_up(tmp_path: Path) -> None:
    run = "        watched.run("
    worked = SUPERVISED.replace(run, f"        supervisor.MOST_SECONDS = 0.02\n{run}lambda: True)\n{run}")
    command = [sys.executable, "-u", "-c", worked, str(tmp_path), "raise SystemExit(7)", "1"]
    with Process(command, tmp_path / "log") as process:
        wait_for(lambda: process.log.count("it is started again in") > FAILURES, "more starts than that")
        assert process.running
