"""`grade scan --pattern` on small recorded patterns, made here: what is read, and what is refused."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from grader.base.errors import InvalidInput
from grader.measuring.recorded import LEAST_QUERIES, read, scan_file
from grader.schema import Kind

LENGTH = 8
IDS = np.array([9, 1, 2, 3, 1, 2, 3, 1])
PREVIOUS = Kind(type="positional", offset=-1)
NEXT = Kind(type="positional", offset=1)
INDUCTION = Kind(type="induction")
DUPLICATE = Kind(type="duplicate_token")


def looking(offset: int) -> NDArray[np.float64]:
    """A head whose queries look `offset` away, or at the first position where there is nothing."""
    pattern = np.zeros((LENGTH, LENGTH))
    keys = np.arange(LENGTH) + offset
    keys[(keys < 0) | (keys >= LENGTH)] = 0
    pattern[np.arange(LENGTH), keys] = 1
    return pattern


SINK, SELF, BACK, ONWARD, COPY, AFTER_COPY = (looking(offset) for offset in (-LENGTH, 0, -1, 1, -3, -2))
GOOD: dict[str, NDArray[Any]] = {"token_ids": IDS, "attn": np.stack([[SINK, BACK], [COPY, AFTER_COPY]])}


def saved(path: Path, **arrays: ArrayLike) -> Path:
    file = path / "recorded.npz"
    np.savez(file, **arrays)
    return file


def found(file: Path, kind: Kind) -> dict[tuple[int, int], float]:
    return {(row["layer"], row["head"]): row["share"] for row in scan_file(file, kind)["heads"]}


def grade(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, as after an installation."""
    start = [sys.executable, "-c", "from grader.cli import main; main()", "scan", *arguments]
    return subprocess.run(start, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize(
    ("kind", "head"),
    [(PREVIOUS, (0, 1)), (DUPLICATE, (1, 0)), (INDUCTION, (1, 1))],
    ids=["previous token", "duplicate token", "induction"],
)
def test_the_head_of_each_kind_is_found_and_no_other(tmp_path: Path, kind: Kind, head: tuple[int, int]) -> None:
    rows = scan_file(saved(tmp_path, **GOOD), kind)["heads"]

    assert [(row["layer"], row["head"]) for row in rows if row["too_close"]] == [head]
    assert not any(row["confirmed"] for row in rows)  # on these few queries
    assert [row["share"] for row in rows] == [1, 0, 0, 0]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]


def test_layers_are_numbered_as_recorded(tmp_path: Path) -> None:
    file = saved(tmp_path, **GOOD, layers=[5, 2])

    assert found(file, PREVIOUS) == {(5, 0): 0, (5, 1): 1, (2, 0): 0, (2, 1): 0}


def test_single_heads_are_numbered_as_recorded(tmp_path: Path) -> None:
    file = saved(tmp_path, token_ids=IDS, attn=[SINK, BACK], heads=[[6, 9], [5, 5]])

    assert found(file, PREVIOUS) == {(6, 9): 0, (5, 5): 1}


def test_draws_of_a_head_are_pooled(tmp_path: Path) -> None:
    other = np.array([9, 1, 2, 3, 4, 5, 6, 7])  # nothing is repeated, so induction cannot be asked here
    heads = [[6, 9], [5, 5], [5, 5], [5, 5]]
    file = saved(tmp_path, token_ids=[IDS, IDS, other, IDS], attn=[SINK, AFTER_COPY, SINK, BACK], heads=heads)

    rows = {(row["layer"], row["head"]): row for row in scan_file(file, INDUCTION)["heads"]}

    assert (rows[5, 5]["share"], rows[5, 5]["queries"]) == (0.5, 8)
    assert (rows[6, 9]["share"], rows[6, 9]["queries"]) == (0, 4)
    low, high = rows[5, 5]["interval"]
    assert low < 0.5 < high


def test_an_unknown_token_is_a_copy_of_no_other(tmp_path: Path) -> None:
    file = saved(tmp_path, token_ids=[9, -1, 2, -1, -1, 2, -1, 8], attn=[[COPY]])

    assert scan_file(file, DUPLICATE)["heads"][0]["queries"] == 1


def test_an_encoder_may_look_onward(tmp_path: Path) -> None:
    (row,) = scan_file(saved(tmp_path, token_ids=IDS, attn=[[ONWARD]]), NEXT)["heads"]

    assert (row["share"], row["hit_rate"]) == (1, 1)


