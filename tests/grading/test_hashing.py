import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.grading.grade import grade
from grader.grading.hashing import canonical, content_hash
from grader.grading.standings import Standings
from grader.schema import Evidence, Report, Submission
from tests.support.planted_tables import claim, exercise, table

STORED = Path(__file__).with_name("stored_reports.jsonl")
"""Reports of an earlier version, one on each line, as its ledger kept them."""
ASKED = exercise()
STANDINGS = Standings(
    ASKED,
    table(
        ASKED,
        {
            "positional:-1": {(0, 0): 0.95, (0, 1): 0.39, (1, 1): 1},
            "induction": {(0, 1): 1 / 3, (1, 0): 0.9},
            "syntactic:verb_subject": {(0, 0): 0.8, (1, 1): 0.61},
        },
        half_width=0.02,
    ),
)
WORDS = st.text(max_size=8) | st.sampled_from(["%s %", '"verdicts":[]', "\0", "\\u0000", "\u2028"])
FRACTIONS = st.none() | st.floats(0, 1)
CLAIMS = st.builds(
    claim,
    st.integers(0, 2),
    st.sampled_from([0, 1, 7]),
    st.sampled_from(["positional", "induction", "syntactic", "semantic"]),
    note=st.none() | WORDS,
    evidence=st.none() | WORDS.filter(bool),
)
EVIDENCE = st.builds(
    Evidence, text=WORDS, tokens=st.lists(WORDS, max_size=2).map(tuple), share=FRACTIONS, hit_rate=FRACTIONS
)
SUBMISSIONS = st.builds(
    Submission,
    exercise=st.just(ASKED.id),
    student=st.sampled_from([None, "ada", "J\u00fcrgen"]),
    claims=st.lists(CLAIMS, min_size=1, max_size=9).map(tuple),
    gallery=st.just(True),
    gallery_name=st.none() | st.just("Z\u00f6e"),
)


def a_report(**changes: object) -> Report:
    content: dict[str, object] = {
        "grader_version": "0.1.0",
        "exercise": "mini-heads",
        "exercise_version": 1,
        "transformer": "mini-gpt2",
        "transformer_digest": "a" * 64,
        "seed": 7,
        "table": "b" * 64,
        "student": "ada",
        "feedback": "all",
        "borderline": "in_favour",
        "wanted": {},
        "verdicts": (),
        "points": 0.0,
        "possible": 60.0,
        "score": 0.1 + 0.2,
        "luck": 1.0,
        "kinds_confirmed": 0,
        "gradable": True,
        "passed": False,
        "xp": 0,
    }
    return Report.model_validate(content | changes)


def test_the_hash_is_of_everything_but_itself() -> None:
    report = a_report()
    hashed = report.model_copy(update={"content_hash": content_hash(report)})

    assert "content_hash" not in json.loads(canonical(report))
    assert canonical(hashed) == canonical(report)
    assert content_hash(hashed) == content_hash(report)
    assert content_hash(a_report(seed=8)) != content_hash(report)
    assert content_hash(a_report(score=0.3)) != content_hash(report)


def test_a_report_read_back_has_the_same_bytes() -> None:
    """Points may be given as an integer, which is read back as a floating point number."""
    report = a_report().model_copy(update={"points": 0, "luck": 1})

    assert canonical(Report.model_validate_json(report.model_dump_json())) == canonical(report)


@given(SUBMISSIONS, st.dictionaries(st.integers(0, 9), EVIDENCE, max_size=3))
def test_a_report_just_made_has_the_hash_of_its_canonical_bytes(
    submission: Submission, evidence: dict[int, Evidence]
) -> None:
    report = grade(submission, ASKED, STANDINGS.table, evidence, STANDINGS)

    assert report.content_hash == content_hash(report)
    assert report.content_hash == content_hash(Report.model_validate_json(report.model_dump_json()))


@pytest.mark.parametrize("line", STORED.read_bytes().splitlines(), ids=["planted", "budget", "shipped"])
def test_reports_that_were_stored_before_still_verify(line: bytes) -> None:
    report = Report.model_validate_json(line)

    assert content_hash(report) == report.content_hash
    assert canonical(report) == json.dumps(
        {key: value for key, value in json.loads(line).items() if key != "content_hash"},
        sort_keys=True,
        separators=(",", ":"),
    ).encode("ascii")


def test_the_bytes_are_sorted_compact_ascii() -> None:
    text = canonical(a_report(student="J\u00fcrgen")).decode("ascii")

    assert text.startswith('{"borderline":"in_favour","exercise":"mini-heads","exercise_version":1,')
    assert r"J\u00fcrgen" in text
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_the_bytes_are_the_same_in_another_process() -> None:
    report = a_report()
    script = (
        "import sys; from grader.grading.hashing import content_hash; from grader.schema import Report; "
        "print(content_hash(Report.model_validate_json(sys.stdin.read())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=report.model_dump_json(), capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == content_hash(report)
