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
        ("L9H9", "name mover", "not_measured"),
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


def read(text: str, tmp_path: Path) -> tuple[known_heads.KnownHead, ...]:
    file = tmp_path / "labels.yaml"
    file.write_text(text + "\n")
    return known_heads.read(file)


def test_a_head_may_be_known_by_its_role_alone(tmp_path: Path) -> None:
    mover, both = read(
        "- {layer: 1, head: 2, role: name mover, published: 0.95, expect: not_measured, source: x}\n"
        "- {layer: 1, head: 2, type: positional, offset: -1, role: feeds them, expect: confirmed, source: x}",
        tmp_path,
    )

    assert (mover.name, mover.place, mover.type, mover.published) == ("name mover", "L1H2", "", 0.95)
    assert (both.name, both.role) == ("positional:-1", "feeds them")
    assert known_heads.measured([mover, both]) == (both,)


@pytest.mark.parametrize(
    ("label", "code", "message"),
    [
        ("expect: not_measured", "missing-key", "`type` is missing; if no type measures the head, give its published"),
        ("role: mover, expect: confirmed", "does-not-fit", "`expect` must be `not_measured` without a `type`"),
        ("role: mover, offset: -1, expect: not_measured", "does-not-fit", "`offset` needs a `type`"),
        ("type: syntactic, role: mover, expect: refuted", "missing-key", "a syntactic head needs `relation`"),
        ("rolle: mover, expect: not_measured", "unknown-key", "did you mean `role`?"),
        ("type: '', role: mover, expect: not_measured", "unknown-type", "`type` cannot be"),
    ],
)
def test_a_label_says_what_the_head_does(label: str, code: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(f"- {{layer: 0, head: 0, {label}, source: x}}", tmp_path)
    (problem, *_) = refused.value.problems
    assert problem.code == code
    assert message in problem.message


def test_one_role_of_a_head_is_labelled_once_and_what_is_measured_needs_an_outcome(tmp_path: Path) -> None:
    role = "- {layer: 0, head: 1, role: name mover, expect: not_measured, source: x}\n"
    other = "- {layer: 0, head: 1, role: backup, expect: not_measured, source: x}\n"
    asked = "- {layer: 0, head: 2, type: induction, expect: not_measured, source: x}\n"
    not_asked = "- {layer: 0, head: 2, type: semantic, expect: not_measured, source: x}"

    known_heads.refuse_misfits(read(role + other + not_asked, tmp_path), RULE, "labels")
    with pytest.raises(InvalidInput) as refused:
        known_heads.refuse_misfits(read(role + role + asked, tmp_path), RULE, "labels")
    assert [problem.code for problem in refused.value.problems] == ["labelled-twice", "is-measured"]
