"""The file of scores that an exercise carries: always the same bytes, and nothing in it is believed unread."""

import io
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.measuring.interventions.causal_table import CausalTable
from grader.measuring.tables import carried as module
from grader.measuring.tables.carried import RESULTS, TABLE, Carried, entries_of, packed
from grader.measuring.tables.score_table import ScoreTable
from tests.support.planted_tables import INDUCTION, exercise, table

SCORES: ScoreTable = table(exercise(INDUCTION), {})
RESULT = CausalTable(key="k", effects=())
ENTRIES = dict(entries_of(SCORES, {"b": b"2", "a": RESULT.model_dump_json().encode()}))


def test_the_same_scores_are_the_same_bytes_whatever_the_order() -> None:
    assert packed(ENTRIES) == packed(dict(reversed(ENTRIES.items())))


def test_what_was_packed_is_read_back(tmp_path: Path) -> None:
    (file := tmp_path / "scores.zip").write_bytes(packed(ENTRIES))
    carried = Carried(file)

    assert carried.table == SCORES
    assert carried.result("a", CausalTable) == RESULT
    assert carried.result("c", CausalTable) is None
    assert carried.entry("other") is None
    assert Carried(tmp_path / "none.zip").table is None


def cut(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def no_zip(whole: bytes) -> bytes:
    return b"\x80\x04."


def another_byte(whole: bytes) -> bytes:
    place = whole.index(TABLE.encode()) + 60
    return whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]


def with_table(content: bytes) -> Callable[[bytes], bytes]:
    return lambda whole: packed({**ENTRIES, TABLE: content})


def deep(whole: bytes) -> bytes:
    return packed({**ENTRIES, TABLE: b"[" * 100_000})


def not_a_number(whole: bytes) -> bytes:
    return packed({**ENTRIES, TABLE: ENTRIES[TABLE].replace(b'"baseline":', b'"baseline":NaN,"old":', 1)})


def of_one_name(whole: bytes) -> bytes:
    out = io.BytesIO(whole)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(TABLE, b"{}")
    return out.getvalue()


def by_lzma(whole: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(TABLE, ENTRIES[TABLE])
    return out.getvalue()


def too_large(whole: bytes) -> bytes:
    return packed({TABLE: b" " * (module.MOST_UNPACKED + 1)})


def with_a_false_size(whole: bytes) -> bytes:
    """A bomb that says of itself that it is small."""
    size = module.MOST_UNPACKED + 1
    return packed({TABLE: b" " * size}).replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))


@pytest.mark.parametrize(
    "change",
    [
        *(cut, no_zip, another_byte, with_table(b"{}"), with_table(b"\xff"), deep, not_a_number, of_one_name),
        *(by_lzma, too_large, with_a_false_size),
    ],
)
def test_what_is_damaged_counts_as_missing_and_is_told_once(
    change: Callable[[bytes], bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (file := tmp_path / "scores.zip").write_bytes(change(packed(ENTRIES)))
    carried = Carried(file)
    with caplog.at_level(logging.WARNING):
        assert (carried.table, carried.entry(TABLE) and carried.table) == (None, None)

    (told,) = caplog.messages
    assert str(file) in told
    assert "is damaged" in told
    assert "grade exercises publish" in told


def test_a_damaged_result_does_not_hide_the_table(tmp_path: Path) -> None:
    (file := tmp_path / "scores.zip").write_bytes(packed({**ENTRIES, RESULTS: b"a {\nb\n\n"}))
    carried = Carried(file)

    assert (carried.result("a", CausalTable), carried.result("b", CausalTable)) == (None, None)
    assert carried.table == SCORES
