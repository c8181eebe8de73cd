"""The explorer in the gallery: a page for each exercise whose transformer is bundled and runs in a browser."""

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlencode

from grader.base.errors import GraderError
from grader.explorer.files import of_files
from grader.explorer.site import beside
from grader.explorer.weights import Ingredients, transformer_script
from grader.gallery.entries import Exhibit
from grader.measuring.transformer import digest
from grader.schema import Exercise

DIGITS = 12
"""The hexadecimal digits of a transformer's digest in the name of its script."""


class Explorable(NamedTuple):
    """A transformer that a browser can run."""

    made_of: Ingredients
    digest: str
    script: str


def explorable(exercises: Iterable[Exercise]) -> dict[str, Explorable]:
    """Return the transformers of the exercises that have a page to explore, by the exercise's id."""
    found = {}
    for exercise in exercises:
        if exercise.transformer.bundled is not None:
            with suppress(GraderError):  # it is not there, or the browser cannot run it: then there is no such page
                made_of = of_files(exercise.transformer)
                found[exercise.id] = Explorable(made_of, digest(exercise.transformer), transformer_script(made_of))
    return found


def files(exercise: Exercise, of: Explorable) -> dict[str, str]:
    """Return the exercise's page and its transformer's script, which other exercises share, by their paths."""
    script = f"transformer-{of.digest[:DIGITS]}.js"
    return {page(exercise.id): beside(exercise, of.made_of, script=script), script: of.script}


def page(exercise: str) -> str:
    """Return the path of an exercise's page."""
    return f"explore-{exercise}.html"


def link(exhibit: Exhibit) -> str:
    """Return the path to an exhibit's head, on the student's own sentence if all of it is shown."""
    claim = exhibit.verdict.claim
    state = {"head": exhibit.place, "kind": claim.name}
    if claim.evidence and exhibit.is_whole:
        state = {"text": claim.evidence, **state}
    return f"{page(exhibit.exercise)}#{urlencode(state)}"
