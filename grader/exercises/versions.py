"""Versions: what of an exercise decides grades, and so may change only together with its `version`."""

import hashlib
import json

from pydantic import ValidationError

from grader.exercises.changes import differences
from grader.schema import AskedKind, Exercise, Policy, Threshold

PARTS = ("transformer", "probes")
"""The parts that `differences` does not describe."""


def grading_part(exercise: Exercise) -> Exercise:
    """Return the exercise without what changes no grade.

    That is titles, hints and their price, sources, what students see, the counts for the guess rule, and the policy but
    for the attempt that counts: an instructor may move a deadline, and mend a sentence, at any time.
    """
    shown = {"title": "-", "feedback": "all", "hint_costs": 0, "policy": Policy(counts=exercise.policy.counts)}
    return exercise.model_copy(update={**shown, "kinds": tuple(map(_kind, exercise.kinds))})


def text(exercise: Exercise) -> str:
    """Return the part that decides grades as JSON, without defaults: a new key of a later grader is no edit."""
    content = grading_part(exercise).model_dump(mode="json", exclude_defaults=True)
    return json.dumps(content, sort_keys=True)


def digest(kept: str) -> str:
    """Return the SHA-256 of a kept text, in hexadecimal."""
    return hashlib.sha256(kept.encode()).hexdigest()


def edits(kept: str, exercise: Exercise) -> list[str]:
    """Return each difference between a kept text and the exercise in words; none if the text cannot be read."""
    try:
        before, after = Exercise.model_validate_json(kept), grading_part(exercise)
    except ValidationError:
        return []
    return [*differences(before, after), *(part for part in PARTS if getattr(before, part) != getattr(after, part))]


def _kind(asked: AskedKind) -> AskedKind:
    thresholds = tuple(map(_threshold, asked.thresholds))
    return asked.model_copy(
        update={"hint": "", "sentence": None, "passing": 1, "too_close": 0, "thresholds": thresholds}
    )


def _threshold(threshold: Threshold) -> Threshold:
    return threshold.model_copy(update={"source": "-"})
