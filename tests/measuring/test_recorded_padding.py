"""Recorded patterns with padding: left out by `attention_mask`, refused where they only look padded."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from grader.base.errors import InvalidInput
from grader.measuring.recorded import read, scan_file
from tests.measuring.test_recorded import BACK, COPY, DUPLICATE, IDS, LENGTH, PREVIOUS, found, saved


def padded(pattern: NDArray[np.float64], left: int, right: int, *, pads_see_all: bool = False) -> NDArray[np.float64]:
    """The pattern with padding around it, which looks at the first position or at everything alike."""
    whole = np.zeros((left + len(pattern) + right,) * 2)
    whole[:, 0] = 1
    if pads_see_all:
        whole[:left] = 1 / len(whole)
    text = slice(left, left + len(pattern))
    whole[text] = 0
    whole[text, text] = pattern
    return whole


@pytest.mark.parametrize(("left", "right"), [(0, 5), (5, 0), (2, 3), (0, 0)])
@pytest.mark.parametrize("type_", [np.int64, np.bool_, np.float64])
def test_padding_is_left_out(tmp_path: Path, left: int, right: int, type_: type[np.generic]) -> None:
    ids = np.concatenate((np.zeros(left, int), IDS, np.zeros(right, int)))
    mask = np.concatenate((np.zeros(left), np.ones(LENGTH), np.zeros(right))).astype(type_)
    attention = [[padded(each, left, right) for each in (COPY, BACK)]]
    file = saved(tmp_path, token_ids=ids, attn=attention, attention_mask=mask)
    if type_ is np.float64:
        with pytest.raises(InvalidInput, match="attention_mask must be whole numbers"):
            read(file)
        return

    assert found(file, DUPLICATE) == {(0, 0): 1, (0, 1): 0}
    assert [row["queries"] for row in scan_file(file, PREVIOUS)["heads"]] == [6, 6]


def test_draws_are_padded_each_on_its_own(tmp_path: Path) -> None:
    ids = np.stack((np.r_[IDS, 0, 0, 0], np.r_[0, IDS, 0, 0]))
    attention = np.stack((padded(COPY, 0, 3), padded(COPY, 1, 2)))
    mask = np.stack((np.r_[np.ones(8, int), 0, 0, 0], np.r_[0, np.ones(8, int), 0, 0]))

    (row,) = scan_file(
        saved(tmp_path, token_ids=ids, attn=attention, heads=[[1, 2]] * 2, attention_mask=mask), DUPLICATE
    )["heads"]

    assert (row["share"], row["queries"]) == (1, 8)


PADDED = {
    "right": (np.r_[IDS, 7, 7], padded(BACK, 0, 2), "a text ends with token 7 more than once"),
    "left": (np.r_[7, 7, IDS], padded(BACK, 2, 0), "a text begins with token 7 more than once"),
    "left, as softmax leaves it": (
        np.r_[-1, IDS],
        padded(BACK, 1, 0, pads_see_all=True),
        "its first queries attend to",
    ),
    "zeroed": (np.r_[IDS, 7], np.pad(BACK, (0, 1)), "a row of attn is zero"),
}


@pytest.mark.parametrize(("ids", "attention", "said"), PADDED.values(), ids=PADDED)
def test_what_looks_padded_needs_a_mask(
    tmp_path: Path, ids: NDArray[np.int64], attention: NDArray[np.float64], said: str
) -> None:
    with pytest.raises(InvalidInput, match=f"{said}.*looks like padding; give `attention_mask`"):
        read(saved(tmp_path, token_ids=ids, attn=[[attention]]))


def test_a_mask_says_that_a_text_only_looks_padded(tmp_path: Path) -> None:
    ids = np.r_[IDS[:-1], IDS[-2]]

    assert found(saved(tmp_path, token_ids=ids, attn=[[BACK]], attention_mask=np.ones(8, int)), PREVIOUS) == {(0, 0): 1}
