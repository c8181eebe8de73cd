"""Seeded draws that are the same on every machine and in every version of Python.

Python promises a stable stream for `random.Random.random` only; so everything here is built on that.
"""

from collections.abc import Sequence as Items
from hashlib import sha256
from random import Random
from typing import TypeVar

from grader.base.errors import ExerciseError

T = TypeVar("T")
GOLDEN = 0.6180339887498949
"""The golden ratio less 1."""


def stream(seed: int, name: str) -> Random:
    """Return the random stream of this seed and name."""
    return Random(int.from_bytes(sha256(f"{seed}:{name}".encode()).digest()[:8], "big"))  # noqa: S311 - drawn to be repeatable


def below(random: Random, bound: int) -> int:
    """Return a whole number from 0 up to `bound`, which is excluded."""
    return int(random.random() * bound)


def in_turn(seed: int, number: int, bound: int) -> int:
    """Return a whole number below `bound`; over successive numbers all of them come about equally often.

    The multiples of the golden ratio are spread more evenly than random draws (the additive recurrence).
    """
    start = stream(seed, "in turn").random()
    return int((start + number * GOLDEN) % 1 * bound)


def one(random: Random, items: Items[T]) -> T:
    """Return one of the items."""
    return items[below(random, len(items))]


def shuffled(random: Random, items: Items[T]) -> list[T]:
    """Return all the items in a random order (Fisher and Yates)."""
    order = list(items)
    for last in range(len(order) - 1, 0, -1):
        other = below(random, last + 1)
        order[last], order[other] = order[other], order[last]
    return order


def some(random: Random, items: Items[T], count: int) -> list[T]:
    """Return `count` different items in a random order.

    Raises:
        ExerciseError: There are fewer; a probe's items are words, and only a tokenizer makes them few.
    """
    chosen: dict[int, None] = {}
    if not 0 <= count <= len(items):
        message = f"the probe needs {count} English words that are one token each, and the tokenizer has {len(items)}"
        raise ExerciseError(f"{message}; leave the kind out, or take another tokenizer")
    while len(chosen) < count:
        chosen.setdefault(below(random, len(items)))
    return [items[index] for index in chosen]
