"""Tiny random transformers of three families, from a config: real code, no weights to download."""

from functools import cache
from pathlib import Path
from string import ascii_lowercase, digits

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    GPT2Model,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from grader.measuring.probes.lists import SYMBOLS
from grader.measuring.probes.vocabulary import ALL_WORDS

WORDS = 97
"""The default number of tokens in their vocabularies."""
POSITIONS = 320
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


def gpt2(words: int = WORDS) -> PreTrainedModel:
    return GPT2Model(GPT2Config(vocab_size=words, n_positions=POSITIONS, n_embd=32, n_layer=3, n_head=4))


def llama(words: int = WORDS) -> PreTrainedModel:
    """Return a Llama configuration in which eight query heads share two key heads."""
    return LlamaModel(
        LlamaConfig(
            vocab_size=words,
            hidden_size=64,
            intermediate_size=96,
            num_hidden_layers=3,
            num_attention_heads=8,
            num_key_value_heads=2,
        )
    )


def bert(words: int = WORDS) -> PreTrainedModel:
    return BertModel(
        BertConfig(
            vocab_size=words,
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=3,
            num_attention_heads=4,
            max_position_embeddings=POSITIONS,
        )
    )


FAMILIES = {"gpt2": gpt2, "llama": llama, "bert": bert}


def transformer(family: str, dtype: torch.dtype = torch.float64, words: int = WORDS, seed: int = 0) -> PreTrainedModel:
    """Return a random transformer, always the same; its weights are large enough for heads to differ."""
    torch.manual_seed(seed)
    model = FAMILIES[family](words).to(dtype).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(5)
    return model


@cache
def word_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """Return a tokenizer of the probes' lexicon: byte-level BPE, or WordPiece with [CLS] and [SEP] for BERT."""
    if family != "bert":
        bpe = Tokenizer(models.BPE())
        bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        bpe.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=4000, special_tokens=["<end>"], initial_alphabet=alphabet, show_progress=False
        )
        bpe.train_from_iterator([f" {word}" for word in ALL_WORDS] * 2, trainer)
        return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<end>", eos_token="<end>")  # noqa: S106
    letters = sorted({*ascii_lowercase, *"'.,;:!?"})
    entries = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters), *sorted(ALL_WORDS), *SYMBOLS, *digits]
    pieces = Tokenizer(models.WordPiece({word: n for n, word in enumerate(dict.fromkeys(entries))}, unk_token="[UNK]"))  # noqa: S106
    pieces.normalizer = normalizers.Lowercase()
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    pieces.decoder = decoders.WordPiece()
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep")}
    return PreTrainedTokenizerFast(tokenizer_object=pieces, **names)


def for_words(family: str, dtype: torch.dtype = torch.float64, seed: int = 0) -> PreTrainedModel:
    """Return a random transformer for the word tokenizer's tokens."""
    return transformer(family, dtype, len(word_tokenizer(family)), seed)


def saved(folder: Path, family: str, seed: int = 0) -> Path:
    """Save a random transformer and the word tokenizer in the folder, and return it."""
    folder.mkdir(parents=True)
    for_words(family, torch.float32, seed).save_pretrained(folder)
    word_tokenizer(family).save_pretrained(folder)
    return folder


HEADED = {"gpt2": GPT2LMHeadModel, "llama": LlamaForCausalLM, "bert": BertForMaskedLM}


def with_head(family: str, dtype: torch.dtype = torch.float32, seed: int = 0) -> PreTrainedModel:
    """The transformer of `for_words` inside its language model, in train mode, as one who trains it holds it."""
    base = for_words(family, dtype, seed)
    model = HEADED[family](base.config).to(dtype)
    model.base_model.load_state_dict(base.state_dict(), strict=False)  # BERT's pooler is left out
    return model.train()
