"""The best blind head is found, and nothing blind gets more."""

import torch

from grader.kinds.masks import Question
from grader.measuring import questions
from grader.measuring.statistics.baselines import best_blind_head
from grader.schema import Kind
from tests.kinds.planted import sentence, words


def question(targets: list[tuple[int, int]], rivals: dict[int, tuple[tuple[int, ...], ...]] | None = None) -> Question:
    mask = torch.zeros(10, 10, dtype=torch.bool)
    for query, key in targets:
        mask[query, key] = True
    return Question(mask, torch.ones(10, 10, dtype=torch.bool).tril(), rivals=rivals or {})


def test_a_fixed_offset() -> None:
    name, right = best_blind_head([question([(5, 3), (8, 6)]), question([(7, 5), (9, 2)])], offsets_known=False)

    assert name == "offset -2"
    assert right.tolist() == [2, 1]


def test_a_fixed_position() -> None:
    name, right = best_blind_head([question([(5, 3)]), question([(9, 3)]), question([(7, 3)])], offsets_known=False)

    assert name == "position 3"
    assert right.sum() == 3


def test_the_second_word_of_the_class() -> None:
    words_of = {8: ((1,), (3,), (6,))}

    name, right = best_blind_head(
        [question([(8, 3)], words_of), question([(8, 2)], {8: ((1,), (2,), (6,))})], offsets_known=False
    )

    assert name == "second word of the class"
    assert right.sum() == 2


def test_where_the_offset_is_the_kind_itself_only_chance_is_left() -> None:
    sequence = words(9)
    asked = questions.question(Kind(type="positional"), sequence).visible(causal=True)

    name, right = best_blind_head([asked], offsets_known=True)

    assert name == "all keys alike"
    assert float(right.sum()) == sum(1 / keys for keys in range(2, 10))


def test_a_verb_with_an_attractor_leaves_the_nearest_noun_wrong() -> None:
    asked = questions.question(Kind(type="syntactic", relation="verb_subject"), sentence())

    assert asked.rivals == {7: ((2,), (6,))}
