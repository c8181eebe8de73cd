"""The numbers of the page on claims that did not hold, computed anew from recordings and published scores."""

import re
from pathlib import Path

import numpy as np
import pytest

from tests.evidence.test_gpt2_evidence import WHOLE, Array, arrays

pytestmark = pytest.mark.evidence

PAGE = (Path(__file__).parents[2] / "docs" / "refutations.md").read_text(encoding="utf-8")
PUBLISHED = "scores_prev_dup_ind_exploratory"


def measured(number: int) -> str:
    """What the page says of the case under this number, on one line."""
    (text,) = re.findall(rf"^## {number}\. .*?\*\*Measured\.\*\*(.*?)\n\n", PAGE, re.MULTILINE | re.DOTALL)
    return " ".join(text.split())


def between(values: list[float]) -> str:
    """The least and the largest of some numbers, as the page writes them."""
    return f"{min(values):.2f} to {max(values):.2f}"


def share(name: str, offset: int) -> Array:
    """The attention of each head to the key at this offset, without the first two queries, [layer, head]."""
    attention = arrays(name)["attn"]
    queries = np.arange(2, attention.shape[-1])
    mean: Array = attention[..., queries, queries + offset].mean(-1)
    return mean


def first(name: str) -> Array:
    """The attention of each head to the first position, without the first two queries, [layer, head]."""
    mean: Array = arrays(name)["attn"][..., 2:, 0].mean(-1)
    return mean


def test_a_previous_token_head_that_never_looks_back() -> None:
    previous = [share(name, -1) for name in WHOLE]
    ranks = [int((each > each[0, 1]).sum()) + 1 for each in previous]
    random = float(arrays(PUBLISHED)["prev"][:, 0, 1].mean())

    told = measured(1)

    assert (
        f"offset -1 is {between([each[0, 1] for each in previous])}, rank {min(ranks)} to {max(ranks)} of 144" in told
    )
    assert f"it is {random:.2f}" in told
    assert f"offset 0 is {between([share(name, 0)[0, 1] for name in WHOLE])}" in told


def test_nearly_all_heads_are_positional_heads() -> None:
    quarter, half = ([int((first(name) > least).sum()) for name in WHOLE] for least in (0.25, 0.5))

    assert f"{min(quarter)} to {max(quarter)} of 144 heads" in measured(2)
    assert f"still {min(half)} to {max(half)}" in measured(2)


def test_the_positional_head_that_is_an_induction_head() -> None:
    resting = float(np.mean([first(name)[7, 2] for name in WHOLE]))
    induction = arrays("scores_induction_main_demo")["mean"]

    told = measured(3)

    assert f"pays {resting:.2f} to the first token" in told
    assert f"pays {induction[7, 2]:.2f} to the token after" in told
    assert f"reach {induction[9, 6]:.2f} and {induction[9, 9]:.2f}" in told


def test_one_to_three_resting_heads_in_each_layer() -> None:
    deep = [int((first(name)[layer] > 0.5).sum()) for name in WHOLE for layer in range(5, 12)]
    selfish = [int((share(name, 0)[0] > 0.5).sum()) for name in WHOLE]
    last = max(float(share(name, -1)[11].max()) for name in WHOLE)

    told = measured(4)

    assert f"{min(deep)} to {max(deep)} of the twelve" in told
    assert f"only {min(selfish)} or {max(selfish)} of twelve" in told
    assert f"more than {last:.2f}" in told


def test_a_duplicate_token_head_that_looks_at_itself() -> None:
    copies, itself = [], []
    for name in ("bertviz_apples", "bertviz_dogship", "tl_headdet"):
        found = arrays(name)
        ids, layers = found["token_ids"].tolist(), found.get("layers", np.arange(12)).tolist()
        head = found["attn"][layers.index(4), 7]
        for query in range(2, len(ids)):
            if earlier := [key for key in range(1, query - 1) if ids[key] == ids[query]]:
                copies.append(float(head[query, earlier].sum()))
                itself.append(float(head[query, query]))
    random = float(arrays(PUBLISHED)["dup"][:, 4, 7].mean())

    told = measured(5)

    assert f"pays {between(copies)} to the earlier copy, and {between(itself)} to the token itself" in told
    assert f"it pays {random:.2f} to the copy" in told


def test_the_wrong_half_of_a_pair() -> None:
    previous = [share(name, -1) for name in WHOLE]
    random = arrays(PUBLISHED)["prev"].mean(0)

    told = measured(6)

    assert f"L4H11 pays {np.mean([each[4, 11] for each in previous]):.2f}" in told
    assert f"L2H9 {between([each[2, 9] for each in previous])}" in told
    assert f"it is {random[4, 11]:.2f} and {random[2, 9]:.2f}" in told


def test_every_measured_case_of_the_page_has_its_test() -> None:
    assert len(re.findall(r"\*\*Measured\.\*\*", PAGE)) == 6
