"""Checks of the environment: each variable that begins with GRADER_ is one that the grader reads."""

import os
from collections.abc import Iterator, Mapping

from grader import exercises
from grader.base.environment import PERSONAL
from grader.base.errors import ExerciseError
from grader.checkup.check import Check
from grader.documents.messages import closest
from grader.measuring import transformer
from grader.service import settings

PREFIX = "GRADER_"
OF_TRANSFORMER = "GRADER_TRANSFORMER_"


def all_checks(environment: Mapping[str, str] = os.environ) -> Iterator[Check]:
    """Yield a check for each variable that nothing reads; a process cannot know that it is meant for another one."""
    known = _known()
    for name in sorted(environment):
        if name.upper().startswith(PREFIX) and name not in known:
            of_transformer = name.upper().startswith(OF_TRANSFORMER)
            result = "no exercise here has a transformer of this name" if of_transformer else "nothing reads it"
            yield Check(False, name, result + _meant(name, known), is_optional=True)


def _meant(name: str, known: list[str]) -> str:
    """Return the variable that was probably meant, for the end of a message; all begin alike, which says nothing."""
    if name.removesuffix("_FILE") in known:
        return f"; did you mean `{name.removesuffix('_FILE')}`?"
    meant = closest(name.upper().removeprefix(PREFIX), (each.removeprefix(PREFIX) for each in known))
    return f"; did you mean `{PREFIX}{meant}`?" if meant else ""


def _known() -> list[str]:
    """Return the names of all variables that the grader reads."""
    in_files = [*settings.VARIABLES, *(f"{name}_FILE" for name in settings.VARIABLES)]
    return [*PERSONAL, *in_files, *_of_transformers()]


def _of_transformers() -> Iterator[str]:
    """Yield the variables that say where the transformers of the exercises are."""
    for name in exercises.available():
        try:
            yield transformer.override(exercises.load(name).transformer)
        except ExerciseError:  # which has a check of its own
            continue
