"""A folder for own exercises, and `grade exercises` in this process."""

import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from grader import exercises
from grader.authoring.starting import TEMPLATE
from grader.base.errors import InvalidInput
from grader.cli.commands.teaching import exercises as authoring
from grader.laboratory import Laboratory

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.parent for path in (ROOT / "exercises").glob("*/exercise.yaml"))


@pytest.fixture(autouse=True)
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for exercises, the only one besides that of the shipped ones; and a new home."""
    folder = tmp_path / "course"
    folder.mkdir()
    monkeypatch.setenv("GRADER_EXERCISES", str(folder))
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    return folder


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the score table of a new exercise."""
    folder = tmp_path_factory.mktemp("tables")
    assert Laboratory(exercises.read(TEMPLATE / exercises.FILE_NAME), folder).table
    return folder


@pytest.fixture
def measured(tables: Path, tmp_path: Path) -> Path:
    """The folder of score tables in the new home, with that of a new exercise."""
    return Path(shutil.copytree(tables, tmp_path / "home" / "tables"))


def grade(*arguments: str | Path) -> Result:
    """Run `grade exercises` with the arguments."""
    app = typer.Typer()
    app.add_typer(authoring.app, name="exercises")
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["exercises", *map(str, arguments)])


def refusal(*arguments: str | Path) -> str:
    """Return the message with which it refuses the arguments."""
    done = grade(*arguments)
    assert isinstance(done.exception, InvalidInput)
    assert done.output == ""
    return str(done.exception)
