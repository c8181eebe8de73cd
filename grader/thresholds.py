"""Default thresholds, read from their one page, and what an exercise puts in their place."""

from functools import cache
from pathlib import Path

import yaml

from grader.schema import AskedKind, HeadType, Threshold

PAGE = Path(__file__).with_name("thresholds.yaml")


@cache
def defaults() -> dict[HeadType, tuple[Threshold, ...]]:
    """Every kind's default thresholds."""
    page = yaml.load(PAGE.read_bytes(), yaml.CSafeLoader)  # noqa: TID251 - the safe loader, in C
    return {kind: tuple(Threshold.model_validate(each, strict=False) for each in page[kind]) for kind in page}


def thresholds_of(asked: AskedKind) -> tuple[Threshold, ...]:
    """The thresholds that decide for this exercise: the defaults, each replaced where the exercise gives its own."""
    own = {threshold.statistic: threshold for threshold in asked.thresholds}
    kept = [own.pop(default.statistic, default) for default in defaults()[asked.type]]
    return (*kept, *own.values())
