"""`grade calibrate` as a real process: text, JSON and the page, from a stored score table."""

import json
from pathlib import Path

import pytest

from grader.grading.calibration.records import Calibration
from grader.kinds import LOOKALIKES
from tests.cli.conftest import ID, KINDS, Bench


def labels(bench: Bench, folder: Path, expect: str = "confirmed") -> Path:
    layer, head = bench.best["induction"]
    file = folder / "labels.yaml"
    file.write_text(f"- {{layer: {layer}, head: {head}, type: induction, expect: {expect}, source: made here}}\n")
    return file


def calibration(stdout: str) -> Calibration:
    return Calibration.model_validate_json(stdout)


def test_text_tells_every_kind(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "calibrate", ID)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{ID} version 1: tiny, 24 heads; a borderline head is decided as measured\n")
    assert all(f"({kind})" in done.stdout for kind in KINDS)
    assert "1 of 24 heads passes (1 wanted, passing: 1)" in done.stdout


def test_json_is_all_that_is_printed(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "calibrate", ID, "--format", "json")

    assert done.stderr == ""
    assert [kind.name for kind in calibration(done.stdout).kinds] == list(KINDS)
    assert [kind.confirmed for kind in calibration(done.stdout).kinds] == [1] * len(KINDS)


def test_the_page_is_written_and_json_may_come_with_it(bench: Bench, home: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    alone = bench.grade(home, "calibrate", ID, "--html", page)
    both = bench.grade(home, "calibrate", ID, "--html", page, "--json")

    assert alone.stdout == ""
    assert str(page) in alone.stderr
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert calibration(both.stdout).exercise == ID


def test_labels_come_from_the_file_that_is_named_or_from_the_exercise(bench: Bench, home: Path, tmp_path: Path) -> None:
    own = bench.root / "exercises" / ID / "known_heads.yaml"
    own.write_text(labels(bench, tmp_path).read_text())
    from_exercise = calibration(bench.grade(home, "calibrate", ID, "--format", "json").stdout)
    own.unlink()
    named = bench.grade(home, "calibrate", ID, "--format", "json", "--known", labels(bench, tmp_path, "refuted"))
    none = calibration(bench.grade(home, "calibrate", ID, "--format", "json").stdout)

    counts = [
        next(kind.labels for kind in each.kinds if kind.name == "induction")
        for each in (from_exercise, calibration(named.stdout), none)
    ]
    assert [labels and (labels.confirmed, labels.refuted) for labels in counts] == [(1, 0), (0, 1), None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- {layer: 0, head: 1, type: inductoin, expect: confirmed, source: x}\n", ":1:29: `type` cannot be `induct"),
        ("- {layer: 0, head: 1, type: induction, expect: confirmed}\n", "`source` is missing"),
        ("- {layer: 9, head: 1, type: induction, expect: confirmed, source: x}\n", "tiny has no head L9H1"),
        ("- {layer: 0, head: 1, type: induction, expect: refuted, source: x}\n" * 2, "is labelled already, in `[0]`"),
    ],
)
def test_labels_that_cannot_be_used_are_invalid_input(
    bench: Bench, home: Path, tmp_path: Path, content: str, message: str
) -> None:
    file = tmp_path / "labels.yaml"
    file.write_text(content)
    done = bench.grade(home, "calibrate", ID, "--known", file)

    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""


def test_a_file_of_labels_that_is_not_there_is_invalid_input(bench: Bench, home: Path, tmp_path: Path) -> None:
    done = bench.grade(home, "calibrate", ID, "--known", tmp_path / "nowhere.yaml")

    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr


def test_a_kept_table_is_calibrated_without_loading_what_measures(bench: Bench, home: Path, tmp_path: Path) -> None:
    code, names = bench.imported(home, "calibrate", ID, "--format", "html", "--out", tmp_path / "page.html")

    assert code == 0
    assert names & {"torch", "numpy", "transformers"} == set()


def test_random_weights_are_measured_once_and_pass_nothing(bench: Bench, home: Path) -> None:
    first = calibration(bench.grade(home, "calibrate", ID, "--format", "json", "--untrained").stdout)
    second = calibration(bench.grade(home, "calibrate", ID, "--format", "json", "--untrained").stdout)
    without = calibration(bench.grade(home, "calibrate", ID, "--format", "json").stdout)

    assert first == second
    assert all(kind.chance is not None for kind in first.kinds)
    assert all(kind.chance is None for kind in without.kinds)
    scores = [(kind.chance.score, kind.heads[0].score) for kind in first.kinds if kind.chance]
    assert any(chance != best for chance, best in scores)


def test_look_alikes_are_planted_on_the_exercise(bench: Bench, home: Path) -> None:
    text, as_json = (bench.grade(home, "calibrate", ID, "--lookalikes", *more) for more in ((), ("--format", "json")))
    planted = json.loads(as_json.stdout)

    assert {each["kind"] for each in planted} == set(KINDS)
    assert {each["lookalike"] for each in planted} == set(LOOKALIKES)
    assert "positional:-1: " in text.stdout
    assert "  confirmed, rightly  1.00  previous-token head\n" in text.stdout
    wrong = [each for each in planted if (each["outcome"] == "confirmed") != each["rightly"]]
    assert {done.returncode for done in (text, as_json)} == {1 if wrong else 0}
