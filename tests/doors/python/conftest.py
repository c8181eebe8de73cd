"""The tiny transformer and its exercise of the command line's tests, seen by a program in this process."""

from pathlib import Path

import pytest

import grader
from tests.cli.conftest import ID, Bench, bench, cold, home

__all__ = ["bench", "cold", "home"]


@pytest.fixture
def exercise(bench: Bench, home: Path, monkeypatch: pytest.MonkeyPatch) -> grader.Exercise:
    """The exercise on it, measured already, with a home of its own."""
    for name, value in bench.environment(home).items():
        if name.startswith("GRADER_"):
            monkeypatch.setenv(name, value)
    return grader.load_exercise(ID)
