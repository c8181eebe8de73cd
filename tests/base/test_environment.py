"""Environment variables: the value itself, or a file with it."""

from pathlib import Path

import pytest

from grader.base.environment import value
from grader.base.errors import GraderError


def test_a_variable_is_read_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEED", " fast ")
    monkeypatch.delenv("SLOWNESS", raising=False)

    assert value("SPEED") == " fast "
    assert value("SLOWNESS") == ""
    assert value("SPEED", {}) == ""


@pytest.mark.parametrize("content", ["secret", "secret\n", "\r\nsecret \n"])
def test_a_file_holds_the_value_and_the_line_end_that_editors_add(tmp_path: Path, content: str) -> None:
    file = tmp_path / "secret"
    file.write_text(content, "utf-8")

    assert value("KEY", {"KEY_FILE": str(file)}) == "secret"
    assert value("KEY", {"KEY_FILE": str(file), "KEY": ""}) == "secret"


def test_a_value_that_is_given_twice_is_refused_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="KEY and KEY_FILE are both set; set only one of them") as caught:
        value("KEY", {"KEY": "hush", "KEY_FILE": str(tmp_path / "secret")})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("bad", ["missing", "folder", "bytes"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, bad: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")

    with pytest.raises(GraderError, match=f"KEY_FILE={tmp_path / bad}: cannot be read .* give the path of a text file"):
        value("KEY", {"KEY_FILE": str(tmp_path / bad)})
