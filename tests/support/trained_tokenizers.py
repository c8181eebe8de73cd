"""Small tokenizers of every make, trained on the project's own words: nothing is downloaded."""

import json
from collections.abc import Callable
from string import ascii_letters

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from grader.measuring.probes.vocabulary import ALL_WORDS
from tests.support.tiny import word_tokenizer

SPECIAL = ["<unk>", "<s>", "</s>"]
SPACED = [text for word in ALL_WORDS for text in (word, f" {word}")]
CAPITALS = [word.capitalize() for word in ALL_WORDS]
LETTERS = [*ascii_letters, *".,;'"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def _fast(made: Tokenizer, around: str = "", **names: str) -> PreTrainedTokenizerFast:
    """Return it, putting special tokens around a text as the template says."""
    if around:
        ids = [(token, made.token_to_id(token)) for token in SPECIAL if token in around]
        made.post_processor = processors.TemplateProcessing(single=around, special_tokens=ids)
    return PreTrainedTokenizerFast(tokenizer_object=made, **{f"{name}_token": token for name, token in names.items()})


def _byte_level() -> Tokenizer:
    """Byte-level BPE, as GPT-2, RoBERTa and Qwen have it."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        SPACED,
        trainers.BpeTrainer(vocab_size=4000, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False),
    )
    return made


def _pieces_of_bytes(
    normalizer: normalizers.Normalizer | None = None, split: pre_tokenizers.PreTokenizer | None = None
) -> Tokenizer:
    """SentencePiece's BPE with bytes for letters that it lacks, as Llama and Gemma have it."""
    made = Tokenizer(models.BPE())
    if normalizer is not None:
        made.normalizer = normalizer
    if split is not None:
        made.pre_tokenizer = split
    made.train_from_iterator(SPACED, trainers.BpeTrainer(vocab_size=4300, special_tokens=SPECIAL, show_progress=False))
    trained = json.loads(made.to_str())["model"]
    vocabulary = trained["vocab"] | {byte: len(trained["vocab"]) + number for number, byte in enumerate(BYTES)}
    merges = [(first, second) for first, second in trained["merges"]]
    made.model = models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)  # noqa: S106
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return made


def _unigram() -> Tokenizer:
    """SentencePiece's unigrams, as T5, XLM-R and DeBERTa have them."""
    made = Tokenizer(models.Unigram())
    made.normalizer, made.pre_tokenizer = normalizers.NFKC(), pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.train_from_iterator(
        [*ALL_WORDS * 3, *CAPITALS, *LETTERS],
        trainers.UnigramTrainer(vocab_size=2500, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False),  # noqa: S106
    )
    return made


def _ends_marked() -> Tokenizer:
    """BPE that marks the end of a word, as the first GPT has it."""
    made = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))  # noqa: S106
    made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.BPEDecoder(suffix="</w>")
    trainer = trainers.BpeTrainer(
        vocab_size=4000, special_tokens=["<unk>"], end_of_word_suffix="</w>", show_progress=False
    )
    made.train_from_iterator([*ALL_WORDS * 2, *LETTERS], trainer)
    return made


def _roberta() -> PreTrainedTokenizerFast:
    made = _byte_level()
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 1), trim_offsets=True)
    return _fast(made, bos="<s>", eos="</s>", cls="<s>", sep="</s>", unk="<unk>")


PREPENDED = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
FIRST = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
TOKENIZERS: dict[str, tuple[Callable[[], PreTrainedTokenizerFast], tuple[str, ...], tuple[str, ...]]] = {
    "GPT-2": (lambda: _fast(_byte_level(), bos="</s>", eos="</s>"), ("</s>",), ()),
    "Qwen": (lambda: _fast(_byte_level(), eos="</s>"), ("</s>",), ()),
    "RoBERTa": (_roberta, ("<s>",), ("</s>",)),
    "Llama": (lambda: _fast(_pieces_of_bytes(PREPENDED), "<s> $A", bos="<s>", eos="</s>", unk="<unk>"), ("<s>",), ()),
    "Mistral": (lambda: _fast(_pieces_of_bytes(split=FIRST), "<s> $A", bos="<s>", unk="<unk>"), ("<s>",), ()),
    "Gemma": (
        lambda: _fast(_pieces_of_bytes(normalizers.Replace(" ", "▁")), "<s> $A", bos="<s>", unk="<unk>"),
        ("<s>",),
        (),
    ),
    "T5": (lambda: _fast(_unigram(), "$A </s>", eos="</s>", unk="<unk>"), (), ("</s>",)),
    "XLM-R": (
        lambda: _fast(_unigram(), "<s> $A </s>", bos="<s>", eos="</s>", cls="<s>", sep="</s>", unk="<unk>"),
        ("<s>",),
        ("</s>",),
    ),
    "XGLM": (
        lambda: _fast(_unigram(), "</s> $A", bos="<s>", eos="</s>", cls="<s>", sep="</s>", unk="<unk>"),
        ("</s>",),
        (),
    ),
    "GPT": (lambda: _fast(_ends_marked(), unk="<unk>"), (), ()),
    "BERT": (lambda: word_tokenizer("bert"), ("[CLS]",), ("[SEP]",)),
}
"""By what they are like: how each is made, and what stands in front of a text and behind it."""
