"""A transformer of 2 x 4 heads that knows English words: one previous-token head, and one induction head above it.

Like `planted_transformer`, but tokens and positions are random codes of signs, so that a real vocabulary fits.
"""

from pathlib import Path

import torch
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel

from tests.support.tiny import word_tokenizer

LAYERS, HEADS, CODE = 2, 4, 64
WIDTH, POSITIONS = HEADS * CODE, 320
TOKEN, POSITION, BEFORE = (slice(number * CODE, (number + 1) * CODE) for number in range(3))
PREVIOUS_TOKEN, INDUCTION = (0, 1), (1, 2)
CERTAIN = 30.0
"""The factor of queries with which the best key gets all attention."""


def planted(words: int, induction: tuple[int, int] = INDUCTION) -> GPT2LMHeadModel:
    """Return the transformer, with its induction head at this place; its other heads look everywhere alike."""
    config = GPT2Config(
        vocab_size=words,
        n_positions=POSITIONS,
        n_embd=WIDTH,
        n_layer=LAYERS,
        n_head=HEADS,
        n_inner=8,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config).eval().requires_grad_(False)
    for name, weights in model.named_parameters():
        weights.fill_(1.0 if ".ln_" in name and name.endswith("weight") else 0.0)
    positions = _codes(POSITIONS, 1)
    model.transformer.wte.weight[:, TOKEN] = _codes(words, 0)
    model.transformer.wpe.weight[:, POSITION] = positions
    back = torch.linalg.pinv(positions[:-1]) @ positions[1:]  # from each position's code to the next one's, nearly
    query, key, value, output = _parts(model, *PREVIOUS_TOKEN)
    query[POSITION] = CERTAIN * torch.eye(CODE)
    key[POSITION] = back
    value[TOKEN] = torch.eye(CODE)
    output[:, BEFORE] = torch.eye(CODE)
    query, key, _value, _output = _parts(model, *induction)
    query[TOKEN] = CERTAIN * torch.eye(CODE)
    key[BEFORE] = torch.eye(CODE)
    return model


def saved(folder: Path, induction: tuple[int, int] = INDUCTION) -> Path:
    """Save the transformer and the tokenizer of the probes' words in the folder, and return it."""
    tokenizer = word_tokenizer("gpt2")
    planted(len(tokenizer), induction).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _codes(count: int, seed: int) -> Tensor:
    return torch.randint(0, 2, (count, CODE), generator=torch.Generator().manual_seed(seed)).float() * 2 - 1


def _parts(model: GPT2LMHeadModel, layer: int, head: int) -> tuple[Tensor, ...]:
    """Return one head's weights of query, key and value, and its slice of the output projection."""
    attention, own = model.transformer.h[layer].attn, slice(head * CODE, (head + 1) * CODE)
    weights = attention.c_attn.weight.unflatten(1, (3, WIDTH))[:, :, own]
    return (*weights.unbind(1), attention.c_proj.weight[own])
