"""A student reads the same problem on every platform that takes files, whatever is wrong with them."""

import json
from pathlib import Path

import pytest

from grader.doors.packages.github.__main__ import run as on_github
from grader.doors.packages.gradescope.__main__ import run as on_gradescope
from grader.doors.packages.prairielearn.__main__ import run as on_prairielearn
from tests.doors.packages.conftest import EXAMPLE, HUGE, ID, INVALID

NAME = "my_heads.yaml"
GOOD = EXAMPLE.read_bytes()
CASES: dict[str, tuple[dict[str, bytes], str]] = {
    "misspelt": ({NAME: INVALID}, f"{NAME}:3:31: `type` cannot be `inducton`"),
    "a bracket is open": ({NAME: INVALID.replace(b"}", b"")}, f"{NAME}:4:1: this is not valid YAML: a bracket"),
    "no such head": ({NAME: INVALID.replace(b"layer: 1", b"layer: 9")}, f"{NAME}:3:13: L9H3 does not exist"),
    "another exercise": ({NAME: GOOD.replace(b"mini-heads", b"gpt2-heads")}, "this is a submission to gpt2-heads"),
    "empty": ({NAME: b""}, f"{NAME}:1:1: the file is empty"),
    "huge": ({NAME: HUGE}, f"{NAME}:1:1: the file is too large; the limit is 256 KB"),
    "latin-1": ({NAME: GOOD + b"# caf\xe9\n"}, "the byte 0xe9 is not UTF-8; save the file as UTF-8"),
    "utf-16": ({NAME: GOOD.decode().encode("utf-16")}, f"{NAME}:1:1: the file is saved as UTF-16; save it as UTF-8"),
    "nothing": ({}, f"{NAME}: there is no submission among the files (none); hand in one file"),
    "only text": ({"heads.txt": GOOD}, f"{NAME}: there is no submission among the files (heads.txt)"),
    "two files": ({"a.yaml": GOOD, "b.json": GOOD}, "several files that may be the submission (a.yaml, b.json)"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_in_the_same_words(
    case: str, packages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, says = CASES[case]
    exercises = packages / "gradescope" / "exercises"
    for folder in ("submission", "student", "repository", "source"):
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
    (tmp_path / "source" / "exercises").symlink_to(exercises)

    on_gradescope(tmp_path, ID)
    gradescope = json.loads((tmp_path / "results" / "results.json").read_text())
    on_prairielearn(tmp_path, exercises / ID)
    prairielearn = json.loads((tmp_path / "results" / "results.json").read_text())
    code = on_github(tmp_path / "repository", exercises / ID, 20.0)
    github = capsys.readouterr()

    assert (gradescope["extra_data"]["gradable"], prairielearn["gradable"], code) == (False, False, 2)
    assert [says in text for text in (gradescope["output"], prairielearn["format_errors"][0], github.out)] == [True] * 3
    assert "totalPoints" not in github.out
    assert github.err == ""
