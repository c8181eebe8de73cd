"""A rule from measured counts: accepted by the guess rule, worth passing for who finds the heads, or refused."""

import pytest

from grader.authoring.ruling import CountedKind, ruled
from grader.base.errors import InvalidInput
from grader.exercises.guessing import complaint
from grader.exercises.scoring import luck, passes, points_each
from grader.exercises.usual import usual
from grader.laboratory.atlas import stand_in
from grader.schema import Exercise, ProbeSettings, TransformerSource

Counts = list[tuple[int, int]]
KINDS = usual(causal=True)
ACCEPTED: dict[str, tuple[int, int, Counts]] = {
    "two kinds in 2 x 4": (2, 4, [(1, 0), (1, 0)]),
    "three kinds in 2 x 4": (2, 4, [(1, 0), (1, 0), (1, 0)]),
    "half of 2 x 4": (2, 4, [(4, 0), (2, 0), (1, 1)]),
    "some too close in 2 x 4": (2, 4, [(2, 1), (2, 2)]),
    "one kind in 1 x 12": (1, 12, [(2, 0)]),
    "mini-gpt2": (6, 8, [(1, 0), (8, 0), (1, 0), (2, 2), (2, 1), (3, 1)]),
    "GPT-2 small": (12, 12, [(5, 2), (9, 1), (3, 1), (1, 1), (0, 3)]),
    "SmolLM2": (30, 9, [(5, 0), (3, 1), (3, 1), (1, 1), (1, 1)]),
    "a sink in every second head": (12, 12, [(72, 10), (2, 0), (1, 0)]),
}


def exercise(layers: int, heads: int) -> Exercise:
    source = TransformerSource(name="any", family="decoder", layers=layers, heads=heads)
    return stand_in(source, ProbeSettings.model_validate({"seed": 0}), KINDS[:1])


def counted(counts: Counts) -> list[CountedKind]:
    return [CountedKind(kind, *numbers) for kind, numbers in zip(KINDS, counts, strict=False)]


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_rule_is_accepted_and_can_be_passed(case: str) -> None:
    layers, heads, counts = ACCEPTED[case]
    rule = ruled(exercise(layers, heads), counted(counts))
    asked, known = rule.exercise, counted(counts)
    found = {kind.name: min(kind.heads, kind.passing) for kind in asked.kinds}
    score = sum(points_each(kind) * found[kind.name] for kind in asked.kinds) / asked.points
    chances = [
        each.chance(layers * heads) for each in known if each.kind.name in found for _ in range(found[each.kind.name])
    ]

    assert complaint(Exercise.model_validate(asked.model_dump())) == ""
    assert passes(asked, score, len(asked.kinds), luck(chances, len(chances)))
    assert sum(found.values()) <= asked.budget
    assert {kind.name for kind in asked.kinds} == {each.kind.name for each in known if each.passing}
    assert rule.too_common == ()


def test_full_points_can_be_reached_where_there_are_heads_enough() -> None:
    asked = ruled(exercise(6, 8), counted(ACCEPTED["mini-gpt2"][2])).exercise

    assert all(kind.heads <= kind.passing for kind in asked.kinds)
    assert asked.pass_at == 0.5


def test_a_kind_that_nearly_all_heads_are_is_left_out() -> None:
    rule = ruled(exercise(12, 12), counted([(140, 0), (2, 0), (1, 0)]))

    assert [each.kind.name for each in rule.too_common] == [KINDS[0].name]
    assert [kind.name for kind in rule.exercise.kinds] == [kind.name for kind in KINDS[1:3]]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([(0, 3), (0, 0)], "no head is confirmed as any of the kinds, so there is nothing to find; "),
        (
            [(8, 0), (8, 0)],
            "random claims would find all of them 100 % of the time, and 5 % is allowed (heads that pass: ",
        ),
        ([(1, 0)], "random claims would find all of them 12.5 % of the time"),
    ],
)
def test_where_there_is_none_the_reason_is_told(counts: Counts, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ruled(exercise(2, 4), counted(counts))

    assert message in str(refused.value)
    assert refused.value.exit_code == 2
