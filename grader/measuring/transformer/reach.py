"""The reach of a transformer: the token ids that it has an embedding for, and the positions that it can read."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from grader.base.errors import UnsupportedTransformer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


def alone(model: "PreTrainedModel") -> "PreTrainedModel":
    """Return the part that reads one text: the encoder of an encoder-decoder, else the transformer itself."""
    from transformers import PreTrainedModel

    encoder, decoder = (getattr(model, half, None) for half in ("encoder", "decoder"))
    return encoder if isinstance(encoder, PreTrainedModel) and isinstance(decoder, PreTrainedModel) else model


def reads_one_text(part: "PreTrainedModel") -> bool:
    """Return True of a transformer that needs token ids and nothing else."""
    both = part.config.is_encoder_decoder and hasattr(part, "decoder")
    return part.main_input_name == "input_ids" and not both


def words_of(model: "PreTrainedModel") -> int:
    """Return the number of token ids, from 0, that the transformer has an embedding for."""
    return int(model.get_input_embeddings().get_parameter("weight").shape[0])


def longest_text(model: "PreTrainedModel") -> int | None:
    """Return the most tokens that the transformer reads at once, or None if it states no limit.

    RoBERTa counts its positions from behind the padding token's id, so that it reads fewer than it has.
    """
    longest: int | None = getattr(model.config, "max_position_embeddings", getattr(model.config, "max_seq_len", None))
    places = getattr(getattr(model, "embeddings", None), "position_embeddings", None)
    behind = getattr(places, "padding_idx", None)
    return longest if longest is None or behind is None else longest - behind - 1


def refuse_unreadable(model: "PreTrainedModel", texts: Iterable[Sequence[int]]) -> None:
    """Refuse token ids that the transformer has no embedding or no position for.

    Raises:
        UnsupportedTransformer: There is such a text.
    """
    longest, words = longest_text(model), words_of(model)
    for ids in texts:
        if longest is not None and len(ids) > longest:
            raise UnsupportedTransformer(
                f"{_name(model)} reads {longest} tokens at most, but a probe has {len(ids)}; "
                "take a transformer with a longer context, or leave out the kinds with long probes"
            )
        if max(ids, default=0) >= words:
            raise _no_embedding(model, max(ids))


def refuse_other_tokenizer(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> None:
    """Refuse a tokenizer that gives ids which the transformer has no embedding for.

    Tokens that were added to its vocabulary may have such ids: Gemma's tokenizer has one for pictures.

    Raises:
        UnsupportedTransformer: It does.
    """
    added = set(tokenizer.get_added_vocab().values())
    around = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id} - {None}
    largest = max({*tokenizer.get_vocab().values()} - added | around, default=0)
    if largest >= words_of(model):
        raise _no_embedding(model, largest)


def _no_embedding(model: "PreTrainedModel", token: int) -> UnsupportedTransformer:
    return UnsupportedTransformer(
        f"the tokenizer gives the token {token}, but {_name(model)} has a vocabulary of {words_of(model)}; "
        "give the tokenizer that belongs to the transformer"
    )


def _name(model: "PreTrainedModel") -> str:
    return type(model).__name__
