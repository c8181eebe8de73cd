"""The measures by name: what gets worse when heads of a kind are replaced. Importing them loads nothing heavy."""

from typing import TYPE_CHECKING

from grader.kinds.causal import Measure
from grader.measuring.interventions.measures.agreement import AGREEMENT
from grader.measuring.interventions.measures.copying import COPYING
from grader.measuring.interventions.measures.pronouns import PRONOUN_DEEDS
from grader.measuring.interventions.measures.running_text import RUNNING_TEXT

if TYPE_CHECKING:
    from grader.schema import Kind, ProbeSettings

MEASURES: dict[str, Measure] = {
    "copying": COPYING,
    "running_text": RUNNING_TEXT,
    "agreement": AGREEMENT,
    "pronouns": PRONOUN_DEEDS,
}
IN_ENGLISH = ("agreement", "pronouns")
"""The measures whose sentences are English."""


def measure_of(kind: "Kind", settings: "ProbeSettings") -> Measure | None:
    """Return what must get worse without heads of the kind; None if nothing can be stated."""
    if isinstance(kind.causal, Measure):
        return kind.causal
    return None if kind.causal in IN_ENGLISH and settings.language != "en" else MEASURES.get(kind.causal)
