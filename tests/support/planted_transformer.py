"""An attention-only transformer with weights set by hand: one previous-token head, and one induction head above it.

Each state has room for its own token, its position, the token before it, and the token to predict. Every token before
is told apart for certain: attention is 0 or 1, to the last bit.
"""

from math import sqrt

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

PLAIN = 66
WORDS = PLAIN + 1
"""With the token 0, which stands before every text."""
POSITIONS = 128
LAYERS, HEADS, DIMENSION = 2, 4, 128
WIDTH = HEADS * DIMENSION
TOKEN, POSITION, BEFORE, PREDICTED, REST = (
    slice(0, WORDS),
    slice(WORDS, WORDS + POSITIONS),
    slice(WORDS + POSITIONS, 2 * WORDS + POSITIONS),
    slice(2 * WORDS + POSITIONS, 3 * WORDS + POSITIONS),
    slice(3 * WORDS + POSITIONS, WIDTH),
)
PREVIOUS_TOKEN, INDUCTION = (0, 1), (1, 2)
UNWRITTEN = (1, 3)
"""A head that computes as the others do, but its slice of the output projection is zero."""
CERTAIN = 1600 * sqrt(DIMENSION)
"""A product of query and key that leaves nothing for those with half of it."""


def tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer of as many two-letter words."""
    letters = "abcdefghijklm"
    words = [one + other for one in letters for other in letters][:PLAIN]
    known = Tokenizer(models.WordLevel({word: number for number, word in enumerate(["<s>", *words])}, unk_token="<s>"))  # noqa: S106
    known.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=known, bos_token="<s>", unk_token="<s>")  # noqa: S106


def planted() -> GPT2LMHeadModel:
    """Return the transformer, in float64."""
    config = GPT2Config(
        vocab_size=WORDS,
        n_positions=POSITIONS,
        n_embd=WIDTH,
        n_layer=LAYERS,
        n_head=HEADS,
        n_inner=1,
        layer_norm_epsilon=1e-12,
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=0,
    )
    model = GPT2LMHeadModel(config).double().eval().requires_grad_(False)
    for weights in model.parameters():
        weights.zero_()
    model.transformer.wte.weight[:, TOKEN] = torch.eye(WORDS).double()
    model.transformer.wpe.weight[:, POSITION] = torch.eye(POSITIONS).double()
    model.lm_head.weight[:, PREDICTED] = 10 * torch.eye(WORDS).double()
    model.transformer.ln_f.weight.fill_(1)
    _before_each(model)
    _after_the_copy(model)
    for number, head in ((layer, head) for layer in range(LAYERS) for head in range(HEADS)):
        if (number, head) not in (PREVIOUS_TOKEN, INDUCTION):
            _constant(model, number, head)
    for number, ones in enumerate((2, 3 + HEADS - 1)):
        _see_through(model.transformer.h[number].ln_1, ones)
    return model


def _see_through(norm: torch.nn.LayerNorm, ones: int) -> None:
    """Let a norm return what it is given, if that is 1 in so many places and 0 elsewhere."""
    mean = ones / WIDTH
    norm.weight.fill_(sqrt(mean - mean**2 + norm.eps))
    norm.bias.fill_(mean)


def _inputs(model: GPT2LMHeadModel, layer: int, head: int) -> tuple[tuple[Tensor, Tensor, Tensor], ...]:
    """Return weights and biases of one head's query, key and value, and its slice of the output projection."""
    attention = model.transformer.h[layer].attn
    own = slice(head * DIMENSION, (head + 1) * DIMENSION)
    weights = attention.c_attn.weight.unflatten(1, (3, WIDTH))[:, :, own]
    biases = attention.c_attn.bias.unflatten(0, (3, WIDTH))[:, own]
    return tuple(weights.unbind(1)), tuple(biases.unbind(0)), (attention.c_proj.weight[own],)


def _before_each(model: GPT2LMHeadModel) -> None:
    """Plant the head that looks at the token before, and notes which one it was."""
    (query, key, value), _biases, (output,) = _inputs(model, *PREVIOUS_TOKEN)
    query[POSITION] = CERTAIN * torch.eye(POSITIONS).double()
    key[POSITION] = torch.eye(POSITIONS).double().roll(1, dims=1)
    value[TOKEN, :WORDS] = torch.eye(WORDS).double()
    output[:WORDS, BEFORE] = torch.eye(WORDS).double()


def _after_the_copy(model: GPT2LMHeadModel) -> None:
    """Plant the head that looks where its token was noted, else at the first position, from which it takes nothing."""
    (query, key, value), (query_bias, _key_bias, _value_bias), (output,) = _inputs(model, *INDUCTION)
    query[TOKEN, :WORDS] = CERTAIN * torch.eye(WORDS).double()
    key[BEFORE, :WORDS] = torch.eye(WORDS).double()
    query_bias[-1] = CERTAIN / 2
    key[POSITION.start, -1] = 1
    value[TOKEN, :WORDS] = torch.eye(WORDS).double()
    value[TOKEN.start] = 0
    output[:WORDS, PREDICTED] = torch.eye(WORDS).double()


def _constant(model: GPT2LMHeadModel, layer: int, head: int) -> None:
    """Plant a head that looks here and there, and always writes the same."""
    (query, key, value), (_query_bias, _key_bias, value_bias), (output,) = _inputs(model, layer, head)
    random = torch.Generator().manual_seed(10 * layer + head)
    for weights in (query, key):
        weights.copy_(torch.randn(weights.shape, generator=random, dtype=torch.float64))
    if (layer, head) == UNWRITTEN:
        value.copy_(torch.randn(value.shape, generator=random, dtype=torch.float64))
    else:
        value_bias[0] = 1
        output[0, REST.start + HEADS * layer + head] = 1
