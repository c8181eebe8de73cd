"""Bad submissions get all problems at once, each with its place and what is allowed; good ones are read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader import documents
from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.exercises import submissions
from grader.schema import Submission
from tests.support import exercise_sample
from tests.support.submission_mistakes import GOOD, HEADER, ONE_MISTAKE, rest


@pytest.fixture(autouse=True)
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample exercise, in a folder in which submissions find it."""
    monkeypatch.setenv("GRADER_EXERCISES", str(tmp_path / "exercises"))
    return exercise_sample.write(tmp_path / "exercises")


def problems_of(raw: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(InvalidInput) as caught:
        submissions.load(raw.encode() if isinstance(raw, str) else raw, "my_heads.yaml")
    assert caught.value.exit_code == 2
    return caught.value.problems


@pytest.mark.parametrize(("raw", "code", "line", "column", "words"), ONE_MISTAKE.values(), ids=ONE_MISTAKE.keys())
def test_one_mistake_is_one_problem_at_its_place(
    raw: str | bytes, code: str, line: int, column: int, words: str
) -> None:
    problems = problems_of(raw)

    assert [(problem.code, problem.line, problem.column) for problem in problems] == [(code, line, column)]
    assert words in problems[0].message
    assert problems[0].message.isprintable()
    assert len(problems[0].message) < 400


GOOD_ONES = {
    "as it is": GOOD,
    "a byte order mark": b"\xef\xbb\xbf" + GOOD.encode(),
    "CRLF": GOOD.replace("\n", "\r\n"),
    "a document mark": "---\n" + GOOD + "...\n",
    "a directive": "%YAML 1.2\n---\n" + GOOD,
    "braces": rest("type: positional"),
    "the default said": GOOD + "    offset: -1\n",
    "another spelling": rest("type: previous_token"),
    "comments": "# mine\n" + GOOD + "# end",
    "JSON": '{"exercise": "sample-heads",\n\t"claims": [{"layer": 1, "head": 5, "type": "positional"}]}',
    "null for what may be left out": GOOD + "    note:\nstudent: ~\n",
    "no newline at the end": GOOD.rstrip(),
}


@pytest.mark.parametrize("raw", GOOD_ONES.values(), ids=GOOD_ONES.keys())
def test_the_same_claim_however_it_is_written(raw: str | bytes) -> None:
    submission, exercise = submissions.load(raw.encode() if isinstance(raw, str) else raw)

    assert exercise.id == "sample-heads"
    assert submission == Submission.model_validate(
        {"exercise": "sample-heads", "claims": ({"layer": 1, "head": 5, "type": "positional"},)}
    )


def test_a_kind_that_the_exercise_does_not_ask_for_is_no_mistake_here() -> None:
    submission, exercise = submissions.load(rest("type: rare_token").encode())

    assert exercise.asked(submission.claims[0].kind) is None


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    raw = """\
exercise: sample-head
student: 1
claims:
  - {layer: 5.10, head: 12, type: previus_token}
  - {layer: "5", head: 5, type: induction, evidance: x}
  - {layer: 1, head: 5}
"""

    assert [(problem.code, problem.line, problem.where) for problem in problems_of(raw)] == [
        ("unknown-exercise", 1, "exercise"),
        ("wrong-type", 2, "student"),
        ("head-notation", 4, "claims[0].layer"),
        ("unknown-type", 4, "claims[0].type"),
        ("wrong-type", 5, "claims[1].layer"),
        ("unknown-key", 5, "claims[1].evidance"),
        ("missing-key", 6, "claims[2].type"),
    ]


def test_what_shows_only_beside_the_exercise_is_told_together_with_the_rest() -> None:
    raw = (
        HEADER
        + """\
  - {layer: 12, head: 99999, type: previus_token}
  - {layer: 1, head: 5, type: induction}
  - {layer: 1, head: 5, type: induction, evidence: "?"}
  - {layer: 1, head: 5, type: next_token}
"""
    )

    assert [(problem.code, problem.line, problem.where) for problem in problems_of(raw)] == [
        ("no-such-head", 3, "claims[0].layer"),
        ("no-such-head", 3, "claims[0].head"),
        ("unknown-type", 3, "claims[0].type"),
        ("duplicate-claim", 5, "claims[2]"),
        ("no-words", 5, "claims[2].evidence"),
        ("looks-ahead", 6, "claims[3].type"),
    ]


def test_a_thousand_claims_and_one_are_too_many_for_the_record_and_for_the_exercise() -> None:
    problems = problems_of(HEADER + "  - {layer: 1, head: 1, type: induction}\n" * 1001)

    assert [(problem.code, problem.line) for problem in problems][:2] == [("too-long", 3), ("duplicate-claim", 4)]
    assert "the limit is 1000" in problems[0].message
    assert len(problems) == documents.PROBLEMS_LIMIT + 1
    assert ("too-many-claims", 15) in [(problem.code, problem.line) for problem in problems]


def test_as_many_claims_as_the_budget_are_fine() -> None:
    raw = HEADER + "".join(f"  - {{layer: 1, head: {head}, type: induction}}\n" for head in range(12))

    submission, exercise = submissions.load(raw.encode())

    assert len(submission.claims) == exercise.budget


def test_a_file_that_is_a_byte_too_long_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "my_heads.yaml").write_text(GOOD + "#" * (documents.SIZE_LIMIT + 1 - len(GOOD)))

    with pytest.raises(InvalidInput, match="the limit is 256 KB"):
        submissions.load(tmp_path / "my_heads.yaml")


