"""The words around what the page computes with: loading it, and what it cannot do."""

from grader.base.language import N_

OPENING = {
    "loading": N_("{name} is loading."),
    "text_given": N_("These patterns were computed for one text; for another one, call `grader.show` again."),
    "transformer_missing": N_("The transformer is not there: the file {script} must lie beside this page."),
}
