"""Looking at any text, held against what the transformer itself computes, for every family that can be measured."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import PreTrainedTokenizerFast

from grader.base.errors import InvalidInput
from grader.laboratory.looking import KEPT_BYTES, KEPT_PASSES, MOST_TOKENS, Looking
from grader.measuring.attention.streaming import stream
from grader.measuring.transformer import Loaded
from grader.schema import TransformerSource
from tests.support.every_family import ENCODERS, REPLACED, headed, output_projections
from tests.support.tiny import word_tokenizer

TEXT = "the king near the old bridge waits"
LAYERS, HEADS, POSITIONS = 3, 4, 512


def tokenizer_for(family: str) -> PreTrainedTokenizerFast:
    return word_tokenizer("bert" if family in ENCODERS else "gpt2")


def looking(family: str, *, whole: bool = True) -> Looking:
    kind = "encoder" if family in ENCODERS else "decoder"
    tokenizer = tokenizer_for(family)
    model = headed(family, vocab_size=len(tokenizer), max_position_embeddings=POSITIONS, n_positions=POSITIONS)
    name = family.replace("_", "-")
    source = TransformerSource.model_validate({"name": name, "family": kind, "layers": LAYERS, "heads": HEADS})
    return Looking(Loaded(model.base_model, tokenizer, source, "d" * 64, model if whole else None))


def silenced(family: str, model: nn.Module, layer: int, head: int) -> torch.utils.hooks.RemovableHandle:
    """Make a head write nothing, by what goes into its layer's output projection."""
    projections = output_projections(family, model)
    calls = iter(range(1000))

    def hook(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        if len(projections) > 1 or next(calls) == layer:
            (given,) = inputs
            size = given.shape[-1] // HEADS
            given = given.clone()
            given[..., head * size : (head + 1) * size] = 0
            return (given,)
        return inputs

    return projections[layer if len(projections) > 1 else 0].register_forward_pre_hook(hook)


def streamed(seen: Looking, ids: list[int]) -> list[torch.Tensor]:
    patterns: list[torch.Tensor] = []
    stream(seen.model, [ids], lambda _, pattern: patterns.append(pattern[0].clone()), LAYERS - 1)
    return patterns


@pytest.mark.parametrize("family", REPLACED)
def test_patterns_and_predictions_are_the_transformers_own_also_without_a_head(family: str) -> None:
    seen = looking(family)
    ids = [token.id for token in seen.read(TEXT)]
    plain = streamed(seen, ids)
    with torch.no_grad():
        before = [seen.layer(TEXT, layer) for layer in range(LAYERS)]
        off = [seen.layer(TEXT, layer, [(1, 2)]) for layer in range(LAYERS)]
        predicted = seen.predict(TEXT, [(1, 2)])
        handle = silenced(family, seen.model, 1, 2)
        without = streamed(seen, ids)
        handle.remove()

    for layer in range(LAYERS):
        assert before[layer].dtype == np.float32
        assert np.abs(before[layer] - plain[layer].numpy()).max() < 1e-6
        assert np.abs(off[layer] - without[layer].numpy()).max() < 1e-6
    assert np.abs(off[2] - before[2]).max() > 1e-4
    assert predicted is None or len(predicted) == 10
    assert (predicted is None) == (family in ENCODERS)  # this tokenizer has no mask


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_predictions_are_those_of_the_logits(family: str) -> None:
    seen = looking(family)
    ids = [token.id for token in seen.read(TEXT)]
    best = seen.predict(TEXT)
    whole = seen.bench.whole
    assert whole is not None
    whole.set_attn_implementation("eager")
    with torch.no_grad():
        expected = torch.softmax(whole(input_ids=torch.tensor([ids])).logits[0, -1], -1).topk(10)

    assert best is not None
    assert [guess.probability for guess in best] == pytest.approx(expected.values.tolist(), abs=1e-9)
    assert [guess.token for guess in best] == [seen.tokenizer.decode([number]) for number in expected.indices.tolist()]


def test_without_a_head_for_predictions_there_are_none() -> None:
    seen = looking("gpt2", whole=False)

    assert not seen.about.predicts
    assert seen.predict(TEXT) is None


def test_places_are_counted_in_utf_16_and_tokens_around_a_text_stand_for_none_of_it() -> None:
    text = "the \N{GRINNING FACE} king"
    encoder = looking("bert").read("the king")
    tokens = looking("gpt2").read(text)
    units = text.encode("utf-16-le")

    assert [(each.special, each.start, each.end) for each in (encoder[0], encoder[-1])] == [
        (True, 0, 0),
        (True, 8, 8),
    ]
    assert tokens[-1].end == len(units) // 2
    assert units[2 * tokens[-1].start : 2 * tokens[-1].end].decode("utf-16-le").strip() == "king"


@pytest.mark.parametrize(
    ("text", "layer", "off", "code"),
    [
        (" \n", 0, [], "no-words"),
        ("the " * (MOST_TOKENS + 1), 0, [], "too-long"),
        (TEXT, 3, [], "no-such-head"),
        (TEXT, -1, [], "no-such-head"),
        (TEXT, 2, [(0, 4)], "no-such-head"),
        (TEXT, 2, [(-1, 0)], "no-such-head"),
        (TEXT, 0, [(9, 0)], "no-such-head"),
    ],
)
def test_what_cannot_be_looked_at_is_said(text: str, layer: int, off: list[tuple[int, int]], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        looking("gpt2").layer(text, layer, off)

    assert [problem.code for problem in caught.value.problems] == [code]


def test_the_last_texts_are_kept_and_older_ones_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = looking("gpt2")
    first = seen.layer(TEXT, 0)

    assert seen.layer(TEXT, 0) is first
    assert first.nbytes < KEPT_BYTES
    monkeypatch.setattr("grader.laboratory.looking.KEPT_BYTES", 1)
    seen.layer("the old king", 0)
    assert seen.layer(TEXT, 0) is not first


def test_passes_of_short_texts_are_not_kept_without_end() -> None:
    seen = looking("gpt2")
    for number in range(KEPT_PASSES + 3):
        bits = f"{number:08b}"
        seen.layer("the", 2, [divmod(place, HEADS) for place in range(8) if bits[place] == "1"])

    assert len(seen._passes) == KEPT_PASSES
