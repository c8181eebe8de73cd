"""`grade platforms`: tokens are shown once, listed without themselves, and revoked."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.ledger import Ledger
from grader.ledger.database import FILE
from grader.service.entrance.tokens import owner
from tests.cli.conftest import Bench

Grade = Callable[..., list[tuple[int, str, str]]]


@pytest.fixture
def grade(tmp_path: Path) -> Grade:
    """A function that runs commands on an operator's machine with two platforms."""
    path = tmp_path / "platforms.yaml"
    path.write_text("platforms: [{name: canvas}, {name: moodle}]\n")
    (tmp_path / "exercises").mkdir()
    return lambda *commands: Bench(tmp_path).grade_all(tmp_path / "home", *commands, GRADER_PLATFORMS=str(path))


def test_a_token_is_made_shown_listed_and_revoked(grade: Grade, tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "token"
    results = grade(
        ["platforms", "token", "canvas", "--scope", "read", "--student", "ada", "--expires", "never"],
        ["platforms", "token", "moodle", "--out", str(file)],
        ["platforms", "token", "moodle", "--out", str(file)],
        ["platforms", "list"],
        ["platforms", "revoke", "1", "9"],
        ["platforms", "list", "--format", "json"],
    )
    out, err = [each[1] for each in results], [each[2] for each in results]
    shown, kept = out[0].strip(), json.loads(out[5])

    assert [code for code, *_ in results] == [0, 0, 2, 0, 2, 0]
    assert out[1] == ""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "is there already" in err[2]
    assert [line.split()[:3] for line in out[3].splitlines()] == [["1", "canvas", "good"], ["2", "moodle", "good"]]
    assert "only ada" in out[3]
    assert "has the number 9" in err[4]
    assert [(each["number"], each["revoked_at"] is None) for each in kept] == [(1, False), (2, True)]
    assert "digest" not in out[5]
    everything = "".join([*out[1:], *err])
    assert not [secret for secret in (shown, file.read_text().strip()) if secret in everything]
    with Ledger(f"sqlite:///{home / FILE}") as ledger:
        assert owner(ledger, shown) is None
        found = owner(ledger, file.read_text().strip())
        assert found is not None
        assert (found.platform, found.scopes, found.student) == ("moodle", ("submit", "read"), None)
    assert shown.encode() not in (home / FILE).read_bytes()


def test_what_makes_no_token_is_two(grade: Grade) -> None:
    results = grade(
        ["platforms", "token", "canvsa"],
        ["platforms", "token", "canvas", "--scope", "write"],
        ["platforms", "token", "canvas", "--expires", "soon"],
    )

    assert [code for code, *_ in results] == [2, 2, 2]
    assert "did you mean `canvas`?" in results[0][2]
    assert "choose from submit, read" in results[1][2]
    assert "such as 90d or 2y, or never" in results[2][2]
