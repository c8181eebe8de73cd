"""Importance: the verdict on what a claim says of a head that the pattern has confirmed."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from grader.base.errors import ExerciseError
from grader.base.language import speaking
from grader.grading.causal_words import NO_EVIDENCE, matters_text
from grader.grading.importance import CausalEvidence, enough, importance
from grader.grading.rationale import with_importance
from grader.grading.verdicts import KindVerdict, NotGraded
from grader.schema import (
    Claim,
    Estimate,
    Exercise,
    HeadIndex,
    Importance,
    Level,
    Matters,
    Outcome,
    Place,
    SetEffect,
    Verdict,
    WhyNot,
    Without,
)

LEVELS: dict[Importance, Level] = {
    "needed together": "pattern, needed together",
    "needed alone": "pattern, needed alone",
}


class PatternClaim(NamedTuple):
    """A claim with the verdict on its pattern, or the reason why there is none."""

    claim: Claim
    on_kind: KindVerdict | NotGraded

    @property
    def place(self) -> HeadIndex:
        """The head."""
        return self.claim.layer, self.claim.head

    def is_of(self, name: str, outcome: Outcome) -> bool:
        """Return whether the pattern has this outcome for the kind of this name."""
        return (
            isinstance(self.on_kind, KindVerdict)
            and self.claim.name == name
            and self.on_kind.verdict.outcome == outcome
        )


def needs_causal(exercise: Exercise, claims: Sequence[Claim]) -> bool:
    """Return whether a claim says what only causal evidence can show, and the exercise asks for it."""
    has_circuits = any(asked.circuits for asked in exercise.kinds)
    return any(
        (claim.feeds and has_circuits)
        or (claim.matters and (asked := exercise.asked(claim)) is not None and asked.evidence == "needed")
        for claim in claims
    )


def at_hand(causal: CausalEvidence | None, exercise: Exercise) -> CausalEvidence:
    """Return the causal evidence.

    Raises:
        ExerciseError: There is none.
    """
    if causal is None:
        message = "a claim needs causal evidence, which is not at hand; grade it where the transformer can be measured"
        raise ExerciseError(f"{exercise.id}: {message}")
    return causal


class Importances:
    """The importance of the heads that a submission claims."""

    def __init__(self, exercise: Exercise, patterns: Sequence[PatternClaim], causal: CausalEvidence | None) -> None:
        """Measure nothing yet."""
        self.exercise, self.patterns, self._causal = exercise, patterns, causal

    @speaking("en")
    def on(self, verdict: Verdict) -> Verdict:
        """Return the verdict on a claim whose pattern is confirmed, with what was seen of the head's importance."""
        claim = verdict.claim
        if claim.matters is None:
            update = {"outcome": "not_graded", "why_not": "no_evidence", "borderline": False, "level": "pattern"}
            return verdict.model_copy(update={**update, "rationale": NO_EVIDENCE})
        causal, place = at_hand(self._causal, self.exercise), (claim.layer, claim.head)
        asked = next(each for each in self.exercise.kinds if each.name == claim.name)
        matters = self._matters(claim, claim.matters, asked.needed_at)
        confirmed = matters.result == "confirmed"
        level = LEVELS[matters.importance] if confirmed else "pattern"
        if confirmed and enough(matters.effects[-1], place):
            level = "pattern, needed and enough by itself"
        return verdict.model_copy(
            update={
                "outcome": matters.result,
                "why_not": _why_not(matters),
                "rationale": with_importance(claim, verdict.threshold, matters),
                "level": level,
                "matters": matters,
                "scope": causal.scope(claim.kind, place),
                "writes": causal.writes(claim.kind, _indices(matters.effects[-1])),
            }
        )

    def without(self, verdicts: Sequence[Verdict]) -> tuple[Without, ...]:
        """Return what is left of each behaviour without all heads that are confirmed, where these are several."""
        return tuple(
            _without(at_hand(self._causal, self.exercise).effect(asked.kind, found))
            for asked in self.exercise.kinds
            if asked.evidence == "needed" and len(found := _confirmed(verdicts, asked.name)) > 1
        )

    def _matters(self, claim: Claim, claimed: Literal["alone", "together"], needed_at: float) -> Matters:
        causal, place = at_hand(self._causal, self.exercise), (claim.layer, claim.head)
        companions = self._companions(claim, "confirmed") if claimed == "together" else []
        effects = [causal.effect(claim.kind, (place,))]
        if companions:
            effects.append(causal.effect(claim.kind, tuple(sorted((place, *companions)))))
        shown = importance(effects[-1], needed_at, place)
        result = _result(shown, claimed)
        if result == "refuted" and claimed == "together" and self._may_be_needed(claim, companions, needed_at):
            result = "not_graded"
        matters = Matters(
            claimed=claimed,
            result=result,
            importance=shown,
            needed_at=needed_at,
            companions=tuple(Place(layer=layer, head=head) for layer, head in companions),
            rationale="",
            effects=tuple(effects),
        )
        return matters.model_copy(update={"rationale": matters_text(claim.kind, place, matters)})

    def _may_be_needed(self, claim: Claim, companions: Sequence[HeadIndex], needed_at: float) -> bool:
        """Return whether the head may be needed if the companions that are too close to call are of the kind as well.

        Without this, one such companion would make every wrong claim free.
        """
        unsure, place = self._companions(claim, "not_graded"), (claim.layer, claim.head)
        if not unsure:
            return False
        larger = at_hand(self._causal, self.exercise).effect(claim.kind, tuple(sorted((place, *companions, *unsure))))
        return importance(larger, needed_at, place) != "no effect seen"

    def _companions(self, claim: Claim, outcome: Outcome) -> list[HeadIndex]:
        """Return the companions whose pattern has this outcome: those that are named, else all that say `together`.

        Only claimed heads count, so that no head is tried out for nothing.
        """
        named, own = {each.index for each in claim.companions}, (claim.layer, claim.head)
        others = [each for each in self.patterns if each.is_of(claim.name, outcome) and each.place != own]
        chosen = [each for each in others if (each.place in named if named else each.claim.matters == "together")]
        return list(dict.fromkeys(each.place for each in chosen))


def _why_not(matters: Matters) -> WhyNot | None:
    if matters.result != "not_graded":
        return None
    return "no_evidence" if matters.importance == "no causal measure" else "too_close"


def _result(shown: Importance, claimed: str) -> Outcome:
    if shown in ("too close to call", "no causal measure"):
        return "not_graded"
    return "confirmed" if shown == f"needed {claimed}" else "refuted"


def _confirmed(verdicts: Sequence[Verdict], name: str) -> tuple[HeadIndex, ...]:
    found = {(each.claim.layer, each.claim.head) for each in verdicts if _is_confirmed(each, name)}
    return tuple(sorted(found))


def _is_confirmed(verdict: Verdict, name: str) -> bool:
    return verdict.outcome == "confirmed" and verdict.claim.name == name


def _indices(effect: SetEffect) -> tuple[HeadIndex, ...]:
    return tuple(each.index for each in effect.heads)


def _without(effect: SetEffect) -> Without:
    whole = effect.behaviour.value
    left = {
        by: Estimate(value=_less(whole, lost.value), interval=(_less(whole, high), _less(whole, low)))
        for by, lost in effect.effect.items()
        for low, high in [lost.interval]
    }
    shared = effect.model_dump(include={"measure", "unit"})
    return Without(kind=effect.kind, heads=effect.heads, behaviour=effect.behaviour, left=left, **shared)


def _less(whole: float, lost: float) -> float:
    """Return what is left, to the decimals of what is measured."""
    return round(whole - lost, 4) + 0.0
