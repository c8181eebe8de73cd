"""Any attention array on the page where heads are looked at."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.base.errors import InvalidInput, Problem
from grader.doors.python.notebook import framed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOURCE = "grader.show"
MOST = 8_000_000
"""The most numbers on a page, which then is of 21 MB: each takes two bytes, and base64 a third more."""
ROUNDING = 0.01
"""The most by which a row may sum to more than 1: the error of half precision."""
WHOLE = 65535
"""The whole number that stands for an attention of 1; the page divides by it."""
JOINED = ("Ġ", "▁")
"""Letters that stand for a space at the front of a token."""


@dataclass(frozen=True)
class AttentionPage:
    """Attention on a page of its own, which a notebook shows in a frame.

    Attributes:
        page: The whole page as HTML, to write into a file.
        layers: The number of layers.
        heads: The number of heads in each.
        tokens: The tokens.
    """

    page: str = field(repr=False)
    layers: int
    heads: int
    tokens: tuple[str, ...] = field(repr=False)

    def _repr_html_(self) -> str:
        return framed(self.page)


def show(array: Any, tokens: Sequence[str], *, text: str | None = None) -> AttentionPage:  # noqa: ANN401
    """Show attention that was computed elsewhere, on the page where heads are looked at.

    Args:
        array: Attention after the softmax, of NumPy or torch, in the shape [query, key], [head, query, key] or
            [layer, head, query, key]; or a sequence of layers, [1, head, query, key], as `transformers` returns it with
            `output_attentions=True`. At most 8,000,000 numbers, which make a page of 21 MB.
        tokens: The text's tokens, one for each query.
        text: The text; by default it is made from the tokens.

    Returns:
        An object that a notebook shows, also where it is exported; its `page` can be written into a file.

    Raises:
        InvalidInput: The array is no attention, is too large, or is not one of these tokens.
    """
    import numpy as np

    tokens = _texts(tokens)
    patterns = _checked(_patterns(array), len(tokens))
    layers, heads = patterns.shape[:2]
    shown = "".join(tokens) if text is None else text
    if text is None and not any(token[:1].isspace() or token.startswith(JOINED) for token in tokens):
        shown = " ".join(tokens)
    about = {
        "id": f"{layers} x {heads}",
        "layers": layers,
        "heads": heads,
        "causal": not np.triu(patterns, 1).any(),
        "longest": None,
        "predicts": False,
        "switches": False,
    }
    source: dict[str, object] = {"kind": "given", "about": about, "text": shown, "tokens": _placed(tokens, shown)}
    numbers = (patterns.clip(0, 1) * WHOLE).round().astype("<u2")
    return AttentionPage(_page(source | {"patterns": b64encode(numbers.tobytes()).decode()}), layers, heads, (*tokens,))


def _page(source: dict[str, object]) -> str:
    from grader.explorer.content import without_exercise
    from grader.explorer.page import page

    return page(without_exercise("Attention", str(source["text"])), source)


def _texts(tokens: Any) -> tuple[str, ...]:  # noqa: ANN401
    """Return the tokens.

    Raises:
        InvalidInput: They are no texts.
    """
    try:
        texts = tuple(tokens)
    except TypeError:
        texts = (None,)
    if not all(isinstance(token, str) for token in texts):
        advice = "such as tokenizer.convert_ids_to_tokens(ids) gives"
        raise _refused("tokens", f"the tokens are no texts; give a list of strings, {advice}")
    return texts


def _patterns(array: Any) -> "NDArray[np.floating[Any]]":  # noqa: ANN401
    """Return the array as [layer, head, query, key].

    Raises:
        InvalidInput: It has another shape, or its layers have different ones.
    """
    import numpy as np

    if isinstance(array, list | tuple) and array:
        layers = [_numbers(layer) for layer in array]
        if len({layer.shape for layer in layers}) != 1:
            raise _refused("shape", "the layers have different shapes; give layers of one size")
        numbers = np.stack(layers)
    else:
        numbers = _numbers(array)
    if numbers.ndim == 5 and numbers.shape[1] == 1:
        numbers = numbers[:, 0]
    if not 2 <= numbers.ndim <= 4:
        shapes = "[query, key], [head, query, key] or [layer, head, query, key]"
        raise _refused("shape", f"its shape is {list(numbers.shape)}; give one text's attention as {shapes}")
    return numbers.reshape((1,) * (4 - numbers.ndim) + numbers.shape)


def _numbers(array: Any) -> "NDArray[np.floating[Any]]":  # noqa: ANN401
    import numpy as np

    if array is None:
        advice = 'load the transformer with attn_implementation="eager"'
        raise _refused("nothing", f"it is None in place of numbers: `transformers` returned no attention; {advice}")
    try:
        if hasattr(array, "detach"):  # a tensor of torch
            array = array.detach().cpu()
            array = (array if array.is_complex() else array.float()).numpy()
        numbers = np.asarray(array)
        if numbers.dtype.kind not in "biufO":
            raise TypeError(numbers.dtype.name)
        with np.errstate(over="ignore"):  # an infinite number is refused below
            return numbers.astype(np.float32)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise _refused("numbers", f"it is no array of numbers: {error}") from None


def _checked(patterns: "NDArray[np.floating[Any]]", tokens: int) -> "NDArray[np.floating[Any]]":
    """Return the patterns if they are attention between this number of tokens.

    Raises:
        InvalidInput: They are not, or they are too many.
    """
    import numpy as np

    queries, keys = patterns.shape[2:]
    if not patterns.size:
        raise _refused("empty", "it is empty; give attention between one token at least")
    if (queries, keys) != (tokens, tokens):
        message = f"it has {queries} queries and {keys} keys, but there are {tokens} tokens; give one token for each"
        raise _refused("tokens", message)
    if patterns.size > MOST:
        message = f"it has {patterns.size:,} numbers, and a page holds {MOST:,} at most; show fewer layers or heads"
        raise _refused("too-large", message)
    if not np.isfinite(patterns).all():
        raise _refused("not-finite", "it has numbers that are NaN or infinite; give attention after the softmax")
    if patterns.min() < 0:
        raise _refused("negative", "it has numbers below 0; give attention after the softmax")
    if (most := float(patterns.sum(-1).max())) > 1 + ROUNDING:
        raise _refused("rows", f"a row sums to {most:.3g}, but attention sums to 1 at most; rows are queries")
    return patterns


def _placed(tokens: Sequence[str], text: str) -> list[dict[str, object]]:
    """Return the tokens with their places in the text, in UTF-16 code units; those that are not in it are special."""
    placed: list[dict[str, object]] = []
    behind = 0
    for token in tokens:
        start = text.find(token, behind)
        is_there = bool(token) and start >= 0
        first, behind = (start, start + len(token)) if is_there else (behind, behind)
        places = {"start": _units(text[:first]), "end": _units(text[:behind])}
        placed.append({"text": token, "id": -1, "special": not is_there, **places})
    return placed


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _refused(code: str, message: str) -> InvalidInput:
    return InvalidInput(SOURCE, [Problem(code, message)])
