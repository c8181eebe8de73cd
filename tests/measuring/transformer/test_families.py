"""Each family that is said to be measurable is, and those that are said not to be are refused with the list."""

from pathlib import Path

import pytest
from transformers import AutoModel

from grader.base.errors import UnsupportedTransformer
from grader.measuring.attention.streaming import pattern_of
from grader.measuring.transformer.borrowed import borrowed
from grader.measuring.transformer.families import MEASURED, NOT_MEASURED, advice
from grader.measuring.transformer.stated import completed, unread
from tests.support.every_family import ENCODERS, config
from tests.support.tiny import word_tokenizer

PAGE = Path(__file__).parents[3] / "docs" / "writing-exercises.md"
SINKS = ("gpt_oss",)


def tiny(family: str) -> object:
    return AutoModel.from_config(config(family)).eval()


@pytest.mark.parametrize("family", MEASURED)
def test_a_small_one_is_measured(family: str) -> None:
    with borrowed(tiny(family), word_tokenizer("gpt2")) as lent:
        rows = pattern_of(lent.model, [3, 5, 6, 7, 8, 9], 1, 2).sum(-1)

    assert (lent.layers, lent.heads) == (2, 4)
    assert bool((rows <= 1 + 1e-6).all())
    assert bool((rows >= 1 - 1e-6).all()) == (family not in SINKS)


def test_the_files_of_each_state_its_family_and_shape(tmp_path: Path) -> None:
    for family in MEASURED:
        config(family).save_pretrained(tmp_path / family)
        source = completed(unread(family), tmp_path / family)

        assert (source.family, source.layers, source.heads) == ("encoder" if family in ENCODERS else "decoder", 2, 4)


@pytest.mark.parametrize("family", ["gptj", "bloom", "deberta-v2"])
def test_one_out_of_reach_is_refused_with_the_list(family: str) -> None:
    assert family in NOT_MEASURED
    with pytest.raises(UnsupportedTransformer, match="These families can be measured: GPT-2, "):
        borrowed(tiny(family), word_tokenizer("gpt2")).__enter__()


def test_the_page_lists_them() -> None:
    page = " ".join(PAGE.read_text().split())

    assert ", ".join(MEASURED.values()) in page
    assert ", ".join(NOT_MEASURED.values()) in page
    assert all(name in advice() for name in MEASURED.values())
