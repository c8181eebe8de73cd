"""Every look-alike is planted under every kind: confirmed where it is of the kind, refuted everywhere else."""

import pytest
from transformers import PreTrainedTokenizerBase

from grader import exercises
from grader.grading.calibration.lookalikes import tried
from grader.kinds import LOOKALIKES, TYPES
from grader.measuring import transformer
from grader.measuring.battery import battery
from grader.schema import AskedKind, Exercise, ProbeSettings
from tests.support.gpt2 import gpt2_tokenizer

SEED = 7
BACKWARD = tuple(
    [AskedKind(type=name, heads=1, points=1, passing=1) for name in ("induction", "duplicate_token", "semantic")]
    + [AskedKind(type="positional", offset=offset, heads=1, points=1, passing=1) for offset in (-1, -2, -3)]
    + [
        AskedKind(type="syntactic", relation=relation, heads=1, points=1, passing=1)
        for relation in TYPES["syntactic"].parameters[0].values.words
    ]
    + [AskedKind(type="rare_token", heads=1, points=1, passing=1)]
)
FORWARD = tuple(
    [AskedKind(type="positional", offset=offset, heads=1, points=1, passing=1) for offset in (1, 2)]
    + [
        AskedKind(type="syntactic", relation=kind.relation, direction="forward", heads=1, points=1, passing=1)
        for kind in BACKWARD
        if kind.relation
    ]
)


def asking(name: str, kinds: tuple[AskedKind, ...]) -> Exercise:
    """The exercise with these kinds, the default probes and the default rule."""
    return exercises.load(name).model_copy(update={"kinds": kinds, "probes": ProbeSettings(seed=SEED)})


def unexpected(exercise: Exercise, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    return [
        f"{each.lookalike} as {each.kind}: {each.outcome} with {each.score:.2f}"
        for each in tried(exercise, battery(tokenizer, exercise))
        if not each.is_as_expected
    ]


def tokenizer_of(name: str) -> PreTrainedTokenizerBase:
    return transformer.load(exercises.load(name).transformer, None, dtype="float32").tokenizer


def test_no_look_alike_is_taken_for_a_kind_by_the_embedded_tokenizer() -> None:
    exercise = asking("mini-heads", BACKWARD)

    assert unexpected(exercise, tokenizer_of("mini-heads")) == []


def test_the_battery_can_tell_a_head_that_is_of_a_kind_is_confirmed() -> None:
    exercise = asking("mini-heads", BACKWARD)
    planted = tried(exercise, battery(tokenizer_of("mini-heads"), exercise))
    ahead = {"positional:+1", "positional:+2"}

    confirmed = {each.kind for each in planted if each.outcome == "confirmed"}

    assert confirmed | ahead == {name for each in LOOKALIKES.values() for name in (*each.rightly, *each.in_decoders)}


def test_the_shipped_exercise_is_safe_as_it_is() -> None:
    assert unexpected(exercises.load("mini-heads"), tokenizer_of("mini-heads")) == []


@pytest.mark.real
def test_no_look_alike_is_taken_for_a_kind_by_the_tokenizer_of_gpt2() -> None:
    assert unexpected(asking("gpt2-heads", BACKWARD), gpt2_tokenizer()) == []
    assert unexpected(exercises.load("gpt2-heads"), gpt2_tokenizer()) == []


@pytest.mark.real
def test_no_look_alike_is_taken_for_a_kind_by_the_tokenizer_of_smollm2() -> None:
    tokenizer = tokenizer_of("smollm2-heads")

    assert unexpected(asking("smollm2-heads", BACKWARD), tokenizer) == []
    assert unexpected(exercises.load("smollm2-heads"), tokenizer) == []


@pytest.mark.real
def test_no_look_alike_is_taken_for_a_kind_by_an_encoder_in_either_direction() -> None:
    tokenizer = tokenizer_of("minilm-heads")

    assert unexpected(asking("minilm-heads", BACKWARD + FORWARD), tokenizer) == []
    assert unexpected(exercises.load("minilm-heads"), tokenizer) == []
