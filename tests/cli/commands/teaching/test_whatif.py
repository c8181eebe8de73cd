"""`grade whatif` and `grade regrade` as real processes: a change previewed, applied, and seen by the student."""

import csv
import io
import json
import shutil
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from grader.ledger import Ledger
from tests.cli.conftest import ID, Bench
from tests.cli.support_handing_in import hand_in

HEAVY = {"torch", "transformers", "numpy"}
STRICTER = ("--set", "induction.at_least=1", "--set", "wrong_costs=25")


class Course:
    """An exercise that may be changed, and two students who handed in: `ada` passed, `bob` did not."""

    def __init__(self, bench: Bench, home: Path, root: Path) -> None:
        self.bench, self.home = bench, home
        self.exercises = root / "exercises"
        shutil.copytree(bench.root / "exercises" / ID, self.exercises / ID)
        for name in ("ada", "bob"):
            (root / name).mkdir()
        wrong = bench.submission(root / "bob", bench.claim("duplicate_token", right=False))
        hand_in(bench, home, [("ada", bench.passing(root / "ada")), ("bob", wrong)])

    @property
    def file(self) -> Path:
        return self.exercises / ID / "exercise.yaml"

    def grade(self, *arguments: str | Path) -> CompletedProcess[str]:
        return self.bench.grade(self.home, *arguments, GRADER_EXERCISES=str(self.exercises))

    def changed(self, *pairs: tuple[str, str]) -> str:
        text = self.file.read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        return text

    def reports(self) -> list[tuple[int, int | None, str]]:
        with Ledger(f"sqlite:///{self.home / 'ledger.sqlite3'}") as ledger:
            return [(entry.id, entry.replaces, entry.reason) for entry in ledger.entries()]


@pytest.fixture
def course(bench: Bench, home: Path, tmp_path: Path) -> Course:
    return Course(bench, home, tmp_path)


def test_whom_a_change_would_touch_is_told_and_nothing_is_changed(course: Course) -> None:
    before = course.reports()
    done = course.grade("whatif", ID, *STRICTER)
    lines = done.stdout.splitlines()

    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].startswith("changed: wrong_costs 20 -> 25, induction share 0.")
    assert lines[0].endswith(" -> 1")
    assert [line.split() for line in lines[2:6]] == [["0", "up"], ["1", "down"], ["0", "sideways"], ["1", "unchanged"]]
    assert "ada (local): 50 -> 40 XP" in done.stdout
    assert "bob" not in done.stdout
    assert course.reports() == before


def test_the_same_as_json_and_as_a_sheet(course: Course, tmp_path: Path) -> None:
    effects = json.loads(course.grade("whatif", ID, *STRICTER, "--format", "json").stdout)
    written = course.grade("whatif", ID, *STRICTER, "--format", "csv", "--out", tmp_path / "effects.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "effects.csv").read_text())))
    layer, head = course.bench.best["induction"]

    assert (written.returncode, written.stdout) == (0, "")
    assert (
        effects["counts"] | {"down": 1, "unchanged": 1, "flips": 1, "students_whose_xp_changes": 1} == effects["counts"]
    )
    (ada,) = [student for student in effects["students"] if student["reports"]]
    assert ada["reports"][0]["flips"] == [
        {"head": f"L{layer}H{head}", "kind": "induction", "before": "confirmed", "after": "refuted"}
    ]
    assert [(row["student"], row["xp_before"], row["xp_after"]) for row in rows] == [("ada", "50", "40")]
    assert rows[0]["flips"] == f"L{layer}H{head}:induction:confirmed->refuted"


def test_what_a_student_has_can_be_left(course: Course) -> None:
    done = course.grade("whatif", ID, *STRICTER, "--never-lower", "--format", "json")

    assert json.loads(done.stdout)["counts"]["unchanged"] == 2
    assert json.loads(done.stdout)["counts"]["down"] == 0


def test_a_draft_that_lies_anywhere_is_compared_with_what_was_graded(course: Course, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(course.changed(("version: 1", "version: 2"), ("wrong_costs: 20", "wrong_costs: 30")))
    done = course.grade("whatif", ID, "--exercise-file", draft)

    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "changed: wrong_costs 20 -> 30")


def test_no_transformer_is_loaded_to_look(course: Course) -> None:
    code, names = course.bench.imported(course.home, "whatif", ID, *STRICTER)

    assert code == 0
    assert names & HEAVY == set()
    assert "sqlalchemy" in names


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "inductoin.at_least=0.5"], "did you mean `induction`?"),
        (["--set", "budget=none"], "`budget` must be a whole number, not `none`"),
        (["--set", "budget=3", "--exercise-file", "x.yaml"], "use either --set or --exercise-file, not both"),
    ],
)
def test_a_change_that_cannot_be_made_is_the_users_mistake(course: Course, arguments: list[str], message: str) -> None:
    done = course.grade("whatif", ID, *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_draft_of_another_exercise_is_refused(course: Course, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(course.changed((f"id: {ID}", "id: other-heads")))
    done = course.grade("whatif", ID, "--exercise-file", draft)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"`id` is other-heads, but the reports are for {ID}" in done.stderr


def test_what_needs_new_measurements_says_so(course: Course, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(course.changed(("seed: 3", "seed: 4")))
    done = course.grade("whatif", ID, "--exercise-file", draft)

    assert (done.returncode, done.stdout) == (3, "")
    assert "its heads have not been measured with these probes" in done.stderr


def test_a_regrade_does_what_was_shown_keeps_the_old_reports_and_tells_the_student_why(course: Course) -> None:
    before = course.reports()
    share = course.grade("whatif", ID, *STRICTER).stdout.split("induction share ")[1].split(" -> ")[0]
    at = f"at_least: {share}"
    text = course.file.read_text()
    start = text.index(at, text.index("type: induction"))
    stricter = text[:start] + "at_least: 1" + text[text.index(",", start) :]
    course.file.write_text(stricter)
    refused = course.grade("regrade", ID, "--reason", "too many heads passed")
    course.file.write_text(stricter.replace("version: 1", "version: 2"))
    preview = json.loads(course.grade("whatif", ID, "--format", "json").stdout)
    applied = json.loads(course.grade("regrade", ID, "--reason", "too many heads passed", "--format", "json").stdout)
    again = json.loads(course.grade("regrade", ID, "--reason", "once more", "--format", "json").stdout)
    progress = course.grade("progress", "ada").stdout

    assert refused.returncode == 3
    assert "make it 2" in refused.stderr
    assert (applied["counts"], applied["students"]) == (preview["counts"], preview["students"])
    assert (applied["changes"], applied["counts"]["down"]) == (preview["changes"], 1)
    assert again["counts"]["unchanged"] == 2
    assert course.reports()[:2] == before
    ((_, replaces, reason),) = course.reports()[2:]
    assert (replaces, reason.endswith("-> 1; too many heads passed")) == (1, True)
    assert "regraded because induction share" in progress
    assert "too many heads passed, -10 XP" in progress


def test_a_regrade_needs_a_reason(course: Course) -> None:
    done = course.grade("regrade", ID)

    assert (done.returncode, done.stdout) == (2, "")
    assert "--reason" in done.stderr
