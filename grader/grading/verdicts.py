"""What a claim about a head and a kind comes to, before it is known who makes it and what was confirmed before it.

Findings are kept and put into report after report, each with its canonical text, so that the hash of a report costs
little more than its bytes.
"""

from dataclasses import dataclass
from typing import NamedTuple

from grader.grading.hashing import filled, form, text
from grader.schema import AskedKind, Claim, Evidence, Verdict, WhyNot

_BLANK = Verdict(claim=Claim(type="induction", layer=0, head=0), outcome="not_graded", points=0.0, rationale="")
_BLANK_FORM = form(_BLANK, "claim", "rationale", "why_not")


class NotGraded(NamedTuple):
    """Why a claim is not graded."""

    why: WhyNot
    said: str

    def on(self, claim: Claim) -> tuple[Verdict, str]:
        """The verdict on this claim, with its canonical text."""
        rationale = f"Not graded: {self.said}."
        verdict = _BLANK.model_copy(update={"claim": claim, "why_not": self.why, "rationale": rationale})
        return verdict, filled(_BLANK_FORM, (text(vars(claim)), text(rationale), text(self.why)))


@dataclass(frozen=True)
class KindVerdict:
    """What a claim about one head and one kind comes to, whoever makes it: worked out once, for all reports."""

    about: tuple[str, int, int]
    """The kind's name, layer and head."""
    asked: AskedKind
    verdict: Verdict
    """On the bare claim, and worth nothing."""
    is_confirmed: bool
    worth: float
    """What it earns, unless enough heads of its kind have earned before."""
    chance: float
    """The fraction of all heads that are of its kind."""
    claim_form: tuple[str, ...]
    """The claim's canonical text; open are its evidence and its note."""
    verdict_form: tuple[str, ...]
    """The verdict's; open are the claim, the evidence recomputed, and the points."""

    def on(self, claim: Claim, worth: float, evidence: Evidence | None) -> tuple[Verdict, str]:
        """The verdict on this claim, with its canonical text; all that goes in was validated before."""
        verdict = self.verdict.model_copy(update={"claim": claim, "points": worth, "evidence": evidence})
        claimed = filled(self.claim_form, (text(claim.evidence), text(claim.note)))
        recomputed = text(evidence and vars(evidence))
        return verdict, filled(self.verdict_form, (claimed, recomputed, text(worth)))
