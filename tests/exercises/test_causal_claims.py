"""Causal evidence in exercise files and submissions: what is taken, and what is a problem, with its place."""

from pathlib import Path

import pytest

from grader import exercises
from grader.authoring.checking import CheckedExercise
from grader.base.errors import ExerciseError, InvalidInput, Problem
from grader.exercises import submissions, versions
from grader.exercises.changes import changed, differences
from grader.grading.grade import grade
from grader.grading.mattering import needs_causal
from grader.kinds import TYPES
from grader.schema import Claim, Exercise, Feeds
from grader.schema.content import claims_hash, hash_of_written, identity
from tests.support.exercise_sample import ID, TEXT, write
from tests.support.planted_causes import BACK, SCORES, TRUE_HEADS, Planted
from tests.support.planted_tables import table

ASKS = """\
id: planted-heads
version: 1
title: Heads that matter
transformer: {name: planted, family: decoder, layers: 5, heads: 5, bundled: planted}
probes: {seed: 7}
budget: 9
wrong_costs: 10
kinds_needed: 2
kinds:
  - {type: positional, heads: 1, points: 20, passing: 1, evidence: needed}
  - type: induction
    heads: 3
    points: 30
    passing: 5
    evidence: needed
    needed_at: 0.2
    circuits: {wanted: 1, points: 10, passing: 5, pairs: 25}
"""
WHOLE = """\
exercise: planted-heads
claims:
  - {layer: 0, head: 3, type: previous_token, matters: alone}
  - layer: 1
    head: 0
    type: induction
    matters: together
    companions: [{layer: 1, head: 1}, {layer: 1, head: 2}]
    feeds: {from: {layer: 0, head: 3}, to: {layer: 1, head: 0}, into: key}
  - {layer: 1, head: 1, type: induction, matters: together}
  - {layer: 1, head: 2, type: induction, matters: together}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, ASKS, "planted-heads")


def problems_of(text: str, folder: Path) -> list[Problem]:
    with pytest.raises(InvalidInput) as caught:
        submissions.load(text.encode(), exercise_override=folder)
    return list(caught.value.problems)


def test_a_whole_submission_is_read_and_earns_every_point(folder: Path) -> None:
    submission, exercise = submissions.load(WHOLE.encode(), exercise_override=folder)
    report = grade(submission, exercise, table(exercise, SCORES), causal=Planted())

    assert needs_causal(exercise, submission.claims)
    assert [verdict.outcome for verdict in report.verdicts] == ["confirmed"] * 4
    assert (report.points, report.possible, report.xp, report.passed) == (60, 60, 60, True)
    assert [without.kind.name for without in report.without] == ["induction"]


CLAIM = "exercise: planted-heads\nclaims:\n  - {{layer: 1, head: 0, type: induction, {}}}\n"
"""The rest begins at column 42."""
AFTER = "  - {layer: 1, head: 1, type: induction, matters: together}\n"
FEEDS = "feeds: {{from: {{layer: {}, head: {}}}, to: {{layer: 1, head: 0}}, into: {}}}"


@pytest.mark.parametrize(
    ("rest", "code", "column", "words"),
    [
        ("matters: maybe", "unknown-matters", 51, "allowed: alone, together"),
        ("matters: together", "no-companions", 51, "write `matters: alone`"),
        ("companions: [{layer: 1, head: 1}]", "does-not-fit", 54, "`companions` are for `matters: together`"),
        (
            "matters: together, companions: [{layer: 1, head: 1}]",
            "companion-not-claimed",
            74,
            "names L1H1, which is not claimed as induction here; claim it as well",
        ),
        (
            "matters: together, companions: [{layer: 1, head: 9}]",
            "no-such-head",
            91,
            "L1H9 does not exist in planted: heads are 0 to 4",
        ),
        (FEEDS.format(0, 3, "value"), "unknown-into", 108, "not where it looks; write key or query"),
        (FEEDS.format(0, 3, "keys"), "unknown-into", 108, "did you mean `key`?"),
        (FEEDS.format(0, 7, "key"), "no-such-head", 73, "L0H7 does not exist in planted: heads are 0 to 4"),
        (FEEDS.format(1, 3, "key"), "does-not-fit", 49, "L1H3 cannot feed L1H0: only a head of an earlier layer can"),
        ("feeds: {from: L0H3, to: {layer: 1, head: 0}, into: key}", "wrong-type", 56, "write layer: 0, head: 3"),
        (
            "feeds: {from: {layer: 0, head: 3}, to: {layer: 2, head: 0}, into: key}",
            "does-not-fit",
            49,
            "claim it on one of them, not on L1H0",
        ),
        ("feeds: {from: {layer: 0, head: 3}, into: key}", "missing-key", 49, "`to` is missing in claims[0].feeds"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_to_do(
    rest: str, code: str, column: int, words: str, folder: Path
) -> None:
    first, *_ = problems = [each for each in problems_of(CLAIM.format(rest), folder) if each.code == code]

    assert len(problems) == 1
    assert (first.line, first.column) == (3, column)
    assert words in first.message


def test_another_claim_that_says_together_is_a_companion(folder: Path) -> None:
    text = CLAIM.format("matters: together") + AFTER

    assert len(submissions.load(text.encode(), exercise_override=folder)[0].claims) == 2


def test_a_circuit_counts_as_a_claim_of_the_budget(tmp_path: Path) -> None:
    small = write(tmp_path, ASKS.replace("budget: 9", "budget: 4"), "planted-heads")
    (problem,) = problems_of(WHOLE, small)

    assert (problem.code, problem.line, problem.column) == ("too-many-claims", 11, 5)
    assert "5 claims, each `feeds` counted as one more, but planted-heads takes 4 at most" in problem.message


@pytest.mark.parametrize(
    ("rest", "code", "words"),
    [
        ("matters: alone", "matters-not-asked", "leave `matters` and `companions` out"),
        ("feeds: {from: {layer: 0, head: 3}, to: {layer: 1, head: 0}, into: key}", "feeds-not-asked", "leave it out"),
    ],
)
def test_what_the_exercise_does_not_ask_for_is_a_problem(rest: str, code: str, words: str, tmp_path: Path) -> None:
    plain = write(tmp_path, TEXT)
    (problem,) = problems_of(CLAIM.format(rest).replace("planted-heads", ID), plain)

    assert (problem.code, problem.line) == (code, 3)
    assert words in problem.message


def test_a_kind_that_is_not_asked_at_all_is_left_to_grading(folder: Path) -> None:
    text = CLAIM.format("matters: alone").replace("induction", "duplicate_token")
    submission, exercise = submissions.load(text.encode(), exercise_override=folder)
    (verdict,) = grade(submission, exercise, table(exercise, SCORES)).verdicts

    assert verdict.why_not == "not_asked"


def test_an_exercise_asks_for_needed_heads_only_of_kinds_with_a_measure(tmp_path: Path) -> None:
    without = [name for name, each in TYPES.items() if each.causal == ""]
    for name in without:
        text = TEXT.replace("type: positional", f"type: {name}, evidence: needed")
        with pytest.raises(ExerciseError, match=f"there is no causal measure for {name}"):
            exercises.read(_file(tmp_path, text))
    assert exercises.read(_file(tmp_path, ASKS)).kinds[1].causal


def test_circuits_that_do_not_fit_are_an_error_with_their_place(tmp_path: Path) -> None:
    text = ASKS.replace("pairs: 25", "pairs: 4")

    with pytest.raises(ExerciseError, match=r"17:48: `passing` is 5, but there are 4 pairs"):
        exercises.read(_file(tmp_path, text))


def _file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "draft.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_claims_say_the_same_with_and_without_the_new_keys() -> None:
    old = Claim.model_validate({"layer": 1, "head": 5, "type": "induction"})
    feeds = Feeds.model_validate({"from": {"layer": 0, "head": 3}, "to": {"layer": 1, "head": 5}, "into": "key"})

    assert set(old.model_dump()) == {*Claim.model_fields} - {"matters", "companions", "feeds"}
    assert claims_hash([old]) == hash_of_written([{"layer": 1, "head": 5, "type": "induction"}])
    assert len({claims_hash([old.model_copy(update=more)]) for more in _ways(feeds)}) == 4


def _ways(feeds: Feeds) -> list[dict[str, object]]:
    turned = feeds.model_copy(update={"into": "query"})
    return [{}, {"matters": "alone"}, {"feeds": feeds}, {"feeds": turned}]


def test_a_kept_report_is_known_by_its_claims_again(folder: Path) -> None:
    submission, exercise = submissions.load(WHOLE.encode(), exercise_override=folder)
    report = grade(submission, exercise, table(exercise, SCORES), causal=Planted())
    kept = type(report).model_validate_json(report.model_dump_json())

    assert identity(kept) == identity(report) == claims_hash(submission.claims)
    assert kept.content_hash == report.content_hash


@pytest.fixture
def asked(tmp_path: Path) -> Exercise:
    return exercises.read(_file(tmp_path, ASKS))


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("induction.needed_at=0.3", "induction needed_at 0.2 -> 0.3"),
        ("induction.evidence=pattern", "induction evidence needed -> pattern"),
        ("induction.circuits.points=8", "induction circuits points 10 -> 8"),
        ("induction.circuits.left_at_most=0.4", "induction circuits left_at_most 0.5 -> 0.4"),
    ],
)
def test_an_instructor_tries_out_changes_which_need_another_version(asked: Exercise, setting: str, told: str) -> None:
    after = changed(asked, [setting])

    assert differences(asked, after) == [told]
    same_version = after.model_copy(update={"version": asked.version})
    assert versions.edits(versions.text(asked), same_version) == [told]


def test_circuits_can_be_tried_out_where_there_are_none(asked: Exercise) -> None:
    settings = [f"positional.circuits.{key}={value}" for key, value in {"wanted": 1, "points": 5, "passing": 1}.items()]

    with pytest.raises(InvalidInput, match="`pairs` is missing"):
        changed(asked, settings)
    after = changed(asked, [*settings, "positional.circuits.pairs=20"])
    assert differences(asked, after) == ["positional:-1 circuits are asked for"]
    assert differences(after, asked) == ["positional:-1 circuits are asked for no longer"]


def test_an_exercise_from_before_keeps_what_its_version_is(tmp_path: Path) -> None:
    old = exercises.read(_file(tmp_path, TEXT))

    for key in ("evidence", "needed_at", "circuits", "causal_sequences"):
        assert key not in versions.text(old)
        assert key not in old.model_dump_json()


def test_a_check_says_that_circuits_are_not_counted(asked: Exercise) -> None:
    lines = CheckedExercise(Path("planted-heads"), asked, (), ()).lines()

    assert [line for line in lines if "circuits" in line] == [
        "  `passing` of circuits is not checked, because each head would be traced; for one head, run: grade trace "
        "planted-heads L H"
    ]


def test_the_planted_heads_are_as_the_exercise_says(asked: Exercise) -> None:
    assert [kind.passing for kind in asked.kinds] == [1, len(TRUE_HEADS)]
    assert BACK[0] < TRUE_HEADS[0][0]
