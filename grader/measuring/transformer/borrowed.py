"""A transformer that a caller holds in memory: lent for measuring, and given back exactly as it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from grader.base.errors import UnsupportedTransformer
from grader.measuring.transformer import families
from grader.measuring.transformer.load import attention_calls


class Lent(NamedTuple):
    """A transformer of the caller's while it is measured."""

    name: str
    """The place that it was loaded from, or its class."""
    model: PreTrainedModel
    """Without a language-model head, in eval mode."""
    layers: int
    heads: int
    """Of each layer."""
    causal: bool
    """True for a decoder, whose queries see only earlier keys."""


@contextmanager
def borrowed(model: nn.Module, tokenizer: PreTrainedTokenizerBase) -> Iterator[Lent]:
    """Lend the transformer for as long as the block takes; nobody else may use it meanwhile.

    Raises:
        UnsupportedTransformer: It or its tokenizer cannot be measured, for the reason that the message gives.
    """
    base = _base(model)
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise UnsupportedTransformer(
            f"{type(tokenizer).__name__} cannot tell where in the text a token stands: it is a slow tokenizer. "
            "Take the fast one, which `AutoTokenizer.from_pretrained` gives where there is a tokenizer.json"
        )
    with _unchanged(model):
        model.eval()
        yield Lent(base.name_or_path or type(model).__name__, base, *_shape(base))


def _base(model: nn.Module) -> PreTrainedModel:
    """Return the transformer without its language-modelling head, on whichever device it lies."""
    base = model.base_model if isinstance(model, PreTrainedModel) else None
    if not isinstance(base, PreTrainedModel):
        raise UnsupportedTransformer(
            f"{type(model).__name__} is not a transformer of the library `transformers`; "
            "give a PreTrainedModel, such as what `AutoModel.from_pretrained` returns"
        )
    if base.main_input_name != "input_ids" or base.config.is_encoder_decoder:
        raise UnsupportedTransformer(
            f"{type(base).__name__} does not read one text and nothing else; give a decoder or an encoder alone"
        )
    places = {str(tensor.device) for tensor in (*base.parameters(), *base.buffers())}
    if places == {"meta"}:
        raise UnsupportedTransformer(f"{type(base).__name__} has no weights in memory (it is on meta); load them")
    if len(places) > 1:
        raise UnsupportedTransformer(
            f"{type(base).__name__} is spread over {', '.join(sorted(places))}; it is measured where all of it lies: "
            'move it to one device, such as `model.to("cuda")` or `model.to("cpu")`'
        )
    return base


def _shape(base: PreTrainedModel) -> tuple[int, int, bool]:
    """Return the numbers of layers and of heads, and whether all are causal: as stated, and as one pass shows."""
    layers, heads = (getattr(base.config, f"num_{name}", None) for name in ("hidden_layers", "attention_heads"))
    calls, name = attention_calls(base), type(base).__name__
    if not calls:
        raise UnsupportedTransformer(
            f"the attention of {name} cannot be reached through the attention interface of `transformers`. "
            f"{families.advice()}"
        )
    if len(calls) != layers:
        raise UnsupportedTransformer(
            f"{name} shows attention in {len(calls)} layers, but its configuration says {layers}; "
            "only a transformer whose every layer has attention can be measured"
        )
    shown = {heads for heads, _causal in calls}
    if shown != {heads}:
        raise UnsupportedTransformer(
            f"{name} shows layers of {' and '.join(map(str, sorted(shown)))} heads, but its configuration says {heads}"
        )
    return len(calls), shown.pop(), all(causal for _heads, causal in calls)


@contextmanager
def _unchanged(model: nn.Module) -> Iterator[None]:
    """Put back, in the end, every attribute of every module and of its configuration.

    The attention interface is chosen in the configuration, eval mode is an attribute, and the library itself leaves
    hooks, flags and buffers behind when a transformer runs; parameters are never touched.
    """
    parts = {id(part): part for module in model.modules() for part in (module, *_configurations(module))}
    before = [(vars(part), dict(vars(part)), _contents(vars(part))) for part in parts.values()]
    try:
        yield
    finally:
        for attributes, values, contents in before:
            for name in attributes.keys() - values.keys():
                del attributes[name]
            attributes.update(values)
            for name, content in contents.items():
                values[name].clear()
                values[name].update(content)


def _contents(attributes: dict[str, object]) -> dict[str, dict[object, object] | set[object]]:
    """Copies of the dictionaries and sets among the attributes, such as a module's hooks and buffers."""
    return {name: value.copy() for name, value in attributes.items() if isinstance(value, dict | set)}


def _configurations(part: object) -> Iterator[PreTrainedConfig]:
    """The configurations in the attributes of a module, or of a configuration, at any depth."""
    for value in tuple(vars(part).values()):
        if isinstance(value, PreTrainedConfig):
            yield value
            yield from _configurations(value)
