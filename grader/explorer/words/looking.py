"""The words around looking at heads. `key.one` is the form of `key` for the number 1."""

from grader.base.language import N_

LOOKING = {
    "sentence": N_("Sentence"),
    "heads": N_("All heads"),
}
