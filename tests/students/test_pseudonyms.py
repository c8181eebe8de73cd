"""Pseudonyms stay the same on one machine, and a broken key hides nobody."""

from pathlib import Path

import pytest

from grader.base import home
from grader.base.errors import GraderError
from grader.students import pseudonyms


def test_the_key_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(home.VARIABLE, str(tmp_path))
    keys = [pseudonyms.key() for _ in range(2)]

    assert len(keys[0]) == pseudonyms.KEY_BYTES
    assert keys[0] == keys[1] == (tmp_path / pseudonyms.FILE).read_bytes()


@pytest.mark.parametrize("content", [b"", b"x" * 31, b"x" * 33])
def test_what_is_not_a_whole_key_is_refused(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an empty key, every login of a published site is found by trying names."""
    monkeypatch.setenv(home.VARIABLE, str(tmp_path))
    (tmp_path / pseudonyms.FILE).write_bytes(content)

    with pytest.raises(GraderError, match=f"it holds {len(content)} bytes, not 32"):
        pseudonyms.key()
    assert (tmp_path / pseudonyms.FILE).read_bytes() == content
