"""The text of a document becomes plain data, or problems with a place, and never anything else."""

import json

import pytest
from pydantic import BaseModel

from grader import documents
from grader.base.errors import InvalidInput
from grader.documents import plain_yaml
from grader.schema import Submission

SUBMISSION = "exercise: sample-heads\nclaims:\n  - {layer: 1, head: 5, type: positional}\n"


def data_of(text: str) -> object:
    return documents.parse(text.encode(), "x.yaml", documents.SIZE_LIMIT).data


def problems_of(raw: bytes, record: type[BaseModel] = Submission) -> list[tuple[str, int | None, int | None]]:
    with pytest.raises(InvalidInput) as caught:
        documents.read(raw, "x.yaml", record)
    return [(problem.code, problem.line, problem.column) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5", 5),
        ("+1", 1),
        ("-1", -1),
        ("0", 0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("5.10", 5.1),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("NO", "NO"),
        ("on", "on"),
        ("010", "010"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23 10:00:00", "2026-11-23 10:00:00"),
        ("NaN", "NaN"),
        ("=", "="),
        ("'5'", "5"),
        ('"null"', "null"),
        ("|\n  two\n  lines", "two\nlines"),
        ("[1, [2]]", (1, (2,))),
        ("{b: 1}", {"b": 1}),
    ],
)
def test_a_value_stands_for_what_its_writer_would_expect(written: str, read: object) -> None:
    value = data_of(f"a: {written}")

    assert value == {"a": read}
    assert type(value["a"]) is type(read)  # type: ignore[index]


def test_numbers_and_words_that_are_keys_stay_as_they_are_written() -> None:
    assert data_of("5: a\nyes: b\nnull: c\n5.10: d") == {"5": "a", "yes": "b", "null": "c", "5.10": "d"}


@pytest.mark.parametrize("indent", [None, 2, "\t"])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_json_is_read_as_json_reads_it(indent: int | str | None, ascii_only: bool) -> None:
    value = {
        "a": [1, -2.5, 1e-7, True, None, ""],
        "b": {"c d": "é 😀 \\ud83d\\ude00 / \\ \" ' # : - \n\t", "😀😀": "\u2028"},
        "url": "http:\\/\\/x",
        "empty": [{}, []],
    }
    as_tuples = {**value, "a": (1, -2.5, 1e-7, True, None, ""), "empty": ({}, ())}

    assert data_of(json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == as_tuples


def test_a_column_counts_the_characters_of_the_file_though_json_escapes_take_many() -> None:
    raw = b'{"exercise": "a", "claims": ["\\ud83d\\ude00\\ud83d\\ude00", 5]}'

    assert problems_of(raw) == [("wrong-type", 1, 30), ("wrong-type", 1, 1 + raw.index(b"5]"))]


def test_escaped_pairs_shift_only_what_stands_after_them() -> None:
    pair = b"\\ud83d\\ude00"
    raw = b'{"exercise": "a", "claims": ["' + pair * 12 + b'", 5, "' + pair + b'", 6]}'

    places = [raw.index(b'"' + pair), raw.index(b"5,"), raw.index(b'"' + pair + b'"'), raw.index(b"6]")]
    assert problems_of(raw) == [("wrong-type", 1, place + 1) for place in places]


def test_a_windows_line_end_inside_json_text_is_a_line_end() -> None:
    assert data_of('{"a": "x\\r\\ny"}') == {"a": "x\ny"}


@pytest.mark.parametrize("character", [*range(9), *range(11, 32), *range(127, 160)])
def test_an_escaped_control_character_is_refused(character: int) -> None:
    document = documents.parse(b'a: "\\x%02x"' % character, "x.yaml", documents.SIZE_LIMIT)

    assert [problem.code for problem in document.problems] == ["control-character"]


def test_the_largest_number_has_eighteen_digits() -> None:
    assert data_of("a: 999999999999999999") == {"a": 10**18 - 1}
    assert documents.parse(b"a: 1000000000000000000", "x.yaml", 100).problems[0].code == "out-of-range"


def test_a_fault_that_leaves_nothing_is_told_alone() -> None:
    assert problems_of(b".nan") == [("not-finite", 1, 1)]


def test_a_byte_order_mark_takes_no_column() -> None:
    assert problems_of(b"\xef\xbb\xbfa: \xff") == [("not-utf8", 1, 4)]


def test_the_size_limit_is_the_last_size_that_is_read() -> None:
    raw = SUBMISSION.encode()
    full = raw + b"#" * (documents.SIZE_LIMIT - len(raw))

    assert documents.read(full, "x.yaml", Submission) == documents.read(raw, "x.yaml", Submission)
    assert problems_of(full + b"#") == [("too-large", 1, 1)]


def test_a_record_that_would_do_is_refused_for_a_key_given_twice() -> None:
    assert problems_of(SUBMISSION.encode() + b"exercise: a\n") == [("duplicate-key", 4, 1)]


def test_a_value_is_shown_up_to_forty_characters() -> None:
    assert documents.shown("a" * 40) == "a" * 40
    assert documents.shown("a" * 41) == "a" * 39 + "…"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_change_nothing(end: str, mark: bytes) -> None:
    good = mark + SUBMISSION.replace("\n", end).encode()
    bad = good.replace(b"layer", b"leyer")

    assert documents.read(good, "x.yaml", Submission) == documents.read(SUBMISSION.encode(), "x.yaml", Submission)
    assert problems_of(bad) == [("unknown-key", 3, 6)]


def test_columns_count_characters_not_bytes() -> None:
    raw = "{exercise: a, claims: ['é😀', 5]}".encode()

    assert problems_of(raw) == [("wrong-type", 1, 24), ("wrong-type", 1, 30)]


def test_both_parsers_read_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_yaml, "_LOADER", plain_yaml.yaml.SafeLoader)

    assert data_of(json.dumps({"a": "😀"}, indent="\t")) == {"a": "😀"}
    assert data_of(SUBMISSION)["claims"] == ({"layer": 1, "head": 5, "type": "positional"},)  # type: ignore[index]
    assert problems_of(b"exercise: a\nclaims:\n\t- b\n") == [("tab", 3, 1)]
    assert problems_of(b"exercise: a: b\n") == [("yaml-syntax", 1, 12)]
    assert problems_of(b'{"a": "\\ud83d"}') == [
        ("missing-key", 1, 1),
        ("missing-key", 1, 1),
        ("unknown-key", 1, 2),
        ("control-character", 1, 7),
    ]


@pytest.mark.parametrize(
    ("raw", "code", "line", "column", "words"),
    [
        (b"a: b: c", "yaml-syntax", 1, 5, "must be in quotes"),
        (b"a: @x", "yaml-syntax", 1, 4, "begins with this character must be in quotes"),
        (b"a: *", "yaml-syntax", 1, 5, "must be in quotes"),
        (b"a: 1\nb: 'x\nc: 2\n", "yaml-syntax", 2, 4, "not closed"),
        (b"a: [1, 2\n", "yaml-syntax", 2, 1, "not closed"),
        (b"a: }", "yaml-syntax", 1, 4, "a value was expected"),
        (b'a: "\\q"', "yaml-syntax", 1, 5, "double quotes"),
        (b"a:\n  - b\n - c", "yaml-syntax", 3, 2, "same column"),
        (b"- a\nb: 1", "yaml-syntax", 2, 1, "same column"),
        (b"a: 1\nb\nc: 2", "yaml-syntax", 3, 1, "colon"),
        (b"a: 'x' y", "yaml-syntax", 1, 8, "nothing may follow a closing quote"),
    ],
)
def test_what_is_not_yaml_is_explained(raw: bytes, code: str, line: int, column: int, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        documents.read(raw, "x.yaml", Submission)

    (problem,) = caught.value.problems
    assert (problem.code, problem.line, problem.column) == (code, line, column)
    assert words in problem.message


def test_the_first_hundred_problems_are_told_and_that_there_are_more() -> None:
    raw = b"".join(b"key%d: 1\n" % number for number in range(20_000))

    problems = problems_of(raw)

    assert len(problems) == documents.PROBLEMS_LIMIT + 1
    assert problems[-1][0] == "more"
    assert problems[-2][1] == problems[-1][1]


def test_exactly_a_hundred_problems_are_no_more() -> None:
    raw = SUBMISSION.encode() + b"".join(b"key%d: 1\n" % number for number in range(documents.PROBLEMS_LIMIT))

    assert {code for code, _, _ in problems_of(raw)} == {"unknown-key"}


def test_a_key_given_twice_hides_nothing_else() -> None:
    raw = b"exercise: A\nexercise: [*x\nclaims: 5\n".replace(b"[*x", b"{a: .nan}")

    assert problems_of(raw) == [
        ("bad-name", 1, 11),
        ("duplicate-key", 2, 1),
        ("not-finite", 2, 15),
        ("wrong-type", 3, 9),
    ]
