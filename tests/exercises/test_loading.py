"""Exercises are found by id, checked when they are loaded, and never skipped silently."""

import os
from pathlib import Path

import pytest

from grader import exercises
from grader.base.errors import ExerciseError
from grader.schema import Exercise
from tests.support import exercise_sample
from tests.support.exercise_sample import ID, TEXT


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for exercises, named by `GRADER_EXERCISES`."""
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.setenv("GRADER_EXERCISES", str(folder))
    return folder


def refusal_of(exercise: str | Path) -> str:
    with pytest.raises(ExerciseError) as caught:
        exercises.load(exercise)
    unknown = str(caught.value).startswith("there is no exercise ")
    assert caught.value.exit_code == (2 if unknown else 3)
    return str(caught.value)


def test_every_shipped_exercise_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRADER_EXERCISES", raising=False)

    assert len(exercises.folders()) == 1
    for name in exercises.available():
        assert exercises.load(name).id == name


def test_an_exercise_is_found_by_its_id(root: Path) -> None:
    folder = exercise_sample.write(root)

    assert exercises.available()[ID] == folder
    assert exercises.load(ID).title == "Heads to try things on"


def test_an_exercise_is_found_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = exercise_sample.write(tmp_path)
    monkeypatch.chdir(folder)

    loaded = exercises.load(folder)

    assert loaded == exercises.load(folder / "exercise.yaml") == exercises.load(Path())
    assert ID not in exercises.available()


def test_lists_of_an_exercise_survive_strict_mode(root: Path) -> None:
    exercise_sample.write(root)

    (threshold,) = exercises.load(ID).kinds[1].thresholds

    assert threshold.at_least == 1


def test_the_variable_names_several_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    exercise_sample.write(first)
    exercise_sample.write(second, TEXT.replace(ID, "other-heads"), "other-heads")
    monkeypatch.setenv("GRADER_EXERCISES", os.pathsep.join([str(first), "", str(second), str(first)]))

    assert {ID, "other-heads"} <= set(exercises.available())
    assert list(exercises.available()) == sorted(exercises.available())


def test_a_folder_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_EXERCISES", "/no/such/folder")

    with pytest.raises(ExerciseError, match="GRADER_EXERCISES: there is no folder /no/such/folder"):
        exercises.folders()


def test_an_exercise_in_place_of_the_folder_that_holds_it_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADER_EXERCISES", str(exercise_sample.write(tmp_path)))

    with pytest.raises(ExerciseError, match="name the folder that contains it"):
        exercises.folders()


def test_two_exercises_of_one_id_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = exercise_sample.write(tmp_path / "one")
    second = exercise_sample.write(tmp_path / "two")
    monkeypatch.setenv("GRADER_EXERCISES", os.pathsep.join([str(first.parent), str(second.parent)]))

    with pytest.raises(ExerciseError, match=f"two exercises have the id {ID}: {first} and {second}"):
        exercises.available()


def test_a_folder_without_an_exercise_is_an_error(root: Path) -> None:
    (root / "half-done").mkdir()

    with pytest.raises(ExerciseError, match=r"half-done: there is no exercise\.yaml in it"):
        exercises.available()


@pytest.mark.parametrize("name", ["Half Done", "half_done", "half--done", "h" * 65])
def test_a_folder_whose_name_is_no_id_is_an_error(root: Path, name: str) -> None:
    exercise_sample.write(root, name=name)

    with pytest.raises(ExerciseError, match="lower-case words joined by hyphens"):
        exercises.available()


def test_hidden_folders_and_loose_files_are_no_exercises(root: Path) -> None:
    (root / ".git").mkdir()
    (root / "__pycache__").mkdir()
    (root / "README.md").write_text("about")
    exercise_sample.write(root)

    assert ID in exercises.available()


def test_an_unknown_id_is_answered_with_the_known_ones(root: Path) -> None:
    exercise_sample.write(root)

    message = refusal_of("sampel-heads")

    assert message.startswith("there is no exercise sampel-heads; known: ")
    assert message.endswith(f"did you mean `{ID}`?")


@pytest.mark.parametrize("name", ["../mine/sample-heads", "/etc", ".", "", "a" * 10_000])
def test_a_string_is_never_a_path(root: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    exercise_sample.write(root)
    monkeypatch.chdir(root)

    assert "there is no exercise" in refusal_of(name)


def test_a_path_without_an_exercise_is_an_error(tmp_path: Path) -> None:
    assert "exercise.yaml: cannot be read" in refusal_of(tmp_path)


def test_every_fault_of_the_file_is_told_with_its_line(root: Path) -> None:
    text = TEXT.replace("title:", "titel:").replace("share", "shore").replace("seed: 1", "seed: one")
    file = exercise_sample.write(root, text) / "exercise.yaml"

    assert refusal_of(ID).splitlines() == [
        f"{file}:3:1: unknown key `titel`; allowed: id, version, title, transformer, probes, kinds, budget, "
        "wrong_costs, pass_at, kinds_needed, borderline, feedback, hint_costs, policy; did you mean `title`? "
        "[unknown-key]",
        f"{file}:5:16: `seed` must be a whole number, not `one` [wrong-type]",
        f"{file}:15:21: `statistic` cannot be `shore`; allowed: share, hit_rate, lead, lift; "
        "did you mean `share`? [unknown-statistic]",
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (TEXT, "", "1:1: the file is empty [empty]"),
        (TEXT, "a: [", "[yaml-syntax]"),
        ("id: sample-heads", "id: other-heads", "1:5: `id` is `other-heads` but the folder's name is `sample-heads`"),
        ("positional,", "positional, offset: +1,", "9:5: positional:+1 looks ahead"),
        ("relation: verb_subject,", "relation: verb_subject, direction: forward,", "looks ahead"),
        (
            "type: induction",
            "type: positional",
            "9:3: `kinds` names positional:-1 twice [does-not-fit]",
        ),
        ("wrong_costs: 20", "wrong_costs: 0", "`wrong_costs` must be more than 0, not `0` [out-of-range]"),
        (
            "type: induction",
            "type: induction\n    needed_at: 0",
            "`needed_at` must be more than 0 and at most 1, not `0`",
        ),
        ("seed: 1", "seed: 1, own_sentences: [{words: [a, b, c], classes: [X], arcs: []}]", "at least 1 item"),
        ("version: 1", "version: 0", "`version` must be 1 or more, not `0`"),
        ("bundled: sample", "files: {weights: abc}", "`weights` is `abc`; it must be a SHA-256"),
        ("passing: 3", "passing: 90", "guessing pays"),
    ],
)
def test_a_bad_exercise_is_an_error(root: Path, old: str, new: str, message: str) -> None:
    exercise_sample.write(root, TEXT.replace(old, new))

    assert message in refusal_of(ID)


def test_an_exercise_may_be_larger_than_a_submission(root: Path) -> None:
    exercise_sample.write(root, TEXT + "# a remark\n" * 50_000)

    assert isinstance(exercises.load(ID), Exercise)


def test_an_exercise_is_not_without_bounds(root: Path) -> None:
    exercise_sample.write(root, TEXT + "# a remark\n" * 500_000)

    assert "the file is too large; the limit is 4096 KB" in refusal_of(ID)


def test_what_is_only_measured_needs_no_sound_guess_rule(root: Path) -> None:
    folder = exercise_sample.write(root, TEXT.replace("passing: 3", "passing: 90"))
    loaded = exercises.load(ID, graded=False)

    assert loaded.kinds[0].passing == 90
    assert "guessing pays" in refusal_of(ID)
    (folder / "exercise.yaml").write_text(TEXT.replace("offset", "ofset").replace("budget: 12", "budget: no"))
    with pytest.raises(ExerciseError, match="budget"):
        exercises.load(ID, graded=False)
