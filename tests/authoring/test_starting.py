"""`grade exercises` as a group, and `new`: a template that loads and gives no warnings."""

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command

from grader import exercises
from grader.base.errors import ExerciseError
from grader.cli.commands.teaching import exercises as authoring
from grader.exercises import submissions
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from tests.authoring.conftest import ROOT, SHIPPED, grade, refusal
from tests.support.exercise_sample import ID, TEXT, write


def test_exercises_are_listed_and_shown_as_before() -> None:
    listed, shown = grade(), grade("mini-heads")

    assert [line.split()[0] for line in listed.output.splitlines()] == sorted(folder.name for folder in SHIPPED)
    assert shown.output.startswith("Find the heads of a small transformer\n")
    assert str(grade("mini-hedas").exception).endswith("did you mean `mini-heads`?")


def test_what_is_asked_for_besides_a_pattern_is_shown_with_the_keys_for_it(tmp_path: Path) -> None:
    lines = [line.strip() for line in grade("mini-circuit").output.splitlines()]
    *_, asked = json.loads(grade("mini-circuit", "--format", "json").output)["kinds"]
    (file := tmp_path / "my_heads.yaml").write_text("\n".join(lines[lines.index("exercise: mini-circuit") : -2]))
    submission, _ = submissions.load(file)

    assert "and needed: without it, alone or together with others, 10 % of the behaviour is lost (`matters`)" in lines
    assert "and 2 circuits, 20 points: a head that feeds one of these (`feeds`)" in lines
    assert (asked["evidence"], asked["circuits"]["points"]) == ("needed", 20)
    assert [(each.matters, each.feeds is None) for each in submission.claims] == [(None, True), ("alone", False)]
    assert "evidence" not in grade("mini-heads", "--format", "json").output


def test_the_help_names_what_there_is() -> None:
    assert {"ID", "new", "check", "sentences"} <= set(re.findall(r"\w+", grade("--help").output))


@pytest.mark.parametrize("name", exercises.RESERVED)
def test_no_exercise_is_called_like_a_command(name: str, course: Path) -> None:
    write(course, TEXT.replace(ID, name), name)

    with pytest.raises(ExerciseError, match=rf"1:5: `id` cannot be `{name}`: `grade exercises {name}` is a command"):
        exercises.load(course / name)


def test_the_ids_that_no_exercise_may_have_are_the_commands() -> None:
    commands = getattr(get_command(authoring.app), "commands")  # noqa: B009 - only a group has it, and this is one

    assert set(commands) == {*exercises.RESERVED, authoring.SHOW}


def test_a_new_exercise_loads_as_it_is_and_nothing_in_it_is_doubtful(course: Path) -> None:
    done = grade("new", "our-heads", "--in", course)
    folder = course / "our-heads"
    checked = grade("check", course)

    assert done.exit_code == 0
    assert exercises.load("our-heads").id == "our-heads"
    assert {file.name for file in folder.iterdir()} == {"exercise.yaml", "README.md", "my_heads.yaml"}
    assert "your-heads" not in "".join(file.read_text() for file in folder.iterdir())
    assert (checked.exit_code, checked.output.splitlines()[-1]) == (0, "1 exercise: 0 invalid, 0 warnings")


def test_what_it_says_of_passing_heads_is_what_is_measured(course: Path, measured: Path) -> None:
    grade("new", "our-heads", "--in", course)
    asked = exercises.load("our-heads")
    standings = Standings(asked, Laboratory(asked, measured).kept_table)

    assert {kind.name: standings.passing(kind.name) for kind in asked.kinds} == {
        kind.name: kind.passing for kind in asked.kinds
    }
    assert "not measured" not in grade("check", course).output


def test_what_is_commented_out_in_it_is_valid_too(course: Path) -> None:
    grade("new", "our-heads", "--in", course)
    file = course / "our-heads" / "exercise.yaml"
    text = file.read_text()
    file.write_text(re.sub(r"^( *)# (?=policy:|thresholds:|  \w|  - \{)", r"\1", text, flags=re.MULTILINE))
    asked = exercises.load("our-heads")

    assert asked.policy.attempts == 2
    assert [threshold.at_least for threshold in asked.kinds[1].thresholds] == [0.5]
    assert grade("check", course).output.endswith("0 invalid, 0 warnings\n")


def test_an_editor_finds_the_schemas(course: Path) -> None:
    grade("new", "our-heads", "--in", course)
    for name, schema in (("exercise.yaml", "exercise"), ("my_heads.yaml", "submission")):
        first = (course / "our-heads" / name).read_text().splitlines()[0]
        (place,) = re.findall(r"^# yaml-language-server: \$schema=(\S+)$", first)
        published = ROOT / "docs" / "schema" / f"{schema}.json"

        assert (course / "our-heads" / place).read_text() == published.read_text()


def test_in_the_source_the_published_schemas_serve(tmp_path: Path) -> None:
    (tmp_path / "docs" / "schema").mkdir(parents=True)
    grade("new", "our-heads", "--in", tmp_path / "exercises")
    text = (tmp_path / "exercises" / "our-heads" / "exercise.yaml").read_text()

    assert text.startswith("# yaml-language-server: $schema=../../docs/schema/exercise.json\n")
    assert [path.name for path in (tmp_path / "exercises").iterdir()] == ["our-heads"]


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda folder: folder.name)
def test_every_shipped_exercise_tells_its_schema_to_the_editor(folder: Path) -> None:
    first = (folder / "exercise.yaml").read_text().splitlines()[0]

    assert first == "# yaml-language-server: $schema=../../docs/schema/exercise.json"
    assert (folder / "../../docs/schema/exercise.json").is_file()


def test_how_to_make_it_known_is_said_where_it_is_not(course: Path, tmp_path: Path) -> None:
    known, unknown = grade("new", "our-heads", "--in", course), grade("new", "my-heads", "--in", tmp_path / "else")

    assert "export" not in known.output
    assert f"  export GRADER_EXERCISES={course}:{tmp_path / 'else'}\n" in unknown.output


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("our-heads", "our-heads exists already; nothing is overwritten [taken]"),
        ("mini-heads", "mini-heads exists already; nothing is overwritten [taken]"),
        ("Our Heads", "`Our Heads` is not an id: lower-case words"),
        ("../out", "`../out` is not an id"),
        ("check", "`grade exercises check` is a command"),
    ],
)
def test_nothing_is_overwritten_and_no_name_leads_elsewhere(name: str, message: str, course: Path) -> None:
    grade("new", "our-heads", "--in", course)
    before = {file: file.read_text() for file in course.rglob("*.*") if file.is_file()}

    assert message in refusal("new", name, "--in", course)
    assert {file: file.read_text() for file in course.rglob("*.*") if file.is_file()} == before


def test_a_folder_that_cannot_hold_it_is_told(course: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    write(course)

    assert "cannot be written: Not a directory [unwritable]" in refusal("new", "our-heads", "--in", tmp_path / "file")
    assert f"{ID} is an exercise; name the folder that should hold the new one" in refusal(
        "new", "a", "--in", course / ID
    )


@pytest.mark.parametrize("name", ["mini-heads", "minilm-heads"])
def test_an_exercise_shows_a_submission_with_a_claim_of_each_kind(name: str) -> None:
    pasted = re.search(r"^exercise: .*\nclaims:\n(  - .*\n)+", grade(name).output, re.MULTILINE)
    assert pasted is not None
    submission, exercise = submissions.load(pasted[0].encode())

    assert [claim.name for claim in submission.claims] == [asked.name for asked in exercise.kinds]
