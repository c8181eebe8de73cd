"""The repository for GitHub Classroom; its grading step run as the workflow runs it, without a network."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
import yaml

from grader.base import language
from grader.doors.packages.github.__main__ import run
from grader.doors.packages.making import Order
from grader.doors.packages.registry import PACKAGES
from tests.doors.packages.conftest import EXAMPLE, HUGE, ID, INVALID, SCORE, UNDECIDED, hostile_files, light_copy
from tests.support import readers
from tests.support.offline import offline


class Step(NamedTuple):
    """What the grading step left."""

    code: int
    points: tuple[float, float] | None
    summary: str
    log: str
    suite: ElementTree.Element


@pytest.fixture
def repository(packages: Path, tmp_path: Path) -> Path:
    return light_copy(packages / "github", tmp_path / "repository", ".github/head-grader/exercises")


def workflow(repository: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((repository / ".github" / "workflows" / "classroom.yml").read_text())
    return content["jobs"]["run-autograding-tests"]  # the name by which Classroom finds the points


def step(repository: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Step:
    (repository / "my_heads.yaml").write_bytes(content)
    for name, file in (("GITHUB_OUTPUT", "output"), ("GITHUB_STEP_SUMMARY", "summary")):
        monkeypatch.setenv(name, str(repository / file))
    code = run(repository, repository / ".github" / "head-grader" / "exercises" / ID, 20.0)
    summary = (repository / "summary").read_text()
    suite = ElementTree.parse(repository / "report" / "junit.xml").getroot()  # noqa: S314 - our own
    log = capsys.readouterr().out
    return Step(code, readers.classroom(log), summary, log, suite)


def test_the_workflow_grades_without_network(repository: Path) -> None:
    shutil.copy(EXAMPLE, repository)
    hostile_files(repository)
    (run_step,) = (each for each in workflow(repository)["steps"] if each.get("id") == "grade")
    python, *words = shlex.split(run_step["run"])
    files = {"GITHUB_OUTPUT": str(repository / "output"), "GITHUB_STEP_SUMMARY": str(repository / "summary")}

    done = offline([sys.executable, *words], repository, GRADER_HOME=str(repository / ".grader"), **files)

    assert python == "python"
    assert (done.returncode, done.stderr) == (0, "")
    assert readers.classroom(done.stdout) == (pytest.approx(64, abs=0.01), 120)
    assert (repository / "output").read_text() == "points=63.996\nmax_points=120\n"
    assert "<pre>Find the heads of a small transformer" in (repository / "summary").read_text()
    assert {path.name for path in (repository / "report").iterdir()} == {"junit.xml", "report.html", "report.json"}


def test_what_it_names_is_in_the_repository(repository: Path, packages: Path) -> None:
    job = workflow(repository)
    uses = {each["uses"]: each for each in job["steps"] if "uses" in each}
    (install,) = (each["run"] for each in job["steps"] if each.get("name") == "Install the grader")

    assert (repository / uses["actions/setup-python@v5"]["with"]["cache-dependency-path"]).is_file()
    assert list((packages / "github").glob(install.split()[-1]))
    assert all(name.startswith("actions/") for name in uses), "an action of others that goes away would stop every run"
    assert (repository / "my_heads.yaml").is_file()
    assert "head_grader-*.whl" in (repository / "README.md").read_text()
    assert "](../" not in (repository / "EXERCISE.md").read_text(), "nothing else of the grader's is there"


def test_points_are_partial(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = step(repository, EXAMPLE.read_bytes(), monkeypatch, capsys)

    assert (done.code, done.points) == (0, (pytest.approx(SCORE * 20), 20))
    assert done.suite.get("failures") == "0"


def test_mistakes_stand_in_the_students_file_and_no_points_are_told(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = step(repository, INVALID, monkeypatch, capsys)

    assert (done.code, done.points, done.suite.get("errors")) == (2, None, "1")
    assert "\n::error file=my_heads.yaml,line=3,col=31,title=unknown-type::`type` cannot be `inducton`" in done.log
    assert "my_heads.yaml:3:31" in done.summary


def test_no_text_of_a_student_is_a_command_or_markup(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note = r"\n::set-output name=result::x\n::add-mask::a\n</pre><script>alert(1)</script>"
    claim = f'  - {{layer: 1, head: 3, type: induction, note: "{note}"}}\n'
    done = step(repository, f"exercise: mini-heads\nclaims:\n{claim}".encode(), monkeypatch, capsys)
    first, *lines = done.log.splitlines()
    token = first.removeprefix("::stop-commands::")
    between = lines[: lines.index(f"::{token}::")]

    assert "Your note:" in "".join(between)
    assert [line.partition(" ")[0] for line in lines[len(between) + 1 :]] == ["::notice", "::notice"]
    assert "<script>" not in done.summary
    assert done.summary.count("</pre>") == 1


@pytest.mark.parametrize(("content", "code"), [(HUGE, 2), (UNDECIDED, 1)], ids=["huge", "undecided"])
def test_what_cannot_be_graded_changes_no_points(
    content: bytes, code: int, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = step(repository, content, monkeypatch, capsys)

    assert (done.code, done.points) == (code, None)


def test_a_missing_file_and_a_fault_of_ours_are_told(
    repository: Path, without_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "my_heads.yaml").unlink()
    missing = run(repository, repository / ".github" / "head-grader" / "exercises" / ID, 20.0)
    shutil.copy(EXAMPLE, repository)
    lost = run(repository, without_weights, 20.0)

    assert (missing, lost) == (2, 3)
    assert "there is no submission among the files (EXERCISE.md, README.md)" in capsys.readouterr().out


def test_for_an_exercise_of_ones_own_the_page_says_where_it_is(asked: Order, tmp_path: Path) -> None:
    (tmp_path / "README.ko.md").write_text("# \uacfc\uc81c\n", "utf-8")
    with language.speaking("ko"):
        own = PACKAGES["github"].files(asked._replace(folder=tmp_path))

    assert b"export GRADER_EXERCISES=$PWD/.github/head-grader/exercises\n" in own["README.md"]
    assert own["EXERCISE.md"].decode() == "# \uacfc\uc81c\n"
    assert b"export" not in PACKAGES["github"].files(asked)["README.md"]


def test_a_fault_of_ours_is_in_no_file_of_theirs(
    repository: Path, without_weights: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(EXAMPLE, repository)
    run(repository, without_weights, 20.0)

    assert "::error title=dead::tell your instructor: the transformer" in capsys.readouterr().out
