"""A transformer that somebody lent is afterwards exactly as it was, whatever happened meanwhile."""

from typing import Any

import pytest
import torch
from torch import nn
from transformers import (
    AutoModel,
    ByT5Tokenizer,
    FNetConfig,
    JambaConfig,
    PreTrainedModel,
    ViTConfig,
    WhisperConfig,
)

import grader
from grader.base.errors import UnsupportedTransformer
from grader.measuring.transformer.borrowed import borrowed
from grader.measuring.transformer.reach import refuse_unreadable
from grader.schema import ProbeSettings
from tests.support.tiny import FAMILIES, WORDS, with_head, word_tokenizer

SETTINGS = ProbeSettings(
    seed=3, random_sequences=4, repeat_sequences=6, sentences=20, category_sequences=10, rare_sequences=10
)
KINDS = ("positional:-1", "induction", "syntactic:verb_subject")
SIZES = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 4, "vocab_size": WORDS}
HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_state_dict_hooks")


def scan(model: nn.Module, family: str) -> list[grader.Score]:
    return list(grader.scan(model=model, tokenizer=word_tokenizer(family), kinds=KINDS, settings=SETTINGS))


def look(model: nn.Module, family: str) -> list[float]:
    text = "the king near the old bridge waits"
    pattern = grader.attention(model=model, tokenizer=word_tokenizer(family), layer=1, head=2, text=text)
    return [float(weight) for weight in pattern.weights.flatten()]


WAYS = {"scan": scan, "attention": look}


def own(family: str) -> PreTrainedModel:
    """One in which nothing is as it was made: parts frozen, parts in eval mode, hooks, an implementation of its own."""
    model = with_head(family)
    modules = [module for name, module in model.named_modules() if name]
    modules[3].requires_grad_(False)
    modules[-2].eval()
    modules[1].register_forward_hook(lambda *_: None)
    modules[2].register_forward_pre_hook(lambda *_: None)
    model.set_attn_implementation("sdpa")
    return model


