"""Examples for the pictures in a report: for each kind a short probe sequence, with every head's pattern on it.

Kept pictures are read without torch.
"""

import math
from collections.abc import Iterator
from collections.abc import Sequence as Items
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile
from zlib import error as BadCompression  # noqa: N812 - an exception, whatever its name

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from grader.base.errors import ScoreTableError
from grader.base.files import read_cache, write_cache
from grader.base.language import _
from grader.measuring.tables.carried import Carried
from grader.schema import HeadIndex, Kind, Picture, ProbeSettings, Record, head_name, title

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from grader.kinds.sequence import ProbeSequence

STEPS = 255
"""A kept pattern is rounded to 256 shades: it is for looking at, not for grading."""

EXAMPLE, PATTERNS = "pictures/{}.json", "pictures/{}.bin"
"""The entries of a kind in the file that an exercise carries: the sequence, and all patterns as plain bytes."""
MOST_EXAMPLE = 2**20
"""The most bytes of a sequence."""

Patterns = NDArray[np.uint8]
"""The patterns of all heads on one sequence, [layer, head, query, key], 0 to 255."""


class Example(Record):
    """A sequence to show, without its patterns."""

    kind: str
    tokens: tuple[str, ...]
    targets: tuple[tuple[int, int], ...]


def examples(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    settings: ProbeSettings,
    kinds: Items[Kind],
    *,
    causal: bool,
) -> dict[str, tuple[Example, Patterns]]:
    """Return for each kind, by its name, its first probe's shortest sequence with a target, and all patterns."""
    from grader.measuring.probes.families import families_of, family
    from grader.measuring.probes.spelling import spelled
    from grader.measuring.questions import question

    shown = {}
    for kind in kinds:
        of_kind = family(families_of(kind)[0], tokenizer, settings.short)
        sequences = sorted(of_kind, key=lambda each: len(each.token_ids))
        asked = ((each, question(kind, each).visible(causal=causal)) for each in sequences)
        sequence, asking = next(pair for pair in asked if pair[1].asked.any())
        pairs = (asking.targets & asking.asked[:, None]).nonzero().tolist()
        example = Example(
            kind=kind.name,
            tokens=spelled(tokenizer, sequence.token_ids),
            targets=tuple((query, key) for query, key in pairs),
        )
        shown[kind.name] = (example, _patterns(model, sequence))
    return shown


def _patterns(model: "PreTrainedModel", sequence: "ProbeSequence") -> Patterns:
    from grader.measuring.attention.streaming import stream

    layers: list[Patterns] = []
    stream(
        model,
        [sequence.token_ids],
        lambda _, pattern: layers.append((pattern[0] * STEPS).round().byte().cpu().numpy()),
        model.config.num_hidden_layers - 1,
    )
    return np.stack(layers)


def save(path: Path, shown: dict[str, tuple[Example, Patterns]]) -> None:
    """Write the examples to one compressed file."""
    arrays = {
        name: np.frombuffer(example.model_dump_json().encode(), dtype=np.uint8) for name, (example, _) in shown.items()
    }
    raw = BytesIO()
    np.savez_compressed(raw, allow_pickle=False, **arrays, **{f"{k}/patterns": v for k, (_, v) in shown.items()})
    write_cache(path, raw.getvalue())


def picture(path: Path, kind: Kind, layer: int, head: int) -> Picture | None:
    """Return one head's pattern on the kind's example; None if no example is kept.

    Raises:
        ScoreTableError: A file is there but holds no examples.
    """
    if not path.exists():
        return None
    try:
        with np.load(BytesIO(read_cache(path) or b""), allow_pickle=False) as kept:
            if kind.name not in kept:
                return None
            example = Example.model_validate_json(kept[kind.name].tobytes())
            pattern = kept[f"{kind.name}/patterns"][layer, head]
        if pattern.shape != (len(example.tokens),) * 2:
            raise ValueError(pattern.shape)
    except (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, BadZipFile, BadCompression) as error:
        message = f"{path} is damaged; delete it and {path.name.split('.')[0]}.json, and both will be computed again"
        raise ScoreTableError(message) from error
    return _drawn(kind, (layer, head), example, pattern)


def entries_of(path: Path, kinds: Items[Kind]) -> Iterator[tuple[str, bytes]]:
    """Yield the kept examples of these kinds as entries of the file that an exercise carries."""
    with np.load(BytesIO(read_cache(path) or b""), allow_pickle=False) as kept:
        for kind in kinds:
            yield EXAMPLE.format(kind.name), kept[kind.name].tobytes()
            yield PATTERNS.format(kind.name), kept[f"{kind.name}/patterns"].tobytes()


def carried_picture(carried: Carried, kind: Kind, layer: int, head: int) -> Picture | None:
    """Return one head's pattern on the kind's example that the exercise carries; None if none can be used."""
    table, raw = carried.table, carried.entry(EXAMPLE.format(kind.name), MOST_EXAMPLE)
    if table is None or raw is None:
        return None
    try:
        example = Example.model_validate_json(raw)
    except ValidationError:
        carried.warn(f"{EXAMPLE.format(kind.name)} is no example")
        return None
    shape = (table.layers, table.heads, len(example.tokens), len(example.tokens))
    patterns = carried.entry(PATTERNS.format(kind.name))
    if patterns is None or len(patterns) != math.prod(shape):
        carried.warn(f"{PATTERNS.format(kind.name)} does not have the shape {shape}")
        return None
    return _drawn(kind, (layer, head), example, np.frombuffer(patterns, np.uint8).reshape(shape)[layer, head])


def _drawn(kind: Kind, place: HeadIndex, example: Example, pattern: Patterns) -> Picture:
    return Picture(
        caption=_("{place} on the probe for {kind}", place=head_name(*place), kind=title(kind)),
        tokens=example.tokens,
        pattern=tuple(tuple(round(float(value), 3) for value in row) for row in pattern / STEPS),
        targets=example.targets,
    )
