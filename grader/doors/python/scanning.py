"""Every head under every kind: of an exercise, or of a transformer that the caller holds in memory."""

import copy
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, overload

from grader.base import home
from grader.base.errors import ExerciseError, UnsupportedTransformer
from grader.base.memory import enough_memory
from grader.doors.python.notebook import ProgressBar, progress_bar
from grader.doors.python.opening import in_memory, opened, refuse_in_memory
from grader.doors.python.scores import Scores
from grader.exercises.usual import named, refuse_looking_ahead, refuse_unasked, usual
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.measuring.tables.score_table import KindScores, ScoreTable
from grader.schema import Exercise, Kind, ProbeSettings, TransformerSource

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from grader.measuring.transformer.borrowed import Lent

IN_MEMORY = "own-transformer"
"""The id of what stands in for an exercise of a transformer in memory, whose own name need not be an id."""


@overload
def scan(
    exercise: Exercise,
    *,
    kinds: Iterable[str | Kind] | None = None,
    transformer: str | Path | None = None,
    device: str | None = None,
) -> Scores: ...


@overload
def scan(
    *,
    transformer: str | Path,
    kinds: Iterable[str | Kind] | None = None,
    seed: int | None = None,
    settings: ProbeSettings | None = None,
    device: str | None = None,
) -> Scores: ...


@overload
def scan(
    *,
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    kinds: Iterable[str | Kind] | None = None,
    seed: int | None = None,
    settings: ProbeSettings | None = None,
) -> Scores: ...


def scan(  # noqa: PLR0913 - three ways to name a transformer, and in keywords how it is measured
    exercise: Exercise | None = None,
    *,
    model: "PreTrainedModel | None" = None,
    tokenizer: "PreTrainedTokenizerBase | None" = None,
    kinds: Iterable[str | Kind] | None = None,
    seed: int | None = None,
    settings: ProbeSettings | None = None,
    transformer: str | Path | None = None,
    device: str | None = None,
) -> Scores:
    """Score every head of a transformer under every kind.

    Of an exercise or a named transformer, the kept score table is used, the same as the command line's; where there is
    none, every head is measured and the table is kept. Of a transformer in memory, every head is measured each time,
    where it lies and in its own precision, and nothing is kept. The transformer is given back exactly as it was:
    attention implementation, train or eval mode, hooks and all else. Dropout is off meanwhile; hooks of yours run, so
    that a transformer that they change is measured as changed. Do not use it elsewhere at the same time.

    Args:
        exercise: What `load_exercise` returns; or leave it out and give `transformer`, or `model` and `tokenizer`.
        model: A decoder or an encoder of the library `transformers`, with or without a language-model head.
        tokenizer: The fast tokenizer that belongs to it.
        kinds: Names such as `induction`, `positional:-1` or `syntactic:verb_subject`, or `Kind`s. By default all that
            the exercise asks for; without an exercise, all types with their usual parameters. Of a named transformer,
            those that its tokenizer cannot carry are left out; `Scores.left_out` says why.
        seed: Of the probes where there is no exercise, 0 to 2147483647; 0 by default.
        settings: How many sequences these probes have; `seed` goes before theirs. Their `precision` is not used for a
            transformer in memory, which has its own.
        transformer: Without an exercise, as for `grade atlas`: one on the hub (`owner/name@revision`), a folder, a
            `.gguf` file, or the id of an exercise. Beside an exercise, a folder or `.gguf` file with its weights, where
            the grader does not find them itself.
        device: Where it is measured, if it is not in memory: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`. By default what
            `GRADER_DEVICE` says, else `auto`, which is a GPU where there is one.

    Returns:
        A row for each kind and head. What is confirmed follows from the exercise's thresholds, or from the defaults of
        the types.

    Raises:
        InvalidInput: A kind is misspelt, is not asked for by the exercise, or looks ahead in a decoder.
        UnsupportedTransformer: The transformer in memory cannot be measured; the message says why.
        GraderError: The transformer or the device is not found, or a table is damaged.
        TypeError: Neither an exercise nor a transformer is given, or something that belongs to the other.
        ValueError: The seed is out of range.
    """
    if exercise is not None:
        refuse_in_memory(model=model, tokenizer=tokenizer, seed=seed, settings=settings)
        wanted = None if kinds is None else named(kinds)
        if wanted is not None:
            refuse_unasked(wanted, exercise)
        with opened(exercise, transformer, device) as laboratory:
            return _of_exercise(laboratory, wanted)
    used = ProbeSettings(seed=0) if settings is None else settings
    if seed is not None:
        used = ProbeSettings.model_validate({**dict(used), "seed": seed})
    if transformer is not None and model is None and tokenizer is None:
        return _of_named(str(transformer), kinds, used, device)
    return _of_memory(*in_memory(model, tokenizer, transformer, device), kinds, used)


def _of_exercise(laboratory: Laboratory, wanted: list[Kind] | None) -> Scores:
    exercise, table = laboratory.exercise, laboratory.table
    if wanted is not None:
        exercise = exercise.model_copy(update={"kinds": tuple(filter(None, map(exercise.asked, wanted)))})
    return Scores(Standings(exercise, table))


def _of_named(word: str, kinds: Iterable[str | Kind] | None, settings: ProbeSettings, device: str | None) -> Scores:
    from grader.laboratory.atlas import AtlasLaboratory

    wanted = None if kinds is None else named(kinds)
    folder = home.writable_folder(home.TABLES)
    with progress_bar() as bar:
        lab = AtlasLaboratory(
            word, folder, kinds=wanted, settings=settings, device=device, say=bar.say, progress=bar.reach
        )
        return Scores(lab.standings, lab.left_out)


def _of_memory(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    kinds: Iterable[str | Kind] | None,
    settings: ProbeSettings,
) -> Scores:
    from grader.laboratory.atlas import stand_in
    from grader.measuring.transformer.borrowed import borrowed

    wanted = None if kinds is None else named(kinds)
    with borrowed(model, tokenizer) as lent, progress_bar() as bar:
        asked = usual(causal=lent.causal) if wanted is None else wanted
        if lent.causal:
            refuse_looking_ahead(asked, lent.name)
        bar.say(doing := f"measuring every head of {lent.name}")
        with enough_memory(doing):
            scores = _measured(lent, tokenizer, settings, asked, bar)
    table = ScoreTable(
        key="",
        transformer=lent.name,
        digest="",
        seed=settings.seed,
        layers=lent.layers,
        heads=lent.heads,
        kinds=scores,
    )
    source = TransformerSource(
        name=IN_MEMORY, family="decoder" if lent.causal else "encoder", layers=lent.layers, heads=lent.heads
    )
    return Scores(Standings(stand_in(source, settings, asked), table))


def _measured(
    lent: "Lent", tokenizer: "PreTrainedTokenizerBase", settings: ProbeSettings, kinds: list[Kind], bar: ProgressBar
) -> tuple[KindScores, ...]:
    """The scores of all heads, by a copy of the tokenizer: probes are kept for one that never changes."""
    from grader.measuring.probes.families import families_of, family
    from grader.measuring.scan import scan

    own = copy.deepcopy(tokenizer)
    own.backend_tokenizer.no_truncation()
    own.backend_tokenizer.no_padding()
    for kind in kinds:
        for name in families_of(kind):
            try:
                family(name, own, settings)
            except ExerciseError as error:
                raise UnsupportedTransformer(f"{kind.name}: {error}") from error
    return scan(lent.model, own, settings, kinds, causal=lent.causal, say=bar.reach, note=_warn)


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=2)
