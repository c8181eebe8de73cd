"""The words around what the page computes with: loading it, and what it cannot do."""

from grader.base.language import N_

OPENING = {
    "worker_refused": N_("The browser does not let this page compute; try it in another browser."),
    "loading": N_("{name} is loading."),
    "transformer_missing": N_("The transformer is not there: the file {script} must lie beside this page."),
}
