"""One head on a text: the transformer's own attention, whoever holds the transformer."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from transformers import PreTrainedModel

import grader
from grader.doors.python.patterns import _loaded
from grader.measuring import transformer
from tests.cli.conftest import Bench
from tests.support import saved_transformers
from tests.support.tiny import FAMILIES, POSITIONS, for_words, with_head, word_tokenizer

TEXT = "the king near the old bridge waits and the king near the old bridge waits"


def own(model: PreTrainedModel, family: str) -> np.ndarray:
    """Head 2 of layer 1, as the library itself returns it."""
    words = word_tokenizer(family)
    inner = words(TEXT, add_special_tokens=False)["input_ids"]
    around = [words.cls_token_id, *inner, words.sep_token_id] if family == "bert" else [words.bos_token_id, *inner]
    model.set_attn_implementation("eager")
    with torch.no_grad():
        return model.eval()(input_ids=torch.tensor([around]), output_attentions=True).attentions[1][0, 2].numpy()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_the_transformers_own(family: str, dtype: torch.dtype) -> None:
    model = with_head(family, dtype)
    found = grader.attention(model=model, tokenizer=word_tokenizer(family), layer=1, head=2, text=TEXT)
    expected = own(with_head(family, dtype), family)

    np.testing.assert_allclose(found.weights, expected, atol=1e-6)
    assert found.weights.shape == (len(found.tokens), len(found.tokens))
    assert found.weights.dtype == np.dtype(str(dtype).removeprefix("torch."))
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, atol=1e-6)
    assert (found.layer, found.head, found.text) == (1, 2, TEXT)
    assert "".join(found.tokens).replace(" ", "").find("kingneartheoldbridge") > 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_a_precision_is_shown_in_single(dtype: torch.dtype) -> None:
    found = grader.attention(
        model=with_head("llama", dtype), tokenizer=word_tokenizer("llama"), layer=1, head=2, text=TEXT
    )

    assert found.weights.dtype == np.float32
    np.testing.assert_allclose(found.weights.sum(axis=1), 1, atol=1e-6)


def test_of_an_exercise_it_is_the_same(exercise: grader.Exercise) -> None:
    found = grader.attention(exercise, layer=1, head=2, text=TEXT)
    lent = grader.attention(
        model=for_words("llama", torch.float32), tokenizer=word_tokenizer("llama"), layer=1, head=2, text=TEXT
    )

    assert found.tokens == lent.tokens
    np.testing.assert_array_equal(found.weights, lent.weights)


def test_the_transformer_is_loaded_once_for_many_heads(
    bench: Bench, exercise: grader.Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[str] = []
    load = transformer.load

    def counted(*given: object, **named: object) -> transformer.Loaded:
        loads.append("once")
        return load(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(transformer, "load", counted)
    _loaded.cache_clear()
    for head in range(3):
        grader.attention(exercise, layer=0, head=head, text=TEXT)
    grader.attention(grader.load_exercise(f"{exercise.id}-score"), layer=0, head=0, text=TEXT)

    assert loads == ["once"]
    monkeypatch.delenv("GRADER_TRANSFORMER_TINY")
    moved = grader.attention(exercise, layer=0, head=0, text=TEXT, transformer=bench.root / "tiny")
    assert loads == ["once"]
    np.testing.assert_array_equal(
        moved.weights,
        grader.attention(exercise, layer=0, head=0, text=TEXT, transformer=str(bench.root / "tiny")).weights,
    )


@pytest.mark.parametrize("place", [(3, 0), (0, 8), (-1, 0), (0, -1)])
def test_a_head_that_there_is_not_is_named(place: tuple[int, int], exercise: grader.Exercise) -> None:
    layer, head = place
    message = f"has no head L{layer}H{head}: layers are 0 to 2, heads 0 to 7"

    with pytest.raises(grader.InvalidInput, match=f"tiny {message}"):
        grader.attention(exercise, layer=layer, head=head, text=TEXT)
    with pytest.raises(grader.InvalidInput, match=f"LlamaForCausalLM {message}"):
        grader.attention(model=with_head("llama"), tokenizer=word_tokenizer("llama"), layer=layer, head=head, text=TEXT)


@pytest.mark.parametrize(("text", "message"), [(" \n", "there is nothing to look at"), ("king " * POSITIONS, "tokens")])
def test_a_text_that_cannot_be_looked_at_is_refused(text: str, message: str) -> None:
    with pytest.raises(grader.InvalidInput, match=message):
        grader.attention(model=with_head("gpt2"), tokenizer=word_tokenizer("gpt2"), layer=0, head=0, text=text)


def test_a_tokenizer_of_another_transformer_is_refused() -> None:
    small = saved_transformers.model("gpt2", 30)

    with pytest.raises(grader.UnsupportedTransformer, match="give the tokenizer that belongs to the transformer"):
        grader.attention(model=small, tokenizer=word_tokenizer("gpt2"), layer=0, head=0, text="king")


CALLS: dict[str, tuple[Callable[[grader.Exercise], object], str]] = {
    "nothing": (lambda exercise: grader.attention(layer=0, head=0, text="x"), "give an exercise, or both"),  # type: ignore[call-overload]
    "both": (
        lambda exercise: grader.attention(exercise, layer=0, head=0, text="x", model=for_words("gpt2")),  # type: ignore[call-overload]
        "leave model out",
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_an_exercise_or_a_transformer_and_never_both(case: str, exercise: grader.Exercise) -> None:
    call, message = CALLS[case]

    with pytest.raises(TypeError, match=message):
        call(exercise)


def test_in_short(exercise: grader.Exercise) -> None:
    assert repr(grader.attention(exercise, layer=1, head=2, text="king queen")) == "<Pattern of L1H2 on 4 tokens>"
