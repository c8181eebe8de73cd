"""Loading a transformer into memory: without its head, frozen; never from a pickle, never with foreign code."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from grader.base.errors import DigestMismatch, ExerciseError, UnsupportedTransformer
from grader.base.language import _
from grader.measuring.transformer import device as devices
from grader.measuring.transformer import families
from grader.measuring.transformer.files import lacks, pickles_in, read_json
from grader.measuring.transformer.find import Say, locate, silent
from grader.measuring.transformer.hub import quiet
from grader.measuring.transformer.reach import alone, reads_one_text, refuse_other_tokenizer
from grader.measuring.transformer.sane import (
    counted_tensors,
    foreign,
    refuse_not_finite,
    refuse_too_small,
    refuse_unlike_weights,
)
from grader.measuring.transformer.verify import read_files, source_digest, verify
from grader.measuring.transformer.view import view
from grader.schema import REFERENCE, Precision, TransformerSource

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast
    from transformers.models.auto.auto_factory import _BaseAutoModelClass

COUNTED = "grader-counted"
"""The registered name of the attention function that only counts its calls."""
NO_LIMIT = sys.maxsize
"""In place of the tokenizer's own limit, of which it would only warn: `reach` holds texts to the real one."""
BEHIND = "pooler."
"""The beginning of the names of weights that stand behind the last layer, and that nothing here needs."""
DECODER = "decoder."
"""The beginning of the names of weights of an encoder-decoder that its encoder does without."""
LOADING = threading.Lock()
"""A lock: reading a transformer changes switches of the library that all threads share."""


class Loaded(NamedTuple):
    """A transformer ready to be measured."""

    model: "PreTrainedModel"
    """Without a language-model head, in eval mode, without gradients, with eager attention."""
    tokenizer: "PreTrainedTokenizerFast"
    """Gives each token's place in the text (`return_offsets_mapping`)."""
    source: TransformerSource
    digest: str
    whole: "PreTrainedModel | None" = None
    """The same with its language-model head, whose `base_model` is `model`; None if it was not asked for, or if the
    weights have none."""


def load(  # noqa: PLR0913 - which transformer, and in keywords how it is to lie in memory
    source: TransformerSource,
    explicit: Path | None = None,
    *,
    dtype: Precision = "float32",
    whole: bool = False,
    device: str = REFERENCE,
    say: Say = silent,
) -> Loaded:
    """Return the transformer, found, verified and loaded; `say` is called with what takes long.

    With `whole`, its language-model head is loaded as well, or its masked-token head, if the weights have one.
    `device` is the name of one, as `devices.meant` returns it.

    Raises:
        DeviceError: The device is not there, or cannot compute in this precision.
        TransformerNotFound: It is nowhere.
        DigestMismatch: A pinned file is missing or differs, or a file changed while it was read.
        UnsupportedTransformer: It asks for code or pickles, cannot be read, or its attention is out of reach.
        ExerciseError: Its layers, heads or family are not what the exercise says.
    """
    place = devices.found(device, dtype)
    located = locate(source, explicit, say=say)
    say(_("verifying {name} ({how})", name=source.name, how=located.how))
    verify(located, source)
    _refuse_unsafe(located.path)
    say(_("loading {name} ({how})", name=source.name, how=located.how))
    digest = source_digest(source, located)
    with LOADING, view(located.path, read_files(source, located)) as shown:
        read, tokenizer = _read(shown, dtype, _automatic(source) if whole else "AutoModel")
        base: PreTrainedModel = read.base_model if whole else read  # type: ignore[assignment]
        model = alone(base)
        with foreign(located.path):
            refuse_not_finite(located.path, read)
            _agree(source, located.path, model)
            refuse_other_tokenizer(model, tokenizer)
    if place.type != REFERENCE:
        devices.moved(read, place)
    verify(located, source)  # at no cost, unless a file changed meanwhile
    if source_digest(source, located) != digest:
        raise DigestMismatch(f"{located.path}: it changed while it was being read; try again when it stays as it is")
    return Loaded(model, tokenizer, source, digest, read if read is not base and base is model else None)