def state(model: nn.Module) -> dict[str, Any]:
    """All that somebody who lends a transformer could notice afterwards."""
    modules = dict(model.named_modules())
    configs = {name: module.config for name, module in modules.items() if hasattr(module, "config")}
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {
        "attention": {name: (id(config), config._attn_implementation) for name, config in configs.items()},
        "configurations": {name: config.to_dict() for name, config in configs.items()},
        "mode": {name: module.training for name, module in modules.items()},
        "hooks": {name: [list(getattr(module, kind).values()) for kind in HOOKS] for name, module in modules.items()},
        "attributes": {name: sorted(vars(module)) for name, module in modules.items()},
        "tensors": {
            name: (id(each), each.dtype, each.device, each.requires_grad, each.is_inference(), each._version)
            for name, each in tensors.items()
        },
        "process": (torch.get_num_threads(), torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
        "random": torch.get_rng_state().tolist(),
    }


def logits(model: PreTrainedModel) -> torch.Tensor:
    """What the whole language model says, dropout and all: the same bits only if all of it is the same."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return model(input_ids=torch.tensor([[5, 6, 7, 8, 9]])).logits.detach()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_of_it_is_changed(family: str, way: str) -> None:
    model = own(family)
    said, before = logits(model), state(model)
    WAYS[way](model, family)

    assert state(model) == before
    assert torch.equal(logits(model), said)


@pytest.mark.parametrize("stop", [RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("family", FAMILIES)
def test_nothing_of_it_is_changed_by_an_error_in_the_middle(family: str, way: str, stop: type[BaseException]) -> None:
    model = own(family)
    calls: list[int] = []

    def fails(*_: object) -> None:
        calls.append(torch.get_num_threads())
        if len(calls) == 2:  # the first pass only shows how many heads there are
            raise stop("in the middle")

    said = logits(model)
    next(module for module in model.modules() if isinstance(module, nn.ModuleList))[1].register_forward_pre_hook(fails)
    before = state(model)
    with pytest.raises(stop, match="in the middle"):
        WAYS[way](model, family)

    assert state(model) == before
    calls[:] = [0, 0]
    assert torch.equal(logits(model), said)


@pytest.mark.parametrize("family", FAMILIES)
def test_dropout_is_off_meanwhile(family: str) -> None:
    model, same = own(family), with_head(family).eval()

    assert scan(model, family) == scan(same, family)
    assert look(model, family) == look(same, family)


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_not_trained_meanwhile_and_can_be_afterwards(family: str) -> None:
    model = with_head(family)
    scan(model, family)
    model(input_ids=torch.tensor([[5, 6, 7]]), labels=torch.tensor([[5, 6, 7]])).loss.backward()

    assert all(parameter.grad is not None for parameter in model.base_model.parameters() if parameter.requires_grad), (
        "no parameter was left out of the graph"
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_one_who_asks_for_attention_gets_it_before_and_afterwards(family: str) -> None:
    """The library keeps hooks, and a flag that they are there, from the first time that outputs are asked for."""
    model = with_head(family)
    model.set_attn_implementation("eager")
    model.config.output_attentions = model.config.output_hidden_states = True
    before = state(model)
    scan(model, family)
    untouched = state(model) == before
    ids = torch.tensor([[5, 6, 7]])
    shown = model(input_ids=ids)

    assert untouched
    assert len(shown.attentions) == model.config.num_hidden_layers
    assert len(shown.hidden_states) == model.config.num_hidden_layers + 1
    before = state(model)
    scan(model, family)
    assert state(model) == before
    assert len(model(input_ids=ids).attentions) == model.config.num_hidden_layers


@pytest.mark.parametrize("grad", [True, False])
def test_a_grad_mode_of_the_callers_stays(grad: bool) -> None:
    model = with_head("gpt2")
    with torch.set_grad_enabled(grad):
        scan(model, "gpt2")

        assert torch.is_grad_enabled() == grad


def test_a_tokenizer_that_cuts_and_pads_is_measured_as_one_that_does_not_and_stays_so() -> None:
    model, plain = with_head("bert"), word_tokenizer("bert")
    cutting = type(plain)(tokenizer_object=plain.backend_tokenizer, **plain.special_tokens_map)
    cutting.backend_tokenizer.enable_truncation(max_length=6)
    cutting.backend_tokenizer.enable_padding(length=9)
    before = (cutting.backend_tokenizer.truncation, cutting.backend_tokenizer.padding)

    found = grader.scan(model=model, tokenizer=cutting, kinds=KINDS, settings=SETTINGS)

    assert (cutting.backend_tokenizer.truncation, cutting.backend_tokenizer.padding) == before
    assert list(found) == scan(model, "bert")


def made(config: Any) -> PreTrainedModel:  # noqa: ANN401 - of any family
    return AutoModel.from_config(config)


def spread(model: nn.Module) -> nn.Module:
    """Return the model with its first layer on another device, as where it is too large for one."""
    next(module for module in model.modules() if isinstance(module, nn.LayerNorm)).to("meta")
    return model


REFUSED = {
    "not the library's": (lambda: nn.Linear(2, 2), "Linear is not a transformer of the library `transformers`"),
    "sounds": (
        lambda: made(WhisperConfig(encoder_layers=1, decoder_layers=1)),
        "WhisperEncoder does not read one text",
    ),
    "pictures": (lambda: made(ViTConfig(num_hidden_layers=1, image_size=28, patch_size=14)), "ViTModel does not read"),
    "attention out of reach": (
        lambda: made(FNetConfig(num_hidden_layers=2, hidden_size=32, vocab_size=300)),
        "FNetModel cannot be measured: it mixes tokens by a Fourier transform, and has no attention. These families",
    ),
    "layers without attention": (
        lambda: made(
            JambaConfig(num_hidden_layers=4, attn_layer_period=2, attn_layer_offset=1, num_key_value_heads=2, **SIZES)
        ),
        "JambaModel shows attention in 2 layers, but its configuration says 4",
    ),
    "nowhere": (lambda: with_head("gpt2").to("meta"), r"no weights in memory \(it is on meta\); load them"),
    "spread": (
        lambda: spread(with_head("gpt2")),
        r'is spread over cpu, meta; .*one device, such as `model.to\("cuda"\)`',
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_measured_is_refused_with_the_reason(case: str) -> None:
    make, message = REFUSED[case]
    model = make()
    before = state(model)

    with pytest.raises(UnsupportedTransformer, match=message), borrowed(model, word_tokenizer("gpt2")):
        pytest.fail("it was lent")
    assert state(model) == before


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_transformer_is_refused_whatever_is_asked(way: str) -> None:
    with pytest.raises(UnsupportedTransformer, match="Linear is not a transformer of the library `transformers`"):
        WAYS[way](nn.Linear(2, 2), "gpt2")


def test_layers_of_other_heads_than_the_configuration_says_are_refused() -> None:
    model = with_head("gpt2")
    model.config.num_attention_heads = 8

    with pytest.raises(UnsupportedTransformer, match="shows layers of 4 heads, but its configuration says 8"):
        scan(model, "gpt2")


def test_a_slow_tokenizer_is_refused() -> None:
    with (
        pytest.raises(UnsupportedTransformer, match="ByT5Tokenizer cannot tell where in the text a token stands"),
        borrowed(with_head("gpt2"), ByT5Tokenizer()),
    ):
        pytest.fail("it was lent")


def test_texts_that_the_transformer_cannot_read_are_refused() -> None:
    model = with_head("gpt2").base_model

    refuse_unreadable(model, [[0] * 320])
    with pytest.raises(UnsupportedTransformer, match="GPT2Model reads 320 tokens at most, but a probe has 321"):
        refuse_unreadable(model, [[0], [0] * 321])
    with pytest.raises(UnsupportedTransformer, match="gives the token 99999, but GPT2Model has a vocabulary of"):
        refuse_unreadable(model, [[0, 99_999]])
