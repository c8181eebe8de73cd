"""The words around kinds, hints, claims and verdicts. `key.one` is the form of `key` for the number 1."""

from grader.base.language import N_

CLAIMING = {
    "kinds": N_("Kinds of heads"),
    "basket": N_("Your claims"),
}
