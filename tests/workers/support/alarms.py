"""The alarms of `deploy/alerts.yaml`, tried on figures that were scraped."""

import operator
import re
from collections.abc import Mapping
from typing import Any

import yaml

from tests.support.servers import ROOT

RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
COMPARISON = re.compile(r"(\w+)(?:\{[^}]*\})? (==|>=|>|<) (-?[\d.]+)")
COMPARE = {"==": operator.eq, ">=": operator.ge, ">": operator.gt, "<": operator.lt}
FASTER = 30
"""Seconds of an alarm that pass in one second of a test."""


def ringing(samples: Mapping[tuple[str, ...], float], faster: float = 1) -> set[str]:
    """Return the alarms whose condition holds, without the time for which it must hold.

    With `faster`, every limit in seconds is that many times shorter.
    """
    return {rule["alert"] for rule in RULES if _holds(rule["expr"], samples, faster)}


def _holds(condition: str, samples: Mapping[tuple[str, ...], float], faster: float) -> bool:
    for part in condition.split(" or "):
        match = COMPARISON.fullmatch(part)
        assert match, f"{part}: this test cannot read it"
        name, sign, limit = match[1], match[2], float(match[3])
        limit /= faster if name.endswith("_seconds") else 1
        if any(COMPARE[sign](value, limit) for (metric, *_), value in samples.items() if metric == name):
            return True
    return False
