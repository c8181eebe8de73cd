"""Familiar texts: what every student of an exercise has read, so that two may well write it both."""

from collections.abc import Iterator
from pathlib import Path

from grader.base.errors import GraderError
from grader.exercises import submissions
from grader.schema import Exercise
from grader.students.hints import ladder_of
from grader.students.texts import default, tried

EXAMPLE = "my_heads.yaml"
"""The example of a submission in an exercise's folder."""


def familiar_texts(exercise: Exercise, folder: Path) -> Iterator[str]:
    """Yield the notes and sentences of the exercise's example, and the texts of its hints."""
    yield default(exercise)
    for asked in exercise.kinds:
        yield ladder_of(asked).text
        if own := tried(exercise, asked):
            yield own.text
    try:
        example, _ = submissions.load((folder / EXAMPLE).read_bytes(), EXAMPLE)
    except (OSError, GraderError):
        return
    for claim in example.claims:
        yield from filter(None, (claim.note, claim.evidence))
