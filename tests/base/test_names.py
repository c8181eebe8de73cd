"""Names have one form, and those that look alike share a skeleton."""

import unicodedata

import pytest
from pydantic import ValidationError

from grader.base.names import looks, plain
from grader.schema import Submission

CLAIM = {"layer": 0, "head": 0, "type": "induction"}
KIM = "\uae40\ud558\ub298"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ada", "ada"),
        ("ada  ", "ada"),
        (" ada  l ", "ada l"),
        ("a\u200dda", "ada"),
        ("ada\ufeff", "ada"),
        ("\u2066ada\u2069", "ada"),
        ("ada\u3164", "ada"),  # a Hangul filler: a letter that nobody sees
        ("ada\u00a0l", "ada l"),
        ("\uff41\uff44\uff41", "ada"),
        ("ad\u00e1", "ad\u00e1"),
        (unicodedata.normalize("NFD", "ad\u00e1"), "ad\u00e1"),
        (unicodedata.normalize("NFD", KIM), KIM),
        ("Ada", "Ada"),
    ],
)
def test_a_name_is_one_however_it_was_typed(typed: str, kept: str) -> None:
    submission = Submission.model_validate({"exercise": "x", "student": typed, "claims": (CLAIM,)})

    assert plain(typed) == plain(plain(typed)) == submission.student == kept


@pytest.mark.parametrize("name", ["\u200d", "  ", "a\u0000da", "ada\nbob", "\u3164"])
def test_a_name_without_a_letter_or_with_a_control_sign_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        Submission.model_validate({"exercise": "x", "student": name, "claims": (CLAIM,)})


@pytest.mark.parametrize(
    "other",
    ["Grace  H", "Grace\u200d H", "GRACE H", "\uff27\uff52\uff41\uff43\uff45 H", "Gr\u0430ce H", "Grace \u041d"],
)
def test_names_that_look_alike_share_a_skeleton(other: str) -> None:
    assert looks("Grace H") & looks(other)


def test_other_names_share_none() -> None:
    names = ["Grace H", "Grace J", "Gracie H", "Ada", "Ida", KIM, "\uae40\ud558\ub2d8"]

    assert len(set().union(*map(looks, names))) == sum(len(looks(name)) for name in names)
