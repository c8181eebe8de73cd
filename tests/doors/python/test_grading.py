"""Claims that a program makes get the report that `grade submit` makes of the same ones, and leave no trace."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import grader
from grader.base.files import read_cache
from grader.grading.hashing import content_hash
from grader.measuring.tables.score_table import ScoreTable
from grader.report.formats import json
from tests.cli.conftest import ID, KINDS, Bench, written

TEXT = "the king near the old bridge waits and the king near the old bridge waits"


def of_best(bench: Bench, kind: str, **more: str) -> dict[str, Any]:
    """A claim about the best head of a kind."""
    layer, head = bench.best[kind]
    return {**yaml.safe_load(bench.claim(kind)), "layer": layer, "head": head, **more}


def passing(bench: Bench) -> list[dict[str, Any]]:
    claims = [of_best(bench, kind) for kind in KINDS]
    claims[0] |= {"note": "one bright line: <b>&</b>", "evidence": TEXT}
    return claims


def handed_in(bench: Bench, home: Path, folder: Path, claims: list[dict[str, Any]], name: str = ID) -> str:
    """What `grade submit` prints as JSON for these claims."""
    file = folder / "claims.yaml"
    file.write_text(yaml.safe_dump({"exercise": name, "student": "ada", "claims": claims}))
    done = bench.grade(home, "submit", file, "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_the_report_is_that_of_grade_submit_byte_for_byte(
    bench: Bench, home: Path, exercise: grader.Exercise, tmp_path: Path
) -> None:
    claims = [*passing(bench)[:3], {"layer": 2, "head": 5, "type": "semantic"}]
    report = grader.grade(exercise, claims, student="ada")

    assert json.render(report) == handed_in(bench, home, tmp_path, claims)
    assert [each.outcome for each in report.verdicts] == ["confirmed"] * 3 + ["not_graded"]
    assert report.content_hash == content_hash(report)
    assert report.verdicts[0].evidence is not None


def test_whatever_the_claims_are_made_of_the_report_is_the_same(bench: Bench, exercise: grader.Exercise) -> None:
    claims = passing(bench)
    records = [grader.Claim.model_validate(claim) for claim in claims]
    submission = grader.Submission(exercise=ID, student="ada", claims=records)  # type: ignore[arg-type]  # a list
    numbers = [{**claim, "layer": np.int64(claim["layer"]), "head": np.int8(claim["head"])} for claim in claims]
    expected = grader.grade(exercise, claims, student="ada")

    assert expected.passed
    for same in (records, tuple(claims), iter(records), numbers, [records[0], *claims[1:]]):
        assert grader.grade(exercise, same, student="ada") == expected
    assert grader.grade(exercise, submission) == expected
    assert grader.grade(exercise, submission, student="eve").student == "eve"
    assert grader.grade(exercise, claims).student is None


def test_nothing_is_written_but_what_is_measured(
    bench: Bench, home: Path, exercise: grader.Exercise, capfd: pytest.CaptureFixture[str]
) -> None:
    before = {file for file in home.rglob("*") if file.is_file()}
    grader.grade(exercise, passing(bench))
    grader.grade(exercise, passing(bench))
    new = {file for file in home.rglob("*") if file.is_file()} - before

    assert [file.parent.name for file in new if file.suffix != ".code"] == ["evidence"]
    assert capfd.readouterr() == ("", "")


def test_what_is_measured_once_is_kept_where_the_command_line_keeps_it(
    bench: Bench, tmp_path: Path, exercise: grader.Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "cold"
    monkeypatch.setenv("GRADER_HOME", str(home))
    report = grader.grade(exercise, passing(bench)[1:])
    code, names = bench.imported(home, "submit", bench.passing(tmp_path))

    (kept,) = (home / "tables").glob("*.json")
    assert ScoreTable.model_validate_json(read_cache(kept) or b"").key == report.table
    assert code == 0
    assert "torch" not in names


def test_a_warm_exercise_needs_no_torch(bench: Bench, home: Path, exercise: grader.Exercise) -> None:
    code = (
        "import sys, grader; exercise = grader.load_exercise(sys.argv[1]);"
        "report = grader.grade(exercise, [grader.Claim(layer=0, head=1, type='induction')]); report._repr_html_();"
        "grader.scan(exercise)._repr_html_(); print(sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = bench.python(home, "-c", code, exercise.id)

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_weights_that_lie_elsewhere_are_named(
    bench: Bench, exercise: grader.Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = grader.grade(exercise, passing(bench))
    monkeypatch.delenv("GRADER_TRANSFORMER_TINY")

    with pytest.raises(grader.GraderError, match="GRADER_TRANSFORMER_TINY"):
        grader.grade(exercise, passing(bench))
    assert grader.grade(exercise, passing(bench), transformer=bench.root / "tiny") == expected
    assert grader.grade(exercise, passing(bench), transformer=str(bench.root / "tiny")) == expected


WRONG = {
    "head": ([{"layer": 0, "head": 8}], "claims[0].head: L0H8 does not exist in tiny: heads are 0 to 7 [no-such-head]"),
    "layer": ([{"layer": 3, "head": 0}], "claims[0].layer: L3H0 does not exist in tiny: layers are 0 to 2"),
    "negative": ([{"layer": -1, "head": 0}], "claims[0].layer: L-1H0 does not exist in tiny"),
    "repeated": (
        [{"layer": 0, "head": 1}, {"layer": 0, "head": 2}, {"layer": 0, "head": 1}],
        "claims[2]: L0H1 as induction is claimed already, as claims[0]; claim it once [duplicate-claim]",
    ),
    "too many": ([{"layer": 0, "head": head} for head in range(6)], "claims[5]: 6 claims, but tiny-heads takes 5 at"),
    "ahead": ([{"layer": 0, "head": 0, "type": "next_token"}], "claims[0].type: positional:+1 looks ahead, but tiny"),
    "offset ahead": ([{"layer": 0, "head": 0, "type": "positional", "offset": 2}], "claims[0].offset: positional:+2"),
    "type": ([{"layer": 0, "head": 0, "type": "inducton"}], "claims[0].type: `type` cannot be `inducton`; allowed:"),
    "meant": ([{"layer": 0, "head": 0, "type": "inducton"}], "did you mean `induction`? [unknown-type]"),
    "key": (
        [{"layer": 0, "heads": 0, "type": "semantic"}],
        "claims[0].heads: unknown key `heads` in claims[0]",
    ),
    "missing": ([{"layer": 0}], "claims[0].head: `head` is missing in claims[0]; required: layer, head, type"),
    "text": ([{"layer": "0", "head": 0}], "claims[0].layer: `layer` must be a whole number, not `0`, which is text"),
    "part": ([{"layer": 0.5, "head": 0}], "claims[0].layer: "),
    "no words": ([{"layer": 0, "head": 0, "evidence": "..."}], "claims[0].evidence: `evidence` has no words: `...`"),
    "none": ([], "claims: `claims` needs at least 1 item [too-short]"),
    "no claim": ([3], "claims[0]: `claims[0]` must be a mapping with `layer:`, `head:`, `type:`, not `3`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_claim_that_cannot_be_graded_is_named(case: str, exercise: grader.Exercise) -> None:
    claims, message = WRONG[case]
    given: list[Any] = [{"type": "induction", **claim} if isinstance(claim, dict) else claim for claim in claims]

    with pytest.raises(grader.InvalidInput) as refused:
        grader.grade(exercise, given)
    assert f"grader.grade: {message}" in str(refused.value) or message in str(refused.value)
    assert all(problem.line is None for problem in refused.value.problems)


def test_every_problem_is_told_at_once(exercise: grader.Exercise) -> None:
    claims = [{"layer": 0, "head": 9, "type": "induction"}, {"layer": 0, "head": 1, "type": "inductive"}]

    with pytest.raises(grader.InvalidInput) as refused:
        grader.grade(exercise, [*claims, grader.Claim(layer=7, head=0, type="semantic")])
    assert {problem.where for problem in refused.value.problems} == {
        "claims[0].head",
        "claims[1].type",
        "claims[2].layer",
    }


def test_a_student_whose_name_is_none_and_a_submission_to_another_exercise_are_refused(
    exercise: grader.Exercise,
) -> None:
    claim = grader.Claim(layer=0, head=0, type="induction")
    other = grader.Submission(exercise="mini-heads", claims=(claim,))

    with pytest.raises(grader.InvalidInput, match="student: `student` is `a"):
        grader.grade(exercise, [claim], student="a\nb")
    with pytest.raises(grader.InvalidInput, match="the submission answers `mini-heads`, not `tiny-heads`"):
        grader.grade(exercise, other)


def test_there_is_no_such_exercise() -> None:
    with pytest.raises(grader.GraderError, match=r"there is no exercise mini-haeds; .*mean `mini-heads`"):
        grader.load_exercise("mini-haeds")


def test_an_exercise_is_loaded_from_its_folder_as_well(exercise: grader.Exercise, bench: Bench) -> None:
    folder = bench.root / "exercises" / ID

    assert grader.load_exercise(folder) == grader.load_exercise(folder / "exercise.yaml") == exercise


def test_it_is_a_report_like_any_other(bench: Bench, exercise: grader.Exercise) -> None:
    report = grader.grade(exercise, passing(bench), student="ada")
    plain = grader.Report.model_validate_json(report.model_dump_json())

    assert isinstance(report, grader.Report)
    assert type(plain) is grader.Report
    assert report == plain
    assert plain == report
    assert report != plain.model_copy(update={"student": "eve"})
    assert report != "a report"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])  # noqa: S301
def test_copies_and_those_of_other_processes_still_show_themselves(
    copied: Any,  # noqa: ANN401
    bench: Bench,
    exercise: grader.Exercise,
) -> None:
    report = grader.grade(exercise, passing(bench), student="ada")
    other = copied(report)

    assert other == report
    assert other._repr_html_() == report._repr_html_()


def test_in_short_and_in_words(bench: Bench, exercise: grader.Exercise) -> None:
    report = grader.grade(exercise, [*passing(bench)[:2], {"layer": 0, "head": 0, "type": "semantic"}], student="ada")

    assert repr(report).startswith("<Report on tiny-heads by ada: ")
    assert repr(report).endswith(", 2 of 3 claims confirmed>")
    assert str(report).startswith("Heads of a tiny transformer\n")
    assert "is confirmed as positional, offset -1" in str(report)
    assert " by " not in repr(grader.grade(exercise, passing(bench)))


@pytest.mark.parametrize("feedback", ["verdicts", "score"])
def test_what_an_exercise_keeps_back_is_there_and_not_shown(
    feedback: str, bench: Bench, exercise: grader.Exercise
) -> None:
    reserved = grader.load_exercise(f"{exercise.id}-{feedback}")
    report = grader.grade(reserved, passing(bench), student="ada")
    shown = report._repr_html_() + str(report)

    assert report.verdicts[0].measured is not None
    assert f"{report.verdicts[0].measured.share:.2f}" not in shown
    assert "cloud-figure&quot;" not in shown


def test_a_page_shows_what_is_there_where_a_table_is_there_no_more(
    bench: Bench, home: Path, exercise: grader.Exercise
) -> None:
    report = grader.grade(exercise, passing(bench), student="ada")
    whole = report._repr_html_()
    for table in (home / "tables").glob("*.json"):
        table.unlink()

    assert "cloud-figure&quot;" in whole
    assert "cloud-figure&quot;" not in report._repr_html_()
    assert "is confirmed as" in report._repr_html_()


def test_an_exercise_that_lies_anywhere_can_be_graded(bench: Bench, exercise: grader.Exercise, tmp_path: Path) -> None:
    folder = written(tmp_path, {}, id="own-heads")
    report = grader.grade(grader.load_exercise(folder), passing(bench)[1:])

    assert report.exercise == "own-heads"
    assert report.table == grader.grade(exercise, passing(bench)[1:]).table
