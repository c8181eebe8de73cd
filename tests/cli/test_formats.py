"""`--format` and `--out` on every command, and what a program gets when there is no report."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

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


def test_a_file_that_is_not_valid_leaves_a_file_that_says_so(bench: Bench, home: Path, tmp_path: Path) -> None:
    bad = bench.submission(tmp_path, "{layer: 0, head: x, type: induction}")
    formats = ("json", "gradescope", "junit", "html", "text")
    for form in formats:
        (tmp_path / form).write_text("an older result")
    commands = [["submit", bad, "--format", form, "--out", tmp_path / form] for form in formats]

    for form, (code, printed, said) in zip(formats, bench.grade_all(home, *commands), strict=True):
        state, message = failure((tmp_path / form).read_text(encoding="utf-8"), form)
        assert (code, printed, state) == (2, "", "rejected")
        assert "must be a whole number" in said
        assert "must be a whole number" in message


def test_a_fault_of_ours_leaves_a_file_as_well(bench: Bench, home: Path, tmp_path: Path) -> None:
    file, formats = bench.failing(tmp_path), ("json", "gradescope", "junit")
    more = ["--transformer", tmp_path / "nowhere"]
    commands = [["submit", file, "--format", form, "--out", tmp_path / form, *more] for form in formats]

    for form, (code, _, _) in zip(formats, bench.grade_all(home, *commands), strict=True):
        state, message = failure((tmp_path / form).read_text(encoding="utf-8"), form)
        assert (code, state, "nowhere" in message) == (3, "dead", True)


def test_without_a_file_only_programs_read_it_on_standard_output(bench: Bench, home: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.yaml"
    for_program, for_people = (bench.grade(home, "submit", nowhere, "--format", form) for form in ("junit", "text"))

    assert (for_program.returncode, for_people.returncode, for_people.stdout) == (2, 2, "")
    assert failure(for_program.stdout, "junit")[0] == "rejected"
    assert for_program.stderr == for_people.stderr


def test_an_unknown_submission_is_told_in_the_format(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "report", "nosuch", "--format", "json")

    assert done.returncode == 2
    assert "nosuch" in json.loads(done.stdout)["problems"][0]["message"]


def test_every_command_writes_json_to_a_file(bench: Bench, home: Path, tmp_path: Path) -> None:
    commands: list[list[str]] = [
        ["scan", ID, "--top", "1"],
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
    ]
    files = [tmp_path / "new folder" / f"{number}.json" for number in range(len(commands))]
    asked = [[*command, "--format", "json", "--out", file] for command, file in zip(commands, files, strict=True)]

    for file, (_code, printed, said) in zip(files, bench.grade_all(home, *asked), strict=True):
        assert (printed, f"written to {file}\n" in said) == ("", True), said
        assert file.read_bytes().isascii()
        json.loads(file.read_bytes())


def test_an_old_spelling_works_and_says_once_what_to_write_now(bench: Bench, home: Path, tmp_path: Path) -> None:
    page = str(tmp_path / "page.html")
    as_json = [["scan", ID, "--json"], ["progress", "--json"], ["dead", "list", "--json"], ["calibrate", ID, "--json"]]
    results = bench.grade_all(home, ["scan", ID, "--html", page], *as_json)

    assert [code for code, _, _ in results] == [0] * len(results)
    assert results[0][2].startswith(f"--html still works; from now on, write --format html --out {page}\n")
    assert Path(page).read_text(encoding="utf-8").startswith("<!doctype html>")
    for _, printed, said in results[1:]:
        assert said == "--json still works; from now on, write --format json\n"
        json.loads(printed)


def test_a_mistake_on_the_command_line_is_told_in_our_words(bench: Bench, home: Path) -> None:
    mistakes: list[tuple[list[str], str]] = [
        (["whatif", ID, "--format", "cvs"], "`cvs` is not one of text, json, csv; did you mean `csv`?"),
        (["submit", "x", "--format", "jsn"], "did you mean `json`?"),
        (["schema", "raport"], "did you mean `report`?"),
        (["scan", ID, "--top", "0"], "0 is below 1"),
        (["scan", ID, "--top", "few"], "`few` is not a whole number"),
        (["schema", "report", "--out", "/"], "this is a folder; name a file in it"),
        (["schema", "report", "--out", "/dev/null/x"], "cannot be written: "),
        (["show", "0", "1", "--format", "png"], "a picture of this format needs --out PATH"),
        (["nosuch"], "No such command"),
    ]
    results = bench.grade_all(home, *(command for command, _ in mistakes))

    for (command, message), (code, printed, said) in zip(mistakes, results, strict=True):
        assert (code, printed) == (2, ""), command
        assert message in said
        assert not re.search("Value error|Input should", said)


def test_a_full_disk_is_told(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "schema", "report", "--out", "/dev/full")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "/dev/full: cannot be written: No space left on device [unwritable]\n"
