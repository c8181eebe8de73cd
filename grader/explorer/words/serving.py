"""The words about the server that a page asks."""

from grader.base.language import N_

SERVING = {
    "server-away": N_("The grader does not answer. Is `grade explore` still running in its terminal?"),
    "server-given-up": N_("This was not computed, because the sentence changed meanwhile."),
}