def test_the_lines_name_the_source() -> None:
    with pytest.raises(InvalidInput) as caught:
        submissions.load(b"", "my_heads.yaml")

    assert caught.value.lines() == ["my_heads.yaml:1:1: the file is empty [empty]"]


def test_a_file_is_called_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "my_heads.yaml").write_text(GOOD.replace("head:", "haed:"))

    with pytest.raises(InvalidInput, match=r"my_heads\.yaml:4:5: unknown key `haed`"):
        submissions.load(tmp_path / "my_heads.yaml")


@pytest.mark.parametrize("name", ["nowhere.yaml", "."])
def test_a_file_that_cannot_be_read_is_bad_input(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match=r"cannot be read: .* \[unreadable\]"):
        submissions.load(tmp_path / name)


def test_the_exercise_given_from_outside_takes_the_place_of_the_one_inside(tmp_path: Path, sample: Path) -> None:
    missing = GOOD.partition("\n")[2].encode()
    other = GOOD.replace("sample-heads", "No/Such").encode()

    for raw in (missing, other):
        assert submissions.load(raw, exercise_override="sample-heads")[0].exercise == "sample-heads"
        assert submissions.load(raw, exercise_override=sample)[0].exercise == "sample-heads"


def test_an_exercise_that_is_at_fault_is_not_the_students_mistake(sample: Path) -> None:
    (sample / "exercise.yaml").write_text("id: sample-heads\n")

    with pytest.raises(ExerciseError, match="`version` is missing"):
        submissions.load(GOOD.encode())


def test_an_encoder_may_look_ahead(tmp_path: Path) -> None:
    text = exercise_sample.TEXT.replace("decoder", "encoder").replace("sample-heads", "encoder-heads")
    exercise_sample.write(tmp_path / "exercises", text, "encoder-heads")
    raw = rest("type: next_token").replace("sample-heads", "encoder-heads")

    assert submissions.load(raw.encode())[0].claims[0].offset == 1


def test_reading_alone_needs_no_exercise() -> None:
    assert submissions.read(GOOD.replace("sample-heads", "nowhere").encode(), "x").exercise == "nowhere"


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from grader.exercises import submissions; "
        "print([m for m in ('torch', 'numpy', 'transformers') if m in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=True
    )

    assert done.stdout.strip() == "[]"
