"""The thresholds that decide: the defaults of the kind's type, replaced by those that the exercise gives."""

from functools import cache

from grader.kinds import TYPES
from grader.schema import AskedKind, Threshold


@cache
def defaults(type_name: str) -> tuple[Threshold, ...]:
    """Return the default thresholds of a type of head."""
    return tuple(Threshold.model_validate(each._asdict()) for each in TYPES[type_name].thresholds)


def thresholds_of(asked: AskedKind) -> tuple[Threshold, ...]:
    """Return the thresholds that decide for this exercise."""
    own = {threshold.statistic: threshold for threshold in asked.thresholds}
    kept = [own.pop(default.statistic, default) for default in defaults(asked.type)]
    return (*kept, *own.values())
