"""Arrays from anywhere: those that are attention are shown, all others are refused with what to do."""

import json
from typing import Any

import numpy as np
import pytest
import torch

import grader

TOKENS = ["the", " king", " waits"]
EVEN = np.tril(np.ones((3, 3))) / np.arange(1, 4)[:, None]


def source(shown: grader.AttentionPage) -> dict[str, Any]:
    """Return what the page knows of its patterns."""
    given = shown.page.partition('id="given">')[2].partition("</script>")[0]
    return dict(json.loads(given)["source"])


@pytest.mark.parametrize(
    ("array", "layers", "heads"),
    [
        (EVEN, 1, 1),
        (EVEN.tolist(), 1, 1),
        (EVEN.astype("f2"), 1, 1),
        (EVEN.astype(">f8"), 1, 1),
        (np.eye(3, dtype=bool), 1, 1),
        (np.stack([EVEN] * 4), 1, 4),
        (torch.tensor(EVEN, requires_grad=True), 1, 1),
        (torch.tensor(EVEN).bfloat16()[None, None], 1, 1),
        ((torch.tensor(EVEN)[None, None],) * 2, 2, 1),
    ],
)
def test_attention_of_every_kind_is_shown(array: object, layers: int, heads: int) -> None:
    shown = grader.show(array, TOKENS)

    assert (shown.layers, shown.heads, shown.tokens) == (layers, heads, tuple(TOKENS))
    assert source(shown)["about"]["causal"]


def test_tokens_of_every_kind_are_text() -> None:
    hostile = ["</script><script>", "\ud800", "", "\0", "</script><script>"]
    shown = grader.show(np.eye(5), (token for token in hostile))

    assert [token["text"] for token in source(shown)["tokens"]] == hostile
    assert shown.page.count("</script>") == 2


@pytest.mark.parametrize(
    ("array", "tokens", "code"),
    [
        (EVEN * np.nan, TOKENS, "not-finite"),
        (np.full((3, 3), 1e300), TOKENS, "not-finite"),
        (-EVEN, TOKENS, "negative"),
        (2 * EVEN, TOKENS, "rows"),
        (EVEN, TOKENS[:2], "tokens"),
        (EVEN, [1, 2, 3], "tokens"),
        (EVEN, torch.tensor([1, 2, 3]), "tokens"),
        (EVEN, None, "tokens"),
        (np.zeros((0, 0)), [], "empty"),
        ([], [], "shape"),
        (0.5, ["one"], "shape"),
        ([EVEN, EVEN[:2]], TOKENS, "shape"),
        (np.zeros((2, 2, 2, 3, 3)), TOKENS, "shape"),
        (None, TOKENS, "nothing"),
        ((None, None), TOKENS, "nothing"),
        ("abc", TOKENS, "numbers"),
        (EVEN.astype(complex), TOKENS, "numbers"),
        (torch.tensor(EVEN).to_sparse(), TOKENS, "numbers"),
        (torch.tensor(EVEN).to("meta"), TOKENS, "numbers"),
        (np.zeros((3000, 3000), "f4"), ["x"] * 3000, "too-large"),
    ],
)
def test_all_else_is_refused(array: object, tokens: Any, code: str) -> None:  # noqa: ANN401
    with pytest.raises(grader.InvalidInput) as caught:
        grader.show(array, tokens)

    assert [problem.code for problem in caught.value.problems] == [code]
