"""A device that is named reaches every command that measures."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.base.errors import DeviceError, InvalidInput
from grader.cli import app
from tests.cli.commands.test_named_transformer import COMMANDS, EXAMPLE
from tests.cli.conftest import REPOSITORY


@pytest.mark.parametrize("command", COMMANDS)
def test_a_word_that_is_no_device_is_refused_by_every_command(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path))

    done = CliRunner().invoke(app, [*map(str, COMMANDS[command]), "--device", "gpu"])

    said = f"{done.exception}{done.output}"
    assert isinstance(done.exception, DeviceError | SystemExit)
    assert done.exit_code
    assert "--device: `gpu` is not a device; write one of auto, cpu, cuda, cuda:1, mps" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("submit", EXAMPLE, "--queue", "redis://nowhere:1"), "the worker has its own transformer and device"),
        (("scan", "--pattern", REPOSITORY / "README.md"), "leave --transformer and --device out"),
        (("explore", "--transformer", REPOSITORY, "--port", "0", "--no-open"), "leave --device out"),
    ],
)
def test_where_nothing_is_measured_here_a_device_is_refused(words: tuple[object, ...], message: str) -> None:
    done = CliRunner().invoke(app, [*map(str, words), "--device", "cpu"])

    assert isinstance(done.exception, InvalidInput | SystemExit)
    assert message in f"{done.exception}{done.output}"
