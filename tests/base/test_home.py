"""The folder for the ledger, the score tables and the caches."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from grader.base import home
from grader.base.errors import GraderError


def test_the_platform_says_where_it_is_unless_the_variable_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GRADER_HOME", raising=False)
    assert home.folder() == platformdirs.user_data_path("head-grader", appauthor=False)
    monkeypatch.setenv("GRADER_HOME", "")
    assert home.folder() == platformdirs.user_data_path("head-grader", appauthor=False)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "mine"))
    assert home.folder() == tmp_path / "mine"
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GRADER_HOME", "~/mine")
    assert home.folder() == tmp_path / "mine"


def test_asking_where_it_is_creates_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "mine"))

    home.folder()

    assert list(tmp_path.iterdir()) == []


def test_the_first_write_creates_it_for_its_owner_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "deep" / "mine"))

    path = home.writable_folder("score-tables", "v1")

    assert path == tmp_path / "deep" / "mine" / "score-tables" / "v1"
    for step in (path, path.parent, path.parent.parent):
        assert stat.S_IMODE(step.stat().st_mode) == 0o700


def test_a_folder_that_exists_keeps_its_permissions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    monkeypatch.setenv("GRADER_HOME", str(tmp_path))

    assert home.writable_folder() == tmp_path
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("here", "relative"),
        ("./here", "relative"),
        ("~nobody-of-this-name/here", "no such user"),
        (str(Path(home.__file__).parents[1] / "data"), "inside the installed package"),
        (str(Path(home.__file__).parents[1] / "probes" / ".." / "data"), "inside the installed package"),
    ],
)
def test_a_folder_that_makes_no_sense_is_refused(monkeypatch: pytest.MonkeyPatch, named: str, reason: str) -> None:
    monkeypatch.setenv("GRADER_HOME", named)

    with pytest.raises(GraderError, match=f"{reason}.*set GRADER_HOME to the absolute path"):
        home.folder()


def test_a_file_in_the_way_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for named in ("file", "file/mine"):
        monkeypatch.setenv("GRADER_HOME", str(tmp_path / named))

        with pytest.raises(GraderError, match=r"file.*cannot be created.*set GRADER_HOME"):
            home.writable_folder("score-tables")


@pytest.mark.parametrize("mine", ["mine", "mine/deeper"])
def test_a_folder_without_permission_is_an_error_that_says_what_to_do(tmp_path: Path, mine: str) -> None:
    """Root may write everywhere, so another user makes the attempt."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine").chmod(0o500)
    attempt = """
import os
from grader.base import home
from grader.base.errors import GraderError
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    home.writable_folder()
except GraderError as problem:
    print(problem)
"""
    done = subprocess.run(
        [sys.executable, "-c", attempt],
        env={**os.environ, "GRADER_HOME": str(tmp_path / mine)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert str(tmp_path / mine) in done.stdout
    assert "cannot be" in done.stdout
    assert "set GRADER_HOME" in done.stdout