def test_a_decoder_is_not_asked_what_it_cannot_see(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no query in it has a target for positional:\+1"):
        scan_file(saved(tmp_path, **GOOD), NEXT)


def test_half_precision_is_read(tmp_path: Path) -> None:
    random = np.random.default_rng(0).random((1, 1, LENGTH, LENGTH))
    rounded = (random / random.sum(-1, keepdims=True)).astype(np.float16)

    (recording,) = read(saved(tmp_path, token_ids=IDS, attn=rounded))

    assert recording.texts[0].patterns.dtype == np.float64


def test_one_text_confirms_a_head_only_with_enough_queries(tmp_path: Path) -> None:
    for length in range(4, 16):
        pattern = np.eye(length, k=-1)
        pattern[0, 0] = 1
        (row,) = scan_file(saved(tmp_path, token_ids=np.arange(length), attn=[[pattern]]), PREVIOUS)["heads"]

        assert row["queries"] == length - 2
        assert row["confirmed"] == (row["queries"] >= LEAST_QUERIES)
        assert row["too_close"] == (row["queries"] < LEAST_QUERIES)


def test_a_threshold_within_the_interval_is_not_decided(tmp_path: Path) -> None:
    right = np.eye(24, k=-1)
    right[0, 0] = 1
    wrong = np.zeros_like(right)
    wrong[:, 0] = 1
    half = np.where((np.arange(24) % 2 == 0)[:, None], right, wrong)  # right on half of the queries; 0.6 is needed

    rows = scan_file(saved(tmp_path, token_ids=np.arange(24), attn=[[right, half, wrong]]), PREVIOUS)["heads"]

    assert [(row["head"], row["confirmed"], row["too_close"]) for row in rows] == [
        (0, True, False),
        (1, False, True),
        (2, False, False),
    ]


ROUNDED = np.eye(12, k=-1) * 0.9 + np.eye(12) * 0.1
ROUNDED[0, 0] = 1


@pytest.mark.parametrize("total", [1.0, 1.0024, 0.9976, 0.93, 0.5])
def test_rows_may_be_rounded_or_leave_attention_to_a_sink(tmp_path: Path, total: float) -> None:
    (row,) = scan_file(saved(tmp_path, token_ids=np.arange(12), attn=[[ROUNDED * total]]), PREVIOUS)["heads"]

    assert row["share"] == pytest.approx(0.9 * total, abs=1e-4)


def test_arrays_that_are_not_needed_are_left_alone(tmp_path: Path) -> None:
    file = saved(tmp_path, **GOOD, tokens=np.array([object()] * LENGTH, dtype=object))

    assert found(file, PREVIOUS)[0, 1] == 1


def changed(**arrays: ArrayLike) -> dict[str, ArrayLike]:
    return {**GOOD, **arrays}


def spoiled(value: float) -> NDArray[np.float64]:
    """The good patterns with one value changed."""
    attention = np.array(GOOD["attn"])
    attention[0, 0, 3, 2] = value
    return attention


BAD: dict[str, tuple[dict[str, ArrayLike], str]] = {
    "no arrays": ({}, "it lacks token_ids, attn; it has no array"),
    "other arrays": ({"mean": np.ones((2, 2))}, "it lacks token_ids, attn; it has mean"),
    "no tokens": ({"attn": GOOD["attn"]}, "it lacks token_ids; it has attn"),
    "a pickle": (changed(attn=np.array([{"a": 1}], dtype=object)), "is a pickle, and that is never read"),
    "tokens as text": (changed(token_ids=np.array(list("abcdefgh"))), "token_ids must be whole numbers, not <U1"),
    "tokens as fractions": (changed(token_ids=IDS / 2), "token_ids must be whole numbers, not float64"),
    "attention as whole numbers": (changed(attn=np.ones((1, 1, 8, 8), int)), "attn must be floating point numbers"),
    "a number": (changed(token_ids=np.int64(3)), r"token_ids () and attn (2, 2, 8, 8) do not fit"),
    "one token too few": (changed(token_ids=IDS[1:]), r"token_ids (7,) and attn (2, 2, 8, 8) do not fit"),
    "not square": (changed(attn=GOOD["attn"][..., :5]), r"attn (2, 2, 8, 5) do not fit"),
    "one head alone": (changed(attn=BACK), r"attn (8, 8) do not fit"),
    "five axes": (changed(attn=GOOD["attn"][None]), r"attn (1, 2, 2, 8, 8) do not fit"),
    "nothing recorded": (changed(attn=np.zeros((0, 2, 8, 8))), r"attn (0, 2, 8, 8) do not fit"),
    "a draw too few": (
        {"token_ids": [IDS, IDS], "attn": [BACK], "heads": [[0, 0]]},
        r"token_ids (2, 8) and attn (1, 8, 8) do not fit",
    ),
    "no number": (changed(attn=spoiled(np.nan)), "attn has negative or missing values"),
    "infinite": (changed(attn=spoiled(np.inf)), "attn has negative or missing values"),
    "negative": (changed(attn=spoiled(-0.5)), "attn has negative or missing values"),
    "before softmax": (changed(attn=spoiled(0.25)), "a row of attn sums to 1.25"),
    "a mask of other length": (changed(attention_mask=[1, 1]), "attention_mask is (2,), but token_ids is (8,)"),
    "a mask with a hole": (changed(attention_mask=[1, 1, 0, 1, 1, 1, 1, 1]), "must have one run of 1"),
    "a mask of nothing": (changed(attention_mask=[0] * 8), "must have one run of 1"),
    "a mask of other numbers": (changed(attention_mask=[2] * 8), "must have one run of 1"),
    "a mask that attention was not computed with": (changed(attention_mask=[0] + [1] * 7), "attend to padding"),
    "heads not said": ({"token_ids": IDS, "attn": [BACK]}, "heads is not there; it must give layer and head"),
    "heads by one number": ({"token_ids": IDS, "attn": [BACK], "heads": [3]}, "heads is [1]; it must give"),
    "heads negative": ({"token_ids": IDS, "attn": [BACK], "heads": [[-1, 0]]}, "it must give layer and head, from 0"),
    "a head twice": ({"token_ids": IDS, "attn": [BACK, SELF], "heads": [[1, 1]] * 2}, "heads has the same one twice"),
    "a layer too many": (changed(layers=[0, 1, 2]), "layers is [3]; it must give the number"),
    "a layer twice": (changed(layers=[4, 4]), "layers has the same one twice"),
    "layers as fractions": (changed(layers=[0.5, 1.0]), "layers must be whole numbers, not float64"),
}


@pytest.mark.parametrize(("arrays", "said"), BAD.values(), ids=BAD)
def test_what_is_no_attention_is_refused(tmp_path: Path, arrays: dict[str, ArrayLike], said: str) -> None:
    file = saved(tmp_path, **arrays)

    with pytest.raises(InvalidInput) as error:
        scan_file(file, PREVIOUS)

    (line,) = error.value.lines()
    assert said in line
    assert line.startswith(f"{file}: ")
    assert line.endswith("[no-pattern]")


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def broken(content: bytes) -> bytes:
    """Whole as a zip file, its first array's content changed."""
    return content[:200] + b"\xff" * 64 + content[264:]


@pytest.mark.parametrize(
    "content",
    [lambda _: b"", lambda _: b"claims: []\n", cut, broken, lambda _: b"\x80\x04K*.", lambda whole: whole[-22:]],
    ids=["empty", "text", "cut", "broken", "pickle", "only its end"],
)
def test_what_is_no_npz_file_is_refused(tmp_path: Path, content: Callable[[bytes], bytes]) -> None:
    file = saved(tmp_path, **GOOD)
    file.write_bytes(content(file.read_bytes()))

    with pytest.raises(InvalidInput, match="no-pattern"):
        scan_file(file, PREVIOUS)


def test_a_single_array_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "attn.npy", GOOD["attn"])

    with pytest.raises(InvalidInput, match=r"it is no \.npz file"):
        scan_file(tmp_path / "attn.npy", PREVIOUS)


def test_a_kind_that_needs_annotations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="semantic needs annotated text"):
        scan_file(saved(tmp_path, **GOOD), Kind(type="semantic"))


@pytest.mark.parametrize(("name", "said"), [("other.npz", "No such file"), (".", "Is a directory")])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        scan_file(tmp_path / name, PREVIOUS)


def test_a_bad_file_is_exit_code_2_and_one_line(tmp_path: Path) -> None:
    done = grade("--pattern", str(saved(tmp_path, token_ids=IDS)))

    assert done.returncode == 2
    assert "it lacks attn" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def test_the_command_prints_the_heads(tmp_path: Path) -> None:
    file = saved(tmp_path, **GOOD)

    done = grade("--pattern", str(file), "--type", "positional:-1", "--top", "1", "--format", "json")

    assert (done.returncode, done.stderr) == (0, "")
    (row,) = json.loads(done.stdout)["heads"]
    assert (row["layer"], row["head"], row["share"], row["too_close"]) == (0, 1, 1, True)
