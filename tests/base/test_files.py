"""Files are written as a whole or not at all."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from grader.base.files import write_once, write_whole

WRITER = """
import sys
from pathlib import Path
from grader.base.files import write_whole
for _ in range(60):
    write_whole(Path(sys.argv[1]), sys.argv[2].encode() * 300_000)
"""


def test_content_and_missing_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"

    write_whole(path, b"first, and long")
    write_whole(path, b"second")

    assert path.read_bytes() == b"second"
    assert [entry.name for entry in path.parent.iterdir()] == ["file"]


def test_readers_see_whole_files_while_two_processes_write(tmp_path: Path) -> None:
    path = tmp_path / "raced"
    write_whole(path, b"a" * 300_000)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), letter]) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        content = path.read_bytes()
        assert len(content) == 300_000
        seen.add(content.replace(content[:1], b""))

    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen == {b""}  # never half of one and half of the other
    assert [entry.name for entry in tmp_path.iterdir()] == ["raced"]


def test_a_folder_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, b"content")


def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n" + WRITER

    done = subprocess.run([sys.executable, "-c", full, str(path), "x"], capture_output=True, text=True, check=False)

    assert "OSError" in done.stderr
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    """A report is for others as well, so it does not get private permissions."""
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "report.html", b"")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) == 0o644


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)

    write_whole(link, b"new")

    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_pipe_is_written_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)

    write_whole(pipe, b"through")

    assert reader.communicate(timeout=20)[0] == b"through"
    assert pipe.is_fifo()


def test_of_several_writers_all_get_the_first_ones_content(tmp_path: Path) -> None:
    path = tmp_path / "key"
    contents = [write_once(path, letter * 32) for letter in (b"a", b"b")]

    assert contents == [b"a" * 32] * 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["key"]


def test_nothing_half_written_stays_when_the_disk_is_full(tmp_path: Path) -> None:
    path = tmp_path / "key"
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from grader.base.files import write_once as once, write_whole as whole\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "for write in (once, whole):\n"
        "    try: write(Path(sys.argv[1]), bytes(32))\n"
        "    except OSError as error: print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)

    assert done.stdout == "OSError\nOSError\n"
    assert list(tmp_path.iterdir()) == []
