"""Damage for any input: odd values in place of others, and changed bytes."""

import random
from typing import Any

ODD: tuple[Any, ...] = (
    *(0, 1, 2, -1, 3, 7, 64, 2**31 - 1, 2**31, 2**63, 10**9, 10**40, -(2**63)),
    *(0.5, 1e308, float("nan"), float("inf"), True, False, None),
    *("", "0", "gpt2", "\0", "\ud800", "../..", "a" * 10_000, "[UNK]", "float16"),
    *([], {}, [[]], {"a": {}}, [1, "a", None], {"": 0}),
)


def odd(rng: random.Random) -> Any:  # noqa: ANN401 - of any type
    """Return a value that hardly anything expects."""
    return rng.choice(ODD)


def replaced(rng: random.Random, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON with one value, at any depth, replaced by an odd one, left out or put in twice."""
    if not isinstance(value, dict | list) or not value or rng.random() < 0.2:
        return odd(rng)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = rng.choice(keys)
    changed = value.copy()
    if rng.random() < 0.1:
        del changed[key]
    else:
        changed[key] = replaced(rng, value[key])
    return changed


def damaged(rng: random.Random, content: bytes) -> bytes:
    """Return the bytes cut, with some of them changed, or with a part put in twice."""
    start = rng.randrange(len(content) or 1) if rng.random() < 0.5 else rng.randrange(min(len(content), 200) or 1)
    match rng.randrange(4):
        case 0:
            return content[:start]
        case 1:
            return content[:start] + rng.randbytes(rng.choice((1, 4, 8))) + content[start + 8 :]
        case 2:
            return content[:start] + rng.choice((b"\xff" * 8, b"\0" * 8, b"\xff\xff\xff\x7f")) + content[start + 8 :]
    return content[:start] + content[max(0, start - 50) :]
