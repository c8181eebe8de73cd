"""The page where heads are looked at, in a notebook."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, overload

from grader.doors.python.opening import in_memory, opened, refuse_in_memory
from grader.schema import Exercise, TransformerSource

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from grader.explorer.widget import HeadsWidget, Lends
    from grader.laboratory.looking import Looking


@overload
def explore(exercise: Exercise, *, text: str | None = None, transformer: str | Path | None = None) -> "HeadsWidget": ...


@overload
def explore(
    *, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", text: str | None = None
) -> "HeadsWidget": ...


def explore(
    exercise: Exercise | None = None,
    *,
    model: "PreTrainedModel | None" = None,
    tokenizer: "PreTrainedTokenizerBase | None" = None,
    text: str | None = None,
    transformer: str | Path | None = None,
) -> "HeadsWidget":
    """Show the heads of a transformer on any sentence, in a notebook.

    Args:
        exercise: What `load_exercise` returns; or leave it out and give `model` and `tokenizer`.
        model: A decoder or an encoder of the library `transformers`; with a language-model head, predictions are shown.
        tokenizer: The fast tokenizer that belongs to it.
        text: The sentence that stands there at first.
        transformer: A folder or `.gguf` file with the exercise's weights, where the grader does not find them itself.

    Returns:
        A widget, which a notebook shows at the end of a cell. The page asks Python for what it shows, so the notebook's
        kernel must run.

    Raises:
        ImportError: anywidget is not installed; the message says how to install it.
        UnsupportedTransformer: The transformer in memory cannot be measured; the message says why.
        GraderError: The exercise's transformer is not found, or is not the one that the exercise means.
        TypeError: Neither an exercise nor a transformer is given, or both are.
    """
    try:
        from grader.explorer.widget import HeadsWidget
    except ImportError as error:
        advice = "explore needs anywidget: python -m pip install 'head-grader[notebook]'"
        raise ImportError(advice) from error
    from grader.explorer.content import contents, without_exercise
    from grader.students.texts import DEFAULT

    if exercise is not None:
        refuse_in_memory(model=model, tokenizer=tokenizer)
        known, lends = contents(exercise), _of_exercise(exercise, transformer)
    else:
        own, words = in_memory(model, tokenizer, transformer)
        known = without_exercise(own.name_or_path or type(own).__name__, DEFAULT)
        lends = _of_memory(own, words)
    if text is not None:
        known = {language: content.model_copy(update={"text": text}) for language, content in known.items()}
    return HeadsWidget(known, lends)


def _of_exercise(exercise: Exercise, transformer: str | Path | None) -> "Lends":
    from grader.laboratory.looking import Looking

    with opened(exercise, transformer) as laboratory:
        looking = Looking(laboratory.whole)

    @contextmanager
    def lends() -> "Iterator[Looking]":
        yield looking

    return lends


def _of_memory(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> "Lends":
    """Return a function that borrows the caller's transformer for one question at a time."""
    from grader.laboratory.looking import Looking
    from grader.measuring.transformer import Loaded
    from grader.measuring.transformer.borrowed import borrowed

    @contextmanager
    def lends() -> "Iterator[Looking]":
        with borrowed(model, tokenizer) as lent:
            source = TransformerSource.model_construct(  # without a place, because it is in memory
                name=lent.name,
                layers=lent.layers,
                heads=lent.heads,
                family="decoder" if lent.causal else "encoder",
            )
            whole = model if model is not lent.model and model.base_model is lent.model else None
            yield Looking(Loaded(lent.model, tokenizer, source, "", whole))  # type: ignore[arg-type]

    return lends