def _automatic(source: TransformerSource) -> str:
    """Return the name of the library's class that adds the head for predictions."""
    return "AutoModelForCausalLM" if source.family == "decoder" else "AutoModelForMaskedLM"


def _refuse_unsafe(path: Path) -> None:
    """Refuse, before anything is read, a transformer that needs a pickle or foreign code."""
    missing = lacks(path)
    if missing and path.is_dir() and (pickles := pickles_in(path)):
        raise UnsupportedTransformer(
            f"{path}: it lacks {', '.join(missing)}; {', '.join(pickles)} is never read, "
            "because a pickle can run code. Take a revision with model.safetensors, or a .gguf file"
        )
    if missing:
        raise UnsupportedTransformer(f"{path}: it lacks {', '.join(missing)}")
    for file in () if path.is_file() else (path / "config.json", path / "tokenizer_config.json"):
        if file.is_file() and "auto_map" in read_json(file):
            raise UnsupportedTransformer(
                f"{file}: `auto_map` asks to run code that comes with the weights, and that is never done. "
                "Take a transformer of a family that the transformers library has itself"
            )
    if path.is_dir() and (weights := read_json(path / "config.json").get("transformers_weights")):
        raise UnsupportedTransformer(
            f"{path / 'config.json'}: `transformers_weights: {weights}` names other weights than model.safetensors; "
            "take the key away, and give the weights that name"
        )


def _read(path: Path, dtype: str, automatic: str) -> tuple["PreTrainedModel", "PreTrainedTokenizerFast"]:
    """Return what the library's class of this name makes of the files, or without a head that the weights lack."""
    import torch
    import transformers
    from transformers import AutoConfig, AutoTokenizer, PreTrainedTokenizerFast

    from grader.measuring.transformer.activation import in_place

    tensors = counted_tensors(path)
    folder = str(path if path.is_dir() else path.parent)
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    if path.is_file():
        options["gguf_file"] = path.name
    number: torch.dtype = getattr(torch, dtype)
    with foreign(path), _no_bars(), quiet("transformers"):
        config = AutoConfig.from_pretrained(folder, **options)
        refuse_unlike_weights(path, config, tensors)
        model, missing = _with_head(path, config, number, getattr(transformers, automatic))
        tokenizer = AutoTokenizer.from_pretrained(folder, **options)
    base: PreTrainedModel = model.base_model  # type: ignore[assignment]
    unread = (BEHIND, DECODER) if alone(base) is not base else BEHIND
    missing = {name for name in missing if not name.startswith(unread)}
    if missing:
        raise UnsupportedTransformer(f"{path}: weights are missing: {', '.join(sorted(missing)[:5])}")
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise UnsupportedTransformer(f"{path}: its tokenizer cannot tell where a token lies; it needs tokenizer.json")
    tokenizer.backend_tokenizer.no_truncation()  # a text is measured as it is, whatever tokenizer.json would cut
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.model_max_length = NO_LIMIT
    model.eval()  # type: ignore[no-untyped-call]
    in_place(model)
    return model.requires_grad_(False), tokenizer


def _with_head(
    path: Path, config: "PreTrainedConfig", dtype: "torch.dtype", automatic: "type[_BaseAutoModelClass]"
) -> "tuple[PreTrainedModel, set[str]]":
    """Return the model that the class makes, or one without a head that the family or the weights lack."""
    from transformers import AutoModel

    read = _from_folder if path.is_dir() else _from_gguf
    if automatic is not AutoModel and type(config) in (automatic._model_mapping or ()):
        model, missing = read(path, config, dtype, automatic)
        inside = f"{model.base_model_prefix}."
        if all(name.startswith(inside) for name in missing):
            return model, {name.removeprefix(inside) for name in missing}
    return read(path, config, dtype, AutoModel)


