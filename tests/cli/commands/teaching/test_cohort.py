"""`grade cohort` as a real process: the results of a class, with pseudonyms or names."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ID, Bench
from tests.cli.support_handing_in import hand_in

HEAVY = {"torch", "transformers", "numpy"}


def folder(root: Path, name: str) -> Path:
    (root / name).mkdir()
    return root / name


@pytest.fixture
def lesson(bench: Bench, home: Path, tmp_path: Path) -> Path:
    """The home of a class: `ada` passed at her second attempt, `bob` and `eve` made the same wrong claim."""
    mistaken = bench.claim("positional:-1").replace("positional", "induction").replace(", offset: -1", "")
    files = [bench.failing(folder(tmp_path, "1")), bench.passing(folder(tmp_path, "2"))]
    wrong = bench.submission(folder(tmp_path, "3"), mistaken)
    hand_in(bench, home, [*(("ada", file) for file in files), ("bob", wrong), ("eve", wrong)])
    return home


def test_who_found_what_is_counted_and_nobody_is_named(bench: Bench, lesson: Path) -> None:
    done = bench.grade(lesson, "cohort", ID)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{ID}: 3 students, 4 reports; 1 passed, the median at attempt 2\n")
    assert "found by    1, complete    1, wrong claims    3" in done.stdout
    assert not {"ada", "bob", "eve"} & set(done.stdout.split())
    assert done.stdout.count("student-") == 3


def test_the_commonest_wrong_claim_says_what_the_head_really_is(bench: Bench, lesson: Path) -> None:
    cohort = json.loads(bench.grade(lesson, "cohort", ID, "--format", "json").stdout)
    first = cohort["wrong_claims"][0]
    layer, head = bench.best["positional:-1"]

    assert (first["head"], first["kind"], first["students"]) == (f"L{layer}H{head}", "induction", 2)
    assert (first["really"]["type"], first["really"]["offset"]) == ("positional", -1)
    assert (cohort["scores"][0], cohort["scores"][9]) == (2, 1)


def test_names_are_shown_when_they_are_asked_for(bench: Bench, lesson: Path) -> None:
    done = bench.grade(lesson, "cohort", ID, "--names")

    assert {"ada", "bob", "eve"} <= set(done.stdout.split())
    assert "student-" not in done.stdout


def test_a_pseudonym_stays_the_same(bench: Bench, lesson: Path) -> None:
    once, again = (bench.grade(lesson, "cohort", ID).stdout for _ in range(2))

    assert once == again


def test_the_page_is_written_whole(bench: Bench, lesson: Path, tmp_path: Path) -> None:
    done = bench.grade(lesson, "cohort", ID, "--format", "html", "--out", tmp_path / "class.html")
    page = (tmp_path / "class.html").read_text()

    assert (done.returncode, done.stdout) == (0, "")
    assert page.rstrip().endswith("</html>")
    assert "student-" in page
    assert ">ada<" not in page


def test_a_class_of_nobody_is_one_too(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "cohort", ID)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{ID}: 0 students, 0 reports; 0 passed\n")


def test_an_exercise_that_is_not_there_is_the_users_mistake(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "cohort", "tiny-hedas")

    assert (done.returncode, done.stdout) == (2, "")
    assert ID in done.stderr


def test_counting_needs_no_transformer(bench: Bench, lesson: Path) -> None:
    code, names = bench.imported(lesson, "cohort", ID)

    assert code == 0
    assert names & HEAVY == set()
