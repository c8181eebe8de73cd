"""Known heads, listed by an exercise or by an instructor."""

from pathlib import Path

import pytest

from grader import exercises
from grader.base.errors import ExerciseError, InvalidInput
from grader.exercises import known_heads
from tests.support.planted_calibration import RULE, known


def test_a_shipped_list_is_read_and_fits_its_exercise() -> None:
    known = known_heads.of_exercise(exercises.available()["gpt2-heads"])
    known_heads.refuse_misfits(known, exercises.load("gpt2-heads"), "known_heads.yaml")

    assert {(head.place, head.name, head.expect) for head in known} >= {
        ("L4H11", "positional:-1", "confirmed"),
        ("L5H6", "positional:-1", "refuted"),
        ("L5H5", "induction", "confirmed"),
    }
    assert all(head.source for head in known)


@pytest.mark.parametrize("folder", [None, Path("nowhere")])
def test_an_exercise_without_a_list_has_no_known_heads(folder: Path | None) -> None:
    assert known_heads.of_exercise(folder) == ()


def test_an_exercises_own_bad_list_is_the_exercises_error(tmp_path: Path) -> None:
    (tmp_path / "known_heads.yaml").write_text("- {layer: 0, head: 1, type: induction, expect: maybe, source: x}\n")

    with pytest.raises(ExerciseError, match=r"known_heads\.yaml:1:48: `expect` cannot be `maybe`"):
        known_heads.of_exercise(tmp_path)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "labels.yaml"
    file.write_text(
        "- {layer: -1, head: 1, type: induction, expect: refuted, source: x}\n"
        "- {layer: 1, hed: 1, type: induction, expect: refuted, source: x}\n"
    )

    with pytest.raises(InvalidInput) as refused:
        known_heads.read(file)
    assert [(problem.code, problem.line) for problem in refused.value.problems] == [
        ("out-of-range", 1),
        ("unknown-key", 2),
    ]


def test_a_head_that_does_not_exist_and_one_labelled_twice_are_refused() -> None:
    labels = known({"induction": {(0, 0): "confirmed", (9, 9): "refuted"}})

    known_heads.refuse_misfits(labels[:1], RULE, "labels")
    with pytest.raises(InvalidInput) as refused:
        known_heads.refuse_misfits((*labels, labels[0]), RULE, "labels")
    assert [problem.code for problem in refused.value.problems] == ["no-such-head", "labelled-twice"]
