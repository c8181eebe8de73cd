"""Heads in the notations of publications, code and speech: understood, and led to what to write."""

import pytest

from grader.base.errors import InvalidInput
from grader.documents import head_notation
from grader.exercises import submissions


@pytest.mark.parametrize(
    "text",
    [
        *(
            "L9H6",
            "l9h6",
            "L9-H6",
            "L9.6",
            "L9.H6",
            "a9.h6",
            "9.6",
            "9-6",
            "9:6",
            "9/6",
            "9_6",
            "9,6",
            "(9, 6)",
            "[9, 6]",
        ),
        *(
            "layer 9 head 6",
            "Layer 9, Head 6",
            "layer: 9, head: 6",
            "layer9.head6",
            "layer_9_head_6",
            "head 6 of layer 9",
        ),
        *(
            "H6 L9",
            "blocks.9.attn.head.6",
            "transformer.h.9.attn.head.6",
            "h.9.attn.head.6",
            "9\u20136",
            "\uff2c\uff19\uff28\uff16",
        ),
        *("9\uce35 6\ubc88 \ud5e4\ub4dc", "\ub808\uc774\uc5b4 9 \ud5e4\ub4dc 6"),
    ],
)
def test_one_head_is_understood(text: str) -> None:
    assert head_notation.read(text) == (9, 6)


@pytest.mark.parametrize(
    "text", ["9", "-1", "-1 3", "9 6", "head 3", "five", "0.0.1", "1234.5", "1e3", "(9", "", "2026-11-23"]
)
def test_what_names_no_head_or_more_is_left(text: str) -> None:
    assert head_notation.read(text) is None


def claim(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        submissions.load(f"exercise: gpt2-heads\nclaims:\n  - {text}\n".encode(), "x.yaml")
    return caught.value.lines()


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (
            "{layer: 8-10, head: 0, type: induction}",
            "3:13: `layer` must be one whole number, not `8-10`; write layer: 8",
        ),
        ("{layer: 8-10, head: 0, type: induction}", "(both are counted from 0 here; in the publication that writes"),
        (
            "{layer: a9.h6, head: 0, type: induction}",
            "3:13: `layer` must be one whole number, not `a9.h6`; write layer: 9",
        ),
        (
            "{layer: (9, 6), head: 0, type: induction}",
            "3:13: `layer` must be one whole number, not `(9`; write layer: 9, he",
        ),
        (
            "{layer: [9, 6], head: 0, type: induction}",
            "3:13: `layer` must be one whole number, not `a list`; write layer: 9",
        ),
        ("{layer: 0, head: 9:6, type: induction}", "3:22: `head` must be one whole number, not `9:6`; write layer: 9"),
        (
            "L9H6 prev token",
            "3:5: `claims[0]` must be a mapping with `layer:`, `head:`, `type:`, not `L9H6 prev token`; ",
        ),
        ("L9H6 prev token", "; write layer: 9, head: 6; write `type: previous_token`"),
        ("[9, 6, coref]", "; write layer: 9, head: 6; write `type: syntactic, relation: pronoun_antecedent`"),
    ],
)
def test_a_claim_says_what_to_write(written: str, place: str) -> None:
    (line,) = claim(written)

    assert place in line


def test_a_head_for_a_key_is_a_head() -> None:
    assert any(
        "unknown key `L9H6`" in line and "write layer: 9, head: 6" in line for line in claim("{L9H6: induction}")
    )
