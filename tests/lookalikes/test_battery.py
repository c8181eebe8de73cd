"""Every look-alike is planted under every kind: confirmed where it is of the kind, refuted everywhere else."""

from collections.abc import Iterable

import pytest
from transformers import PreTrainedTokenizerBase

from grader import exercises
from grader.grading.calibration.lookalikes import TriedLookalike, tried
from grader.grading.standings import KindStandings
from grader.kinds import LOOKALIKES, TYPES
from grader.kinds.lookalikes import Lookalike
from grader.measuring import transformer
from grader.measuring.battery import battery
from grader.measuring.battery import planted as planted_as
from grader.measuring.questions import question
from grader.schema import AskedKind, Exercise, ProbeSettings
from tests.support.gpt2 import gpt2_tokenizer

SEED = 7
FEW = ProbeSettings(seed=SEED, sentences=40)
WITHOUT_PARAMETERS = tuple(name for name, each in TYPES.items() if not each.parameters)
BACKWARD = tuple(
    [AskedKind(type=name, heads=1, points=1, passing=1) for name in WITHOUT_PARAMETERS]
    + [AskedKind(type="positional", offset=offset, heads=1, points=1, passing=1) for offset in (-1, -2, -3, -4)]
    + [
        AskedKind(type="syntactic", relation=relation, heads=1, points=1, passing=1)
        for relation in TYPES["syntactic"].parameters[0].values.words
    ]
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


def unexpected(planted: Iterable[TriedLookalike]) -> list[str]:
    return [
        f"{each.lookalike} as {each.kind}: {each.outcome} with {each.score:.2f}"
        for each in planted
        if not each.is_as_expected
    ]


def planted(exercise: Exercise, tokenizer: PreTrainedTokenizerBase) -> tuple[TriedLookalike, ...]:
    return tuple(tried(exercise, battery(tokenizer, exercise)))


def tokenizer_of(name: str) -> PreTrainedTokenizerBase:
    return transformer.load(exercises.load(name).transformer, None, dtype="float32").tokenizer


@pytest.fixture(scope="module")
def embedded() -> tuple[TriedLookalike, ...]:
    """Every look-alike under every kind that looks back, by the embedded tokenizer."""
    return planted(asking("mini-heads", BACKWARD), tokenizer_of("mini-heads"))


def test_no_look_alike_is_taken_for_a_kind_by_the_embedded_tokenizer(embedded: tuple[TriedLookalike, ...]) -> None:
    assert unexpected(embedded) == []


def test_the_battery_can_tell_a_head_that_is_of_a_kind_is_confirmed(embedded: tuple[TriedLookalike, ...]) -> None:
    ahead = {"positional:+1", "positional:+2"}

    confirmed = {each.kind for each in embedded if each.outcome == "confirmed"}

    assert confirmed | ahead == {name for each in LOOKALIKES.values() for name in (*each.rightly, *each.in_decoders)}


def test_the_shipped_exercise_is_safe_as_it_is() -> None:
    assert unexpected(planted(exercises.load("mini-heads"), tokenizer_of("mini-heads"))) == []


@pytest.mark.real
def test_no_look_alike_is_taken_for_a_kind_by_the_tokenizer_of_gpt2() -> None:
    assert unexpected(planted(asking("gpt2-heads", BACKWARD), gpt2_tokenizer())) == []
    assert unexpected(planted(exercises.load("gpt2-heads"), gpt2_tokenizer())) == []


@pytest.mark.real
def test_no_look_alike_is_taken_for_a_kind_by_the_tokenizer_of_smollm2() -> None:
    tokenizer = tokenizer_of("smollm2-heads")

    assert unexpected(planted(asking("smollm2-heads", BACKWARD), tokenizer)) == []
    assert unexpected(planted(exercises.load("smollm2-heads"), tokenizer)) == []


@pytest.mark.real
def test_a_head_that_follows_a_relation_ahead_is_confirmed_in_an_encoder() -> None:
    """One head for all relations: its probes have arcs of one relation only."""
    exercise = asking("minilm-heads", tuple(asked for asked in FORWARD if asked.relation))
    tokenizer = tokenizer_of("minilm-heads")

    for asked in exercise.kinds:
        kind = asked.kind
        right = Lookalike("", lambda sequence, query, kind=kind: question(kind, sequence).targets[query].nonzero())
        scores = planted_as(tokenizer, FEW, kind, causal=False, lookalikes={"": right})
        assert KindStandings(exercise, asked, scores)[0, 0].outcome == "confirmed", asked.name


@pytest.mark.real
def test_no_look_alike_is_taken_for_a_kind_by_an_encoder_in_either_direction() -> None:
    tokenizer = tokenizer_of("minilm-heads")

    assert unexpected(planted(asking("minilm-heads", BACKWARD + FORWARD), tokenizer)) == []
    assert unexpected(planted(exercises.load("minilm-heads"), tokenizer)) == []
