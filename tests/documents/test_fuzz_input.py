"""Any input gives a valid submission, or problems with a line and a column, and does so quickly."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader import documents, exercises
from grader.base.errors import InvalidInput, Problem
from grader.exercises import submissions
from grader.schema import Exercise, Submission
from tests.support import exercise_sample
from tests.support.submission_mistakes import GOOD, ONE_MISTAKE

SLOWEST_SECONDS = 10.0
"""The most seconds for one input: far more than a slow machine needs, far less than a hang."""

fuzz = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

PIECES = [
    *("exercise", "claims", "student", "layer", "head", "type", "offset", "relation", "direction", "note", "evidence"),
    *("sample-heads", "positional", "syntactic", "next_token", "verb_subject", "5.10", "L5H10", "1e400", ".nan", "yes"),
    *(
        ": ",
        ":",
        "- ",
        "\n",
        "\n  ",
        "\n\t",
        " ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        '"',
        "|",
        ">",
        "?",
        "#",
        "%",
        "---",
        "...",
    ),
    *(
        "&a",
        "*a",
        "!!str ",
        "!x ",
        "<<",
        "\\",
        "\\ud83d\\ude00",
        "\0",
        "\x1b",
        "\x85",
        "\u2028",
        "\ufeff",
        "😀",
        "\r",
        "~",
    ),
]
REPEATED = [
    *("- ", "[", "{", "a: ", "? ", "a\n", "'", '"', "\\", ": ", "- - ", "[],", "{},", "- a\n", "a: b\n", "&a ", "!a "),
    *(
        "|\n",
        "#\n",
        " ",
        "\t",
        "\n",
        "é",
        "😀",
        "\\ud83d\\ude00",
        "a: {b: [",
        '{"a":',
        "- {layer: 1}\n",
        ", ",
        "%a\n",
        "\u3000",
        "{a\uff1a ",
        "- a\uff1a1\n",
        "(9,",
        "<<: ",
    ),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-70, 1100)
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(PIECES)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module", autouse=True)
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The sample exercise, in the folder that submissions use."""
    root = tmp_path_factory.mktemp("exercises")
    exercise_sample.write(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_EXERCISES", str(root))
        yield root


def assert_read_or_explained(raw: bytes) -> None:
    """Assert that the bytes give a valid submission, or problems that all have a place and a message."""
    try:
        submission, exercise = submissions.load(raw, "fuzz.yaml")
    except InvalidInput as error:
        assert_are_explained(error.problems, raw)
    else:
        assert_keeps_its_word(submission, exercise)


def assert_are_explained(problems: Sequence[Problem], raw: bytes) -> None:
    """Assert that each problem has a place inside the input and a message of one line."""
    assert problems
    for problem in problems:
        assert problem.code
        assert problem.message.isprintable()
        assert problem.line is not None
        assert 1 <= problem.line <= 1 + raw.count(b"\n") + raw.count(b"\r")
        assert problem.column is not None
        assert 1 <= problem.column <= len(raw) + 1


def assert_keeps_its_word(submission: Submission, exercise: Exercise) -> None:
    """Assert everything that grading relies on."""
    assert Submission.model_validate_json(submission.model_dump_json()) == submission
    assert submission.exercise == exercise.id
    assert 1 <= len(submission.claims) <= exercise.budget
    places = [(claim.layer, claim.head, claim.kind.name) for claim in submission.claims]
    assert len(set(places)) == len(places)
    for claim in submission.claims:
        assert 0 <= claim.layer < exercise.transformer.layers
        assert 0 <= claim.head < exercise.transformer.heads
        assert not exercises.beyond_decoder(claim.kind, exercise.transformer)
        assert (claim.offset is not None) == (claim.type == "positional")
        assert (claim.relation is not None) == (claim.type == "syntactic")


@fuzz
@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf\xef\xbb\xbf")
@example(b"\xff\xfe")
def test_any_bytes(raw: bytes) -> None:
    assert_read_or_explained(raw)


@fuzz
@given(st.text(max_size=200))
@example("\u2028: \x85")
@example("%TAG ! tag:x,2000:\n---\n!y z")
def test_any_text(text: str) -> None:
    assert_read_or_explained(text.encode("utf-8", "surrogatepass"))


@fuzz
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_any_heap_of_yaml_pieces(pieces: list[str]) -> None:
    assert_read_or_explained("".join(pieces).encode())


@fuzz
@given(st.data())
def test_a_submission_with_pieces_put_in_and_taken_out(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([GOOD, *(raw for raw, *_ in ONE_MISTAKE.values() if isinstance(raw, str))]))[:2000]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 8)))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:]

    assert_read_or_explained(text.encode())


@fuzz
@given(st.data())
def test_a_submission_with_any_values(data: st.DataObject) -> None:
    claims: list[Any] = [
        {"layer": 1, "head": 2, "type": "positional"},
        {"layer": 3, "head": 4, "type": "syntactic", "relation": "verb_subject", "note": "😀"},
        {"layer": 5, "head": 6, "type": "induction", "evidence": "a b a b"},
    ]
    whole: Any = {"exercise": "sample-heads", "claims": claims}
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.sampled_from([whole, *claims]))
        key = data.draw(st.sampled_from([*place, "offset", "direction", "student"]) | st.text(max_size=8))
        if data.draw(st.booleans()):
            place[key] = data.draw(VALUES)
        else:
            place.pop(key, None)

    assert_read_or_explained(json.dumps(whole, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass"))


@fuzz
@given(VALUES)
def test_json_is_read_as_json_reads_it_or_refused(value: object) -> None:
    text = json.dumps({"a": value})
    try:
        data = documents.parse(text.encode(), "fuzz.json", documents.SIZE_LIMIT)
    except InvalidInput:
        return

    if not data.problems:
        assert data.data == {"a": _as_read(value)}


def _as_read(value: object) -> object:
    if isinstance(value, dict):
        return {key: _as_read(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_as_read(inner) for inner in value)
    if isinstance(value, float) and str(value) in ("nan", "inf", "-inf"):
        return json.dumps(value)  # NaN and Infinity are no JSON; here they are words
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


@pytest.mark.parametrize("piece", REPEATED)
@pytest.mark.parametrize("before", ["", "exercise: sample-heads\nclaims:\n", "{", '{"claims": ["'])
def test_no_input_of_the_largest_size_takes_long(before: str, piece: str) -> None:
    raw = (before + piece * documents.SIZE_LIMIT).encode()[: documents.SIZE_LIMIT].decode(errors="ignore").encode()

    started = time.process_time()
    assert_read_or_explained(raw)

    assert time.process_time() - started < SLOWEST_SECONDS
