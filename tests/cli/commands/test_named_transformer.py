"""A transformer that somebody names is looked at before any kept score, on every command."""

from pathlib import Path

import pytest

from grader import exercises
from grader.measuring.tables.score_table import keep, store_of
from grader.measuring.transformer import digest
from tests.cli.conftest import REPOSITORY, Bench
from tests.support.planted_tables import table

ID = "mini-heads"
EXAMPLE = REPOSITORY / "exercises" / ID / "my_heads.yaml"
COMMANDS = {
    "submit": ("submit", EXAMPLE),
    "scan": ("scan", ID),
    "scan --html": ("scan", ID, "--html", "page.html"),
    "scan --causal": ("scan", ID, "--causal"),
    "ablate": ("ablate", ID, "0", "3"),
    "trace": ("trace", ID, "1", "3"),
    "calibrate": ("calibrate", ID),
    "calibrate --lookalikes": ("calibrate", ID, "--lookalikes"),
    "show": ("show", "0", "3"),
    "regrade": ("regrade", ID, "--reason", "none"),
    "doctor": ("doctor", "--exercise", ID),
}


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """A home in which the exercise's score table is kept."""
    asked, home = exercises.load(ID), tmp_path / "home"
    store = store_of(home / "tables", asked, digest(asked.transformer))
    keep(store.folder, store.key, store.filled(table(asked, {}).kinds, "0" * 64))
    return home


@pytest.mark.parametrize("command", COMMANDS)
def test_the_option_is_never_ignored(bench: Bench, measured: Path, command: str) -> None:
    done = bench.grade(measured, *COMMANDS[command], "--transformer", "/nowhere")

    assert done.returncode == 3
    assert "grade: --transformer /nowhere: does not exist; name a folder" in done.stderr
    assert not (measured / "ledger.sqlite3").exists() or command == "doctor"


@pytest.mark.parametrize("command", ["submit", "whatif"])
def test_the_variable_is_never_ignored(bench: Bench, measured: Path, command: str) -> None:
    """What lies there is another transformer."""
    arguments = COMMANDS.get(command, (command, ID))
    done = bench.grade(measured, *arguments, GRADER_TRANSFORMER_MINI_GPT2=str(bench.root / "tiny"))

    assert done.returncode == 3
    assert "(given by GRADER_TRANSFORMER_MINI_GPT2) is not the file pinned" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan", "--pattern", "none.npz", "--transformer", "/nowhere"),
        ("doctor", "--transformer", "/nowhere"),
        ("calibrate", ID, "--lookalikes", "--html", "page.html"),
    ],
)
def test_an_option_that_would_change_nothing_is_refused(
    bench: Bench, measured: Path, arguments: tuple[str, ...]
) -> None:
    done = bench.grade(measured, *arguments)

    assert done.returncode == 2
    assert "[usage]" in done.stderr
