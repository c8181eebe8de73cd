"""The gate that every file of a transformer passes before anything is built from it.

A library that reads a transformer believes what it reads: a configuration may ask for more layers than there are
atoms, and whatever is wrong ends in an error of any type. So counts and sizes are held against the weights that are
there first, and an error from a library is always one about the files.
"""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.base.errors import GraderError, UnsupportedTransformer
from grader.base.memory import ran_out
from grader.measuring.transformer.files import CONFIGURATION, files_of, read_json
from grader.measuring.transformer.gguf_header import GgufHeader

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

WEIGHTS = ".safetensors"
COUNT = re.compile("layer|head|expert|label|block|group|stage|depth")
"""The names of numbers that a library counts up to, or has lists of."""
MOST_COUNTED = 1_000_000
LAYERS = ("n_layer", "n_layers", "num_layers", "num_hidden_layers", "block_count")
"""The names for the number of layers; each layer has at least one tensor."""
MOST_LAYERS = 1_000
MOST_VALUE = 10**15
"""The largest size: the product of two more would not fit into 64 bits."""
NEEDED = ("num_hidden_layers", "num_attention_heads", "hidden_size", "vocab_size")
"""The numbers of which every transformer has at least 1."""
MOST_TEXT_BYTES = 100_000_000
"""The most bytes of a file that is not weights: Gemma's tokenizer.json has 33 million."""
WEIGHTS_PER_BYTE = 8
"""The most weights that are built for each byte in the files: with 4 bits to a weight there are 2."""
WEIGHTS_BESIDE = 10_000_000
"""The weights that are built beside those, such as a pooler, which files often lack."""
TIME_LIMITS = "billiard"
"""The module whose errors say that a worker's time is up: they come from a signal, wherever the process is."""
FIRST_TEXT = 3
"""The tokens of the first text that a transformer is given."""


def counted_tensors(path: Path) -> int:
    """Return the number of tensors in the weights; refuse files that no transformer consists of.

    Raises:
        UnsupportedTransformer: One is too large, is not JSON, or has counts that the weights do not bear.
    """
    if path.is_file():
        with foreign(path):
            header = GgufHeader.of(path)
        _refuse_counts(path, header.numbers, header.tensors)
        return header.tensors
    files = files_of(path)
    tensors = sum(_tensors(file) for file in files.values() if file.suffix == WEIGHTS)
    for name, file in files.items():
        if file.suffix != WEIGHTS and (size := file.stat().st_size) > MOST_TEXT_BYTES:
            raise UnsupportedTransformer(f"{file}: it has {size:,} bytes; such a file has {MOST_TEXT_BYTES:,} at most")
        if file.suffix == ".json":
            content = read_json(file)
            if name in CONFIGURATION:
                _refuse_counts(file, content, tensors)
    return tensors


def refuse_unlike_weights(path: Path, config: "PreTrainedConfig", tensors: int) -> None:
    """Refuse a configuration whose transformer is much larger than its weights, before memory is taken for it.

    Raises:
        UnsupportedTransformer: It is, or it describes nothing that can be built.
    """
    import torch
    from transformers import AutoModel

    for name in NEEDED:
        value = getattr(config, name, 1)
        if not isinstance(value, int) or value < 1:
            raise UnsupportedTransformer(f"{path}: its configuration says `{name}: {value}`; it must be 1 or more")
    if getattr(config, "num_hidden_layers", 1) > tensors:
        raise UnsupportedTransformer(
            f"{path}: its configuration means {config.num_hidden_layers} layers, but its weights are {tensors} tensors"
        )
    with torch.device("meta"):
        model = AutoModel.from_config(config, attn_implementation="eager")  # type: ignore[no-untyped-call]
    built = sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers()))
    there = sum(file.stat().st_size for file in files_of(path).values())
    if built > WEIGHTS_PER_BYTE * there + WEIGHTS_BESIDE:
        raise UnsupportedTransformer(
            f"{path}: its configuration describes {built:,} weights, but its files have {there:,} bytes; "
            "give the configuration that belongs to the weights"
        )


def refuse_not_finite(path: Path, model: "PreTrainedModel") -> None:
    """Refuse weights that are not numbers.

    Raises:
        UnsupportedTransformer: A tensor has NaN or infinity in it; the message names it.
    """
    import torch

    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            strange = int((~torch.isfinite(tensor)).sum())
            raise UnsupportedTransformer(
                f"{path}: {strange:,} of the {tensor.numel():,} weights of {name} are not numbers (NaN or infinity); "
                "the file is damaged, or the training diverged"
            )


def refuse_too_small(path: Path, model: "PreTrainedModel") -> None:
    """Refuse a transformer that cannot even read the first text that it is given.

    Raises:
        UnsupportedTransformer: It has fewer tokens or positions.
    """
    words = model.config.vocab_size
    places = getattr(model.config, "max_position_embeddings", FIRST_TEXT)
    if min(words, places) < FIRST_TEXT:
        raise UnsupportedTransformer(
            f"{path}: it has a vocabulary of {words} and reads {places} tokens at most; {FIRST_TEXT} is the least"
        )


@contextmanager
def foreign(path: Path) -> Iterator[None]:
    """Turn the errors of libraries that read these files into one about the files: they may be of any type.

    Raises:
        UnsupportedTransformer: A library raised an error.
        OutOfMemory: There was not enough memory.
    """
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, GraderError):
        raise
    except BaseException as error:  # a panic in Rust, as of `tokenizers`, is no Exception
        if type(error).__module__.startswith(TIME_LIMITS):
            raise
        if shortage := ran_out(error, str(path)):
            raise shortage from error
        said = " ".join(str(error).split())[:500]
        raise UnsupportedTransformer(f"{path}: it cannot be read ({type(error).__name__}: {said})") from error


def _tensors(file: Path) -> int:
    from safetensors import safe_open

    with foreign(file), safe_open(file, "pt") as weights:
        return len(weights.keys())


def _refuse_counts(file: Path, numbers: Mapping[str, Any], tensors: int) -> None:
    """Refuse numbers that are none, or that a library would count up to for hours."""
    for name, value in _numbers(numbers):
        counts = COUNT.search(name.rpartition(".")[2]) is not None
        most = MOST_COUNTED if counts else MOST_VALUE
        if name.rpartition(".")[2] in LAYERS:
            most = min(MOST_LAYERS, tensors)
        if math.isnan(value) or (abs(value) > most and (counts or isinstance(value, int))):
            raise UnsupportedTransformer(
                f"{file}: `{name}: {value}` cannot be; the weights have {tensors} tensors, and {most} would be the most"
            )


def _numbers(content: Mapping[str, Any]) -> Iterator[tuple[str, int | float]]:
    """Yield the numbers anywhere in a configuration, each with its path; it may be nested as deep as it likes."""
    left: list[tuple[str, Any]] = [("", content)]
    while left:
        name, value = left.pop()
        match value:
            case bool():
                continue
            case int() | float():
                yield name, value
            case Mapping():
                left += ((f"{name}.{key}" if name else str(key), each) for key, each in value.items())
            case list():
                left += ((name, each) for each in value)
