"""A transformer that no exercise names: its layers, heads and family, as its own files state them."""

import re
from pathlib import Path
from typing import Any, Literal

from grader.base.errors import UnsupportedTransformer
from grader.measuring.transformer.families import ENCODERS
from grader.measuring.transformer.find import locate
from grader.measuring.transformer.hub import quiet
from grader.measuring.transformer.sane import foreign
from grader.schema import TransformerSource

UNNAMED = "transformer"


def stated(path: Path) -> TransformerSource:
    """Return the source for a folder or a `.gguf` file; loading compares what it states with what it computes.

    Raises:
        TransformerNotFound: There is nothing at the path.
        UnsupportedTransformer: Its configuration cannot be read, or it states no layers and heads.
    """
    source = unread(path.expanduser().resolve().stem)
    return completed(source, locate(source, path).path)


def unread(name: str) -> TransformerSource:
    """Return a source with this name as a short one; its layers, heads and family are not known yet."""
    short = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].strip("-") or UNNAMED
    return TransformerSource(name=short, family="decoder", layers=1, heads=1)


def completed(source: TransformerSource, place: Path) -> TransformerSource:
    """Return the source with the layers, heads and family that the files in this place state.

    Raises:
        UnsupportedTransformer: The configuration cannot be read, or it states no layers and heads.
    """
    from transformers import AutoConfig, AutoModelForMaskedLM

    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    if place.is_file():
        options["gguf_file"] = place.name
    with foreign(place), quiet("transformers"):
        config = AutoConfig.from_pretrained(str(place if place.is_dir() else place.parent), **options)
    layers, heads = (getattr(config, f"num_{what}", None) for what in ("hidden_layers", "attention_heads"))
    if not isinstance(layers, int) or not isinstance(heads, int):
        raise UnsupportedTransformer(f"{place}: its configuration does not state its numbers of layers and heads")
    of_both = config.is_encoder_decoder or config.model_type in ENCODERS
    is_encoder = of_both or type(config) in AutoModelForMaskedLM._model_mapping
    family: Literal["encoder", "decoder"] = "encoder" if is_encoder else "decoder"
    return source.model_copy(update={"family": family, "layers": layers, "heads": heads})
