"""Default thresholds, read from their one page, and what an exercise puts in their place."""

from functools import cache
from importlib import resources

import yaml
from pydantic import TypeAdapter

from grader.schema import AskedKind, HeadType, Threshold


@cache
def defaults() -> dict[HeadType, tuple[Threshold, ...]]:
    """Every kind's default thresholds."""
    page = yaml.load((resources.files("grader") / "thresholds.yaml").read_text("utf-8"), yaml.CSafeLoader)  # noqa: TID251 - the safe loader, in C
    return TypeAdapter(dict[HeadType, tuple[Threshold, ...]]).validate_python(page, strict=False)


def thresholds_of(asked: AskedKind) -> tuple[Threshold, ...]:
    """The thresholds that decide for this exercise: the defaults, each replaced where the exercise gives its own."""
    own = {threshold.statistic: threshold for threshold in asked.thresholds}
    kept = [own.pop(default.statistic, default) for default in defaults()[asked.type]]
    return (*kept, *own.values())
