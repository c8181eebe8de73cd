"""`grade lti`: what an operator does so that a platform's students come in."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from grader.base.errors import GraderError
from grader.cli import app
from grader.ledger import Ledger
from grader.ledger.lti import line_items, registrations
from grader.ledger.lti.line_items import LaunchedItem
from grader.ledger.lti.registrations import Registration

URL = "https://heads.example.edu"
CANVAS = {
    "issuer": "https://canvas.example",
    "client_id": "170000000000001",
    "deployments": ["1:abc"],
    "auth_login_url": "https://sso.example/api/lti/authorize_redirect",
    "auth_token_url": "https://sso.example/login/oauth2/token",
    "jwks_url": "https://sso.example/api/lti/security/jwks",
}
MOODLE = Registration("moodle", "https://moodle.example", "abc", (), *(["https://moodle.example/x"] * 3))


def run(*commands: Sequence[str]) -> list[tuple[int, str, str]]:
    """Run commands one after the other in this process, and return code, output and error of each."""
    results = []
    for command in commands:
        done = CliRunner().invoke(app, ["lti", *command])
        error = done.exception if isinstance(done.exception, GraderError) else None
        results.append((error.exit_code if error else done.exit_code, done.stdout, str(error or "")))
    return results


def test_an_operator_registers_a_platform_and_changes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_HOME", str(tmp_path))
    monkeypatch.setenv("GRADER_PLATFORMS", str(tmp_path / "platforms.yaml"))
    listed = [{"name": "canvas", "lti": CANVAS}, {"name": "moodle"}]
    (tmp_path / "platforms.yaml").write_text(yaml.safe_dump({"platforms": listed}))
    nothing, unnamed, twice, linked = run(
        ["register", "blackboard", "--url", URL],
        ["register", "moodle"],
        ["register", "canvas", "--url", URL],
        ["register", "moodle", "--url", f"{URL}/"],
    )

    assert (nothing[0], unnamed[0], twice[0]) == (2, 2, 2)
    assert "choose: canvas, moodle" in nothing[2]
    assert "GRADER_WEB_URL" in unnamed[2]
    assert "says already what is known of canvas" in twice[2]
    token = re.fullmatch(rf"{URL}/lti/register\?invitation=([\w-]{{43}})\n", linked[1])
    assert token
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        assert registrations.use(ledger, token[1]) == "moodle"
        registrations.keep(ledger, MOODLE)
        line_items.keep(ledger, LaunchedItem("moodle", "7", "mini-heads", "ada", "https://moodle.example/7"))
        item = line_items.find(ledger, 1)
        assert item
        line_items.end(ledger, item, "refused", "the place for the score is gone")
    deployed, wrong, shown, as_json, keys, rotated = run(
        ["deployment", "moodle", "2"],
        ["deployment", "canvas", "2"],
        ["list"],
        ["list", "--format", "json"],
        ["keys"],
        ["keys", "--rotate"],
    )

    assert (deployed[0], wrong[0]) == (0, 2)
    assert shown[1].splitlines() == [
        "canvas: https://canvas.example, client 170000000000001, deployments 1:abc",
        "moodle: https://moodle.example, client abc, deployments 2",
        "LOOK moodle, course 7, mini-heads, student ada: the place for the score is gone",
    ]
    assert [each["platform"] for each in json.loads(as_json[1])["platforms"]] == ["canvas", "moodle"]
    assert [line.split("  ")[1] for line in keys[1].splitlines()] == ["signs"]
    assert [line.split("  ")[1] for line in rotated[1].splitlines()] == ["signs", "is published"]
