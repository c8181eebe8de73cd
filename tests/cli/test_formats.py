"""`--format` and `--out` on every command, and what a program gets when there is no report."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import ID, Bench

JUNIT_COUNTS = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"}


def failure(text: str, form: str) -> tuple[str, str]:
    """The state and the words about a submission that was not graded, read as its reader does."""
    if form == "json":
        content = json.loads(text)
        return content["state"], content["problems"][0]["message"]
    if form == "gradescope":
        content = json.loads(text)
        assert (content["score"], content["tests"], content["visibility"]) == (0.0, [], "visible")
        return content["extra_data"]["state"], content["output"]
    if form == "junit":
        root = ElementTree.fromstring(text)  # noqa: S314 - our own
        (error,) = root.iter("error")
        assert JUNIT_COUNTS.items() <= root.attrib.items()
        return "rejected" if "not graded" in error.attrib["message"] else "dead", str(error.text)
    return "rejected" if "not graded: see the problems" in text else "dead", text


@pytest.mark.parametrize("form", ["json", "gradescope", "junit", "html", "text"])
def test_a_file_that_is_not_valid_leaves_a_file_that_says_so(
    bench: Bench, home: Path, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "results"
    out.write_text("an older result")
    bad = bench.submission(tmp_path, "{layer: 0, head: x, type: induction}")
    done = bench.grade(home, "submit", bad, "--format", form, "--out", out)
    state, message = failure(out.read_text(encoding="utf-8"), form)

    assert (done.returncode, done.stdout) == (2, "")
    assert "must be a whole number" in done.stderr
    assert (state, "must be a whole number" in message) == ("rejected", True)


@pytest.mark.parametrize("form", ["json", "gradescope", "junit"])
def test_a_fault_of_ours_leaves_a_file_as_well(bench: Bench, home: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / "results"
    done = bench.grade(
        home, "submit", bench.failing(tmp_path), "--format", form, "--out", out, "--transformer", tmp_path / "nowhere"
    )
    state, message = failure(out.read_text(encoding="utf-8"), form)

    assert done.returncode == 3
    assert (state, "nowhere" in message) == ("dead", True)


def test_without_a_file_programs_read_it_and_people_are_not_told_twice(
    bench: Bench, home: Path, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere.yaml"
    for_program, for_people = (bench.grade(home, "submit", nowhere, "--format", form) for form in ("junit", "text"))

    assert (for_program.returncode, for_people.returncode, for_people.stdout) == (2, 2, "")
    assert failure(for_program.stdout, "junit")[0] == "rejected"
    assert for_program.stderr == for_people.stderr


def test_an_unknown_submission_is_told_in_the_format(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "report", "nosuch", "--format", "json")

    assert done.returncode == 2
    assert "nosuch" in json.loads(done.stdout)["problems"][0]["message"]


@pytest.mark.parametrize(
    "command",
    [
        ["scan", ID, "--top", "1"],
        ["calibrate", ID],
        ["progress"],
        ["exercises"],
        ["exercises", ID],
        ["schema", "report"],
        ["hint", ID, "induction", "--yes"],
        ["whatif", ID],
        ["cohort", ID],
        ["doctor"],
        ["dead", "list"],
        ["show", "0", "1", "--exercise", ID],
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_every_command_writes_json_to_a_file(bench: Bench, home: Path, tmp_path: Path, command: list[str]) -> None:
    out = tmp_path / "new folder" / "out.json"
    done = bench.grade(home, *command, "--format", "json", "--out", out)

    assert done.stdout == "", done.stderr
    assert f"written to {out}\n" in done.stderr
    assert out.read_bytes().isascii()
    json.loads(out.read_bytes())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["scan", ID, "--json"], "--format json"),
        (["progress", "--json"], "--format json"),
        (["dead", "list", "--json"], "--format json"),
        (["scan", ID, "--html", "{out}"], "--format html --out {out}"),
    ],
    ids=str,
)
def test_an_old_spelling_works_and_says_once_what_to_write_now(
    bench: Bench, home: Path, tmp_path: Path, old: list[str], new: str
) -> None:
    out = str(tmp_path / "page.html")
    done = bench.grade(home, *(word.format(out=out) for word in old))

    assert done.returncode == 0
    assert done.stderr.count(f"still works; from now on, write {new.format(out=out)}\n") == 1
    if "--json" in old:
        json.loads(done.stdout)
    else:
        assert Path(out).read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["whatif", ID, "--format", "cvs"], "`cvs` is not one of text, json, csv; did you mean `csv`?"),
        (["submit", "x", "--format", "jsn"], "did you mean `json`?"),
        (["schema", "raport"], "did you mean `report`?"),
        (["scan", ID, "--top", "0"], "0 is below 1"),
        (["scan", ID, "--top", "few"], "`few` is not a whole number"),
        (["schema", "report", "--out", "/"], "this is a folder; name a file in it"),
        (["schema", "report", "--out", "/dev/null/x"], "cannot be written: "),
        (["show", "0", "1", "--format", "png"], "a picture of this format needs --out PATH"),
        (["nosuch"], "No such command"),
    ],
    ids=str,
)
def test_a_mistake_on_the_command_line_is_told_in_our_words(
    bench: Bench, home: Path, command: list[str], message: str
) -> None:
    done = bench.grade(home, *command)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Value error" not in done.stderr
    assert "Input should" not in done.stderr


def test_a_full_disk_is_told(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "schema", "report", "--out", "/dev/full")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "/dev/full: cannot be written: No space left on device [unwritable]\n"
