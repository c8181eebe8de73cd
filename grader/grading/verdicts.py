"""Verdicts independent of the student and of earlier claims: computed once, and used in report after report."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from grader.exercises.scoring import points_each
from grader.schema import AskedKind, Claim, Evidence, Verdict, WhyNot


class NotGraded(NamedTuple):
    """The reason why a claim is not graded."""

    why: WhyNot
    explanation: str

    def on(self, claim: Claim) -> Verdict:
        """Return the verdict on this claim."""
        return Verdict(
            claim=claim,
            outcome="not_graded",
            why_not=self.why,
            points=0.0,
            rationale=f"Not graded: {self.explanation}.",
        )


@dataclass(frozen=True)
class KindVerdict:
    """The verdict on one head and kind, independent of the student and of earlier claims."""

    asked: AskedKind
    verdict: Verdict
    """On the claim without its note and evidence, for no points."""
    chance: float
    """The chance that a random claim of the kind is confirmed, of those that are decided, 0 to 1."""

    @cached_property
    def about(self) -> tuple[str, int, int]:
        """The kind's name, the layer and the head."""
        return self.asked.name, self.verdict.claim.layer, self.verdict.claim.head

    @cached_property
    def is_confirmed(self) -> bool:
        """True if the head is of the kind."""
        return self.verdict.outcome == "confirmed"

    @cached_property
    def is_decided(self) -> bool:
        """True unless the interval is too wide to tell."""
        return self.verdict.outcome != "not_graded"

    @cached_property
    def worth(self) -> float:
        """The points of the claim, unless enough heads of the kind have earned theirs before."""
        return points_each(self.asked) if self.is_confirmed else 0.0

    def on(self, claim: Claim, points: float, evidence: Evidence | None) -> Verdict:
        """Return the verdict on this claim; claim and evidence are validated already."""
        return self.verdict.model_copy(update={"claim": claim, "points": points, "evidence": evidence})
