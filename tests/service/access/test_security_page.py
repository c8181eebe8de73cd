"""The page on security: its examples run, and its names and numbers are those of the code."""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.documents import SIZE_LIMIT
from grader.exercises.submissions import CLAIMS_LIMIT
from grader.service.platforms import OWN_USERS, Platform, SigningKey
from grader.service.secret_files import LEAST_CHARACTERS, WEBHOOK_LEAST_BYTES, WEBHOOK_PREFIX, webhook_key
from grader.service.signing import sign_submission, verify_submission, webhook_headers
from tests.support.servers import ROOT
from workers.broker.wire import MESSAGE_BYTES

PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
KEY = "5f2b8c3a9d7e4f10a6b1c2d3e4f50617"
HOOK = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ENTRY = {"id": "hw1:ada-1", "submission": "claims: [{note: \u00e4}]", "student": "ada", "key_id": "k1"}


def example(name: str) -> str:
    """Return the block of code under this mark."""
    (found,) = re.findall(rf"<!-- {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


def defined(name: str, function: str) -> Callable[..., Any]:
    """Return the function with this name that the block defines."""
    names: dict[str, Any] = {}
    exec(example(name), names)  # noqa: S102
    return names[function]  # type: ignore[no-any-return]


def test_the_python_example_signs_as_we_verify(tmp_path: Path) -> None:
    file = tmp_path / "k1"
    file.write_text(KEY)
    file.chmod(0o600)
    canvas = Platform(name="canvas", signing=(SigningKey(key_id="k1", secret_file=str(file)),))

    entry = defined("signing: python", "signed")(KEY, "canvas", ENTRY)

    verify_submission(canvas, entry, time.time())
    assert entry.items() > ENTRY.items()


@pytest.mark.parametrize("course", ["", "ling-201"])
def test_the_shell_example_signs_as_we_do(tmp_path: Path, course: str) -> None:
    file = tmp_path / "my_heads.yaml"
    file.write_text(ENTRY["submission"])
    fields = {**ENTRY, "timestamp": "1790000000", "course": course}
    given = {**fields, "key": KEY, "platform": "canvas", "file": str(file)}
    script = example("signing: sh") + 'printf %s "$signature"'

    output = subprocess.run(
        ["sh", "-euc", script], env={"PATH": "/usr/bin:/bin", **given}, capture_output=True, check=True
    )

    assert output.stdout.decode() == sign_submission(KEY.encode(), "canvas", fields)


def test_the_receiver_s_example_knows_our_messages_from_others() -> None:
    is_genuine, now = defined("webhook: python", "is_genuine"), int(time.time())
    headers = webhook_headers(HOOK, "d-1", now, b"{}")

    assert is_genuine(HOOK, headers, b"{}")
    assert not is_genuine(HOOK, headers, b"{ }")
    assert not is_genuine(HOOK, {**headers, "webhook-id": "d-2"}, b"{}")
    assert not is_genuine(HOOK, webhook_headers(HOOK, "d-1", now - 400, b"{}"), b"{}")


def test_the_commands_that_make_secrets_make_sound_ones() -> None:
    password, hook = re.findall(r"^(openssl rand .*?|echo .*?)  ", PAGE, re.MULTILINE)

    made = [
        subprocess.run(["sh", "-c", one], capture_output=True, check=True).stdout.decode().strip()
        for one in (password, hook)
    ]

    assert len(made[0]) >= LEAST_CHARACTERS
    assert len(webhook_key(made[1])) >= WEBHOOK_LEAST_BYTES


def test_every_user_is_on_the_page() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)

    assert rows == list(OWN_USERS)


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"{SIZE_LIMIT // 1024} KB, {CLAIMS_LIMIT:,} claims" in PAGE
    assert MESSAGE_BYTES == (1024 + 16) * 1024
    assert "1 MB and 16 KB" in PAGE
    assert f"at least {LEAST_CHARACTERS} characters" in PAGE
    assert f"`{WEBHOOK_PREFIX}` and at least {WEBHOOK_LEAST_BYTES} bytes" in " ".join(PAGE.split())


def test_every_test_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE))

    assert len(named) >= 5
    assert all((ROOT / name).is_file() for name in named)
