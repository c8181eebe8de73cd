"""One head's attention pattern on a text."""

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.doors.python.notebook import framed
from grader.doors.python.opening import in_memory, opened, refuse_in_memory
from grader.exercises.names import refuse_missing
from grader.laboratory import Laboratory
from grader.schema import Exercise, HeadIndex, Picture, head_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from grader.measuring.transformer import Loaded

SOURCE = "grader.attention"
BESIDE = 300
"""Pixels that stand above and below a picture on its page."""


@dataclass(frozen=True, eq=False)
class Pattern:
    """One head's attention pattern on one text.

    Attributes:
        tokens: The text's tokens as text, with those that the tokenizer puts around it, such as `<|endoftext|>`. The
            second of three tokens that make up one character is that character with `(2/3)` behind it.
        weights: Attention after the softmax, an array of shape [query, key], one row and one column a token; 0 to 1,
            and each row sums to 1, or to less in families such as gpt-oss, where a query may pay attention to nothing.
            Its precision is the transformer's, at least float32.
        layer: Counted from 0.
        head: The head's number in the layer, counted from 0.
        text: The text.
    """

    tokens: tuple[str, ...]
    weights: "NDArray[np.floating[Any]]" = field(repr=False)
    layer: int
    head: int
    text: str

    def __repr__(self) -> str:
        return f"<Pattern of {head_name(self.layer, self.head)} on {len(self.tokens)} tokens>"

    def _repr_html_(self) -> str:
        """The page that `grade show --out` writes, in a frame."""
        from grader.report.drawing.pattern import draw
        from grader.report.pages import picture

        shown = Picture(
            caption=_("{place} on “{text}”", place=head_name(self.layer, self.head), text=self.text),
            tokens=self.tokens,
            pattern=tuple(map(tuple, self.weights.astype(float).round(3).tolist())),
        )
        return framed(picture.page(shown), draw(shown).height + BESIDE)


@overload
def attention(
    exercise: Exercise,
    *,
    layer: int,
    head: int,
    text: str,
    transformer: str | Path | None = None,
    device: str | None = None,
) -> Pattern: ...


@overload
def attention(
    *, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", layer: int, head: int, text: str
) -> Pattern: ...


def attention(  # noqa: PLR0913 - two ways to name a transformer, and in keywords which head on what
    exercise: Exercise | None = None,
    *,
    layer: int,
    head: int,
    text: str,
    model: "PreTrainedModel | None" = None,
    tokenizer: "PreTrainedTokenizerBase | None" = None,
    transformer: str | Path | None = None,
    device: str | None = None,
) -> Pattern:
    """Recompute what one head attends to on a text.

    The exercise's transformer stays in memory until another is asked for. One of the caller's is given back exactly as
    it was, as `scan` does.

    Args:
        exercise: What `load_exercise` returns; or leave it out and give `model` and `tokenizer`.
        layer: The head's layer, counted from 0.
        head: Its number in the layer, counted from 0.
        text: At least one word, and no more tokens than the transformer can read.
        model: A decoder or an encoder of the library `transformers`, with or without a language-model head.
        tokenizer: The fast tokenizer that belongs to it.
        transformer: A folder or `.gguf` file with the exercise's weights, where the grader does not find them itself.
        device: Where an exercise's transformer is computed: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`. By default what
            `GRADER_DEVICE` says, else `auto`, which is a GPU where there is one.

    Returns:
        The tokens and the attention between them.

    Raises:
        InvalidInput: There is no such head, or the text is empty or too long.
        UnsupportedTransformer: The transformer in memory cannot be measured; the message says why.
        GraderError: The exercise's transformer is not found, or is not the one that the exercise means.
        TypeError: Neither an exercise nor a transformer is given, or both are.
    """
    if not text.strip():
        raise InvalidInput(SOURCE, [Problem("no-words", "there is nothing to look at; give a text")])
    if exercise is not None:
        refuse_in_memory(model=model, tokenizer=tokenizer)
        source = exercise.transformer
        refuse_missing((layer, head), (source.layers, source.heads), source.name, SOURCE)
        with opened(exercise, transformer, device) as laboratory:
            precision = exercise.probes.precision
            loaded = _loaded(
                _Wanted(laboratory.digest, source.model_dump_json(), precision, laboratory.device, laboratory)
            )
            return _pattern(loaded.model, loaded.tokenizer, (layer, head), text)
    own, words = in_memory(model, tokenizer, transformer, device)
    from grader.measuring.transformer.borrowed import borrowed

    with borrowed(own, words) as lent:
        refuse_missing((layer, head), (lent.layers, lent.heads), lent.name, SOURCE)
        return _pattern(lent.model, words, (layer, head), text)


@dataclass(frozen=True)
class _Wanted:
    """A transformer by everything that it follows from, and who can load it."""

    digest: str
    source: str
    precision: str
    device: str
    laboratory: Laboratory = field(compare=False)


@lru_cache(maxsize=1)
def _loaded(wanted: _Wanted) -> "Loaded":
    """Return the exercise's transformer; the last one stays in memory for the next call."""
    return wanted.laboratory.loaded


def _pattern(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", place: HeadIndex, text: str) -> Pattern:
    from grader.measuring.attention.streaming import one_thread, pattern_of
    from grader.measuring.sentence import read
    from grader.measuring.transformer.reach import refuse_other_tokenizer

    refuse_other_tokenizer(model, tokenizer)
    text_read = read(model, tokenizer, text)
    with one_thread():
        weights = pattern_of(model, text_read.token_ids, *place).numpy()
    return Pattern(text_read.tokens, weights, *place, text)
