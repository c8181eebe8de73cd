"""Long texts without patterns: the rows are eager attention's, in every family, and memory grows with the length."""

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModel, PreTrainedModel
from transformers.models.gpt2 import modeling_gpt2

from grader.measuring.attention import rows
from grader.measuring.attention.rows import Asked, by_rows, stream_asked
from grader.measuring.scan import WHOLE, answers
from grader.measuring.statistics.patterns import share
from grader.measuring.transformer.families import FAMILIES
from grader.schema import Kind, ProbeSettings
from tests.support.every_family import config
from tests.support.tiny import transformer, word_tokenizer

LENGTH, WINDOW, LAYERS = 60, 16, 3
WINDOWS = {"sliding_window": WINDOW, "local_attention": WINDOW, "use_sliding_window": True, "max_window_layers": 0}
EAGER_OUTPUTS = ("gpt_oss", "gemma2")
"""The families whose outputs torch's fused attention cannot compute: those with sinks, and with softcaps."""


BY_ROWS = [name for name, family in FAMILIES.items() if family.way == "interface"]


def tiny(family: str, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """A random transformer with every second layer under a sliding window, where the family has such windows."""
    small = config(family, LAYERS)
    for name, value in WINDOWS.items():
        if hasattr(small, name):
            setattr(small, name, value)
    if getattr(small, "layer_types", None) and hasattr(small, "sliding_window"):
        small.layer_types = ["sliding_attention", "full_attention", "sliding_attention"]
    torch.manual_seed(0)
    model: PreTrainedModel = AutoModel.from_config(small, experts_implementation="eager").to(dtype).eval()
    for name, weights in model.requires_grad_(False).named_parameters():
        if weights.ndim >= 2:
            weights.mul_(5)
        elif name.endswith("bias") or "sink" in name:
            weights.normal_(std=0.3)
    return model


def batch() -> list[list[int]]:
    random = torch.Generator().manual_seed(1)
    return torch.randint(3, 97, (2, LENGTH), generator=random).tolist()


ASKED = Asked(torch.tensor([0] * 20 + [1] * 10), torch.cat((torch.arange(40, LENGTH), torch.arange(5, 25, 2))))
TARGETS = torch.arange(LENGTH) == ASKED.queries[:, None] - 1


def read(model: PreTrainedModel, *, without_patterns: bool) -> list[Tensor]:
    """The rows of all asked queries in each layer, [asked, head, key]."""
    seen: list[Tensor] = []
    last = model.config.num_hidden_layers - 1
    stream_asked(
        model, batch(), ASKED, lambda own, _: own, lambda _, kept: seen.append(kept), last, rows=without_patterns
    )
    return seen


@pytest.fixture(autouse=True)
def _few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be room for few queries, so that each text takes several pieces."""
    monkeypatch.setattr(rows, "ROOM", 8 * 4 * LENGTH)


@pytest.mark.parametrize("family", BY_ROWS)
def test_every_family_has_the_shares_of_eager_attention(family: str) -> None:
    model = tiny(family)
    eager, without = (read(model, without_patterns=way) for way in (False, True))

    assert by_rows(model, batch()[0], LAYERS - 1)
    for one, other in zip(eager, without, strict=True):
        torch.testing.assert_close(share(one, TARGETS), share(other, TARGETS), rtol=0, atol=1e-6)
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)
    if getattr(model.config, "layer_types", None) and hasattr(model.config, "sliding_window"):
        far = eager[0][19, :, : LENGTH - 1 - WINDOW]  # from the last query of the first text
        assert not far.any()
        assert without[0][19, :, : LENGTH - 1 - WINDOW].equal(far)


@pytest.mark.parametrize("family", ["gpt2", "bert"])
def test_what_differs_is_rounding(family: str) -> None:
    """If it stayed of one size in double precision it would be a bug."""
    model = tiny(family, torch.float64)

    for one, other in zip(*(read(model, without_patterns=way) for way in (False, True)), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-14)


@pytest.mark.parametrize("family", ["gpt2", "llama", "modernbert", *EAGER_OUTPUTS])
def test_an_output_that_is_not_eager_attentions_is_not_used(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison matters: without it, layers above sinks and softcaps would read something else."""
    model = tiny(family)
    for name, weights in model.named_parameters():
        if "q_proj" in name:
            weights.mul_(30)  # logits so large that a softcap is felt
    eager = read(model, without_patterns=False)
    by_hand: list[int] = []
    own = rows.by_queries
    monkeypatch.setattr(rows, "by_queries", lambda call: by_hand.append(1) or own(call))
    without = read(model, without_patterns=True)
    monkeypatch.setattr(rows, "same", lambda one, other: True)
    believed = read(model, without_patterns=True)

    assert bool(by_hand) == (family in EAGER_OUTPUTS)
    torch.testing.assert_close(eager[-1], without[-1], rtol=0, atol=1e-5)
    assert ((eager[-1] - believed[-1]).abs().max() > 1e-4) == (family in EAGER_OUTPUTS)


def _leaning(module: object, query: Tensor, key: Tensor, value: Tensor, mask: Tensor, **rest: object) -> tuple:  # type: ignore[type-arg]
    """Attention with a bias by distance that takes the number of a row for the query's position."""
    far = torch.arange(query.shape[2])[:, None] - torch.arange(key.shape[2])
    return _OWN(module, query, key, value, mask - 0.1 * far.abs(), **rest)


_OWN = modeling_gpt2.eager_attention_forward


def test_a_family_whose_queries_are_not_alone_is_measured_with_patterns_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "ROOM", 2**22)
    monkeypatch.setattr(modeling_gpt2, "eager_attention_forward", _leaning)
    model = transformer("gpt2", torch.float32, len(word_tokenizer("gpt2")))
    model.config.max_position_embeddings = 512
    torch.manual_seed(0)
    model.wpe = torch.nn.Embedding(512, 32).requires_grad_(False)
    settings = ProbeSettings(seed=1, long_context=512, repeat_sequences=6)
    from grader.measuring.probes.families import family

    (sequence, *_) = family("repeats", word_tokenizer("gpt2"), settings)
    said: list[str] = []
    found = answers(model, [([sequence], [Kind(type="induction")])], causal=True, note=said.append)

    assert said == [WHOLE.format(transformer="GPT2Model")]
    assert found["induction"][0].values.shape[0] == 64
    assert found["induction"][0].values.any()


class Largest(TorchDispatchMode):
    """The most numbers in a tensor that any operation makes."""

    most = 0

    def __torch_dispatch__(self, func: object, types: object, args: tuple = (), kwargs: dict | None = None) -> object:  # type: ignore[type-arg,override]
        made = func(*args, **(kwargs or {}))  # type: ignore[operator]
        for each in made if isinstance(made, tuple | list) else (made,):
            if isinstance(each, Tensor):
                self.most = max(self.most, each.untyped_storage().nbytes() // each.itemsize)
        return made


def largest(length: int, *, without_patterns: bool) -> int:
    model = tiny("llama")
    ids = [torch.arange(length).remainder(97).tolist()]
    asked = Asked(torch.zeros(64, dtype=torch.long), torch.arange(length - 64, length))
    with Largest() as watched:
        stream_asked(model, ids, asked, lambda own, _: own.sum(-1), lambda *_: None, 1, rows=without_patterns)
    return watched.most


def test_memory_grows_with_the_length_and_not_with_its_square() -> None:
    half, whole = (largest(length, without_patterns=True) for length in (512, 1024))

    assert whole <= 2 * half
    assert whole <= 64 * 1024
    assert largest(512, without_patterns=False) >= 4 * 512 * 512
