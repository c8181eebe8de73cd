"""The tests are read in English, whatever this machine speaks."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import BACKENDS, database

os.environ.pop("GRADER_LANG", None)
os.environ["LC_ALL"] = "C.UTF-8"


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: once SQLite, once PostgreSQL."""
    with database(request.param, tmp_path) as fresh:
        yield fresh