def _from_folder(
    path: Path, config: "PreTrainedConfig", dtype: "torch.dtype", automatic: "type[_BaseAutoModelClass]"
) -> "tuple[PreTrainedModel, set[str]]":
    model, info = automatic.from_pretrained(
        str(path),
        config=config,
        dtype=dtype,
        attn_implementation="eager",
        experts_implementation=_experts(dtype),
        use_safetensors=True,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    for weights in model.parameters():  # else they are the file itself, and change when it is written over
        weights.data = weights.data.clone()
    return model, set(info["missing_keys"])


def _experts(dtype: "torch.dtype") -> str | None:
    """Return the way to compute a mixture of experts; None is the library's choice, a kernel without float64."""
    return "eager" if dtype.itemsize > 4 else None


def _from_gguf(
    path: Path, config: "PreTrainedConfig", dtype: "torch.dtype", automatic: "type[_BaseAutoModelClass]"
) -> "tuple[PreTrainedModel, set[str]]":
    """Return the model, its blocks unpacked to float32 and then `dtype`; the library's way would ask for kernels."""
    from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint

    model: PreTrainedModel = automatic.from_config(  # type: ignore[no-untyped-call]
        config,
        dtype=dtype,
        attn_implementation="eager",
        experts_implementation=_experts(dtype),
        trust_remote_code=False,
    )
    content = load_gguf_checkpoint(str(path), return_tensors=True, model_to_load=model)  # type: ignore[no-untyped-call]
    missing = set(model.load_state_dict(content["tensors"], strict=False).missing_keys)
    return model, missing - set(model.all_tied_weights_keys)


@contextmanager
def _no_bars() -> Iterator[None]:
    """Switch off the library's progress bars; the one over a `.gguf` file's tensors has no switch."""
    from transformers import modeling_gguf_pytorch_utils as gguf_reader
    from transformers.utils import logging

    shown, bar = logging.is_progress_bar_enabled(), vars(gguf_reader)["tqdm"]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    vars(gguf_reader)["tqdm"] = lambda tensors, **_: tensors
    try:
        yield
    finally:
        vars(gguf_reader)["tqdm"] = bar
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _agree(source: TransformerSource, path: Path, model: "PreTrainedModel") -> None:
    """Run three tokens, and compare the attention that is computed with what the exercise says."""
    families.refuse_known(model.config.model_type, f"{path}: {type(model).__name__}")
    one_text = reads_one_text(model)
    if one_text:
        refuse_too_small(path, model)
    calls = attention_calls(model) if one_text else []
    if not calls:
        raise UnsupportedTransformer(
            f"{path}: the attention of {type(model).__name__} cannot be reached. {families.advice()}"
        )
    family = "decoder" if all(causal for _, causal in calls) else "encoder"
    heads = sorted({heads for heads, _ in calls})
    for field, stated, actual in [
        ("layers", source.layers, str(len(calls))),
        ("heads", source.heads, " and ".join(map(str, heads))),
        ("family", source.family, family),
    ]:
        if str(stated) != actual:
            raise ExerciseError(
                f"the exercise says `{field}: {stated}` for the transformer '{source.name}', but {path} has {actual}. "
                f"Correct the exercise's transformer, or name the right weights"
            )


def attention_calls(model: "PreTrainedModel") -> list[tuple[int, bool]]:
    """Return, for each time that attention is computed in one pass, how many heads it has and whether it is causal."""
    import torch
    from transformers import AttentionInterface

    from grader.measuring.attention import hooked

    if hooked.is_outside(model):
        return hooked.shown(model)
    calls: list[tuple[int, bool]] = []

    def counted(
        module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *_: object, **__: object
    ) -> tuple[torch.Tensor, None]:
        calls.append((query.shape[1], bool(getattr(module, "is_causal", True))))
        return value.repeat_interleave(query.shape[1] // value.shape[1], dim=1).transpose(1, 2).contiguous(), None

    AttentionInterface.register(COUNTED, counted)
    with quiet("transformers"), torch.no_grad():
        model.set_attn_implementation(COUNTED)
        model(input_ids=torch.tensor([[0, 1, 2]], device=model.device), use_cache=False)
        model.set_attn_implementation("eager")
    return calls
