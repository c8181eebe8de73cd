"""`grade lti`: what an operator does so that a platform's students come in."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from grader.ledger import Ledger
from grader.ledger.lti import line_items, registrations
from grader.ledger.lti.line_items import LaunchedItem
from grader.ledger.lti.registrations import Registration
from tests.cli.conftest import REPOSITORY, RUN

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


def run(home: Path, *commands: Sequence[str]) -> list[tuple[int, str, str]]:
    """Run commands one after the other, and return code, output and errors of each."""
    given = {"GRADER_HOME": str(home), "GRADER_PLATFORMS": str(home / "platforms.yaml"), "LC_ALL": "C.UTF-8"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRADER_")}
    argv = [sys.executable, "-c", RUN, json.dumps(commands)]
    done = subprocess.run(argv, cwd=REPOSITORY, env={**inherited, **given}, capture_output=True, text=True, check=True)
    return [tuple(each) for each in json.loads(done.stdout)]


def test_an_operator_registers_a_platform_and_changes_the_key(tmp_path: Path) -> None:
    listed = [{"name": "canvas", "lti": CANVAS}, {"name": "moodle"}]
    (tmp_path / "platforms.yaml").write_text(yaml.safe_dump({"platforms": listed}))
    nothing, unnamed, twice, linked = run(
        tmp_path,
        ["lti", "register", "blackboard", "--url", URL],
        ["lti", "register", "moodle"],
        ["lti", "register", "canvas", "--url", URL],
        ["lti", "register", "moodle", "--url", f"{URL}/"],
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
        tmp_path,
        ["lti", "deployment", "moodle", "2"],
        ["lti", "deployment", "canvas", "2"],
        ["lti", "list"],
        ["lti", "list", "--format", "json"],
        ["lti", "keys"],
        ["lti", "keys", "--rotate"],
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
