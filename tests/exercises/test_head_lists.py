"""Lists of heads as people keep them: told what a submission is, with their own first head as the example."""

import json

import pytest

from grader.base.errors import InvalidInput
from grader.exercises import submissions


def told(raw: bytes) -> str:
    with pytest.raises(InvalidInput) as caught:
        submissions.load(raw, "heads")
    return str(caught.value)


@pytest.mark.parametrize(
    ("raw", "claim"),
    [
        (
            b"family,model,kind,layer,head,strength\nsmall,mini,previous,4,5,0.99\n",
            "layer: 4, head: 5, type: previous_token",
        ),
        (b"layer;head;role\n4;5;nsubj\n", "layer: 4, head: 5, type: syntactic, relation: verb_subject"),
        (b"Layer\tHead\n4\t5\n", "layer: 4, head: 5, type: KIND"),
        (b"| layer | head | role |\n|---|---|---|\n| 4 | 5 | induction |\n", "layer: 4, head: 5, type: induction"),
        ("레이어,헤드,종류\n4,5,유도\n".encode(), "layer: 4, head: 5, type: induction"),
        (b"# heads\n- L34H2\n- L33H11\n", "layer: 34, head: 2, type: KIND"),
        (b"L34H2\nL33H11\n", "layer: 34, head: 2, type: KIND"),
        (b"9.6 name mover\n10.0 name mover\n", "layer: 9, head: 6, type: KIND"),
        (b"previous token: L4H11\ninduction: L5H5\n", "layer: 4, head: 11, type: previous_token"),
        (b"L5H10: induction\n", "layer: 5, head: 10, type: induction"),
        (b"[[9, 6], [9, 9]]", "layer: 9, head: 6, type: KIND"),
        (b'[[9, 6, "copying"]]', "layer: 9, head: 6, type: induction"),
        (b'["L9H6"]', "layer: 9, head: 6, type: KIND"),
        (
            b'[{"layer": 4, "head": 5, "kind": "coref"}]',
            "layer: 4, head: 5, type: syntactic, relation: pronoun_antecedent",
        ),
        (json.dumps({"heads": [{"layer": 4, "head": 5}]}).encode(), "layer: 4, head: 5, type: KIND"),
        (b"PK\x03\x04\x14\0\x06\0xl/workbook.xml", "layer: 0, head: 0, type: induction"),
    ],
)
def test_the_form_is_said_with_their_own_first_head(raw: bytes, claim: str) -> None:
    text = told(raw)

    assert (
        f"a line `exercise: ID`, a line `claims:`, and under it for each head a line such as `  - {{{claim}}}`" in text
    )
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    "raw", [b"I saw it in layer five", b"exercise: mini-heads\nclaims: L5H10\n", b"exercise: mini-heads\n"]
)
def test_what_names_no_head_or_is_a_submission_is_told_as_before(raw: bytes) -> None:
    assert "a submission is a text file" not in told(raw)
