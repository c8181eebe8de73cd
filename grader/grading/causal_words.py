"""Causal evidence in words: what was lost, what it shows of a head, and what is left of a receiver."""

from collections.abc import Iterable, Iterator

from grader.base.language import N_, _
from grader.base.numbers import number, percent
from grader.grading.importance import DECIDING, LEAST_SHOWN, idle, importance
from grader.schema import (
    CircuitVerdict,
    Estimate,
    HeadIndex,
    Importance,
    Into,
    Kind,
    Matters,
    Place,
    Replacement,
    SenderLeft,
    SetEffect,
    Unit,
    WhyNot,
    head_name,
    title,
)

REPLACED: dict[Replacement, str] = {
    "resample": N_("resampled {loss} (interval {low} to {high})"),
    "mean": N_("by the mean {loss} (interval {low} to {high})"),
}
"""The loss under each replacement; a report always names it beside the number."""
CONTROLLED: dict[Replacement, str] = {
    "resample": N_("resampled {most} at most"),
    "mean": N_("by the mean {most} at most"),
}
UNITS: dict[Unit, str] = {"nats": N_("nats"), "logits": N_("logits")}
SAME_LAYERS = N_("As many other heads of the same layers: {most}.")
ELSEWHERE = N_("As many heads of other layers, since too few of the same ones do not score on the kind: {most}.")
INPUTS: dict[Into, str] = {"key": N_("key"), "query": N_("query")}
_CLAIMED: dict[Importance, str] = {
    "needed alone": N_("{place} is needed alone."),
    "needed together": N_("{place} is needed together with {companions}."),
    "no effect seen": N_("{place} looks like {kind}, and is not seen to matter as claimed."),
    "too close to call": N_("{place} looks like {kind}, and it is too close to call whether it matters."),
    "no causal measure": N_("{place} looks like {kind}, for which there is no causal measure."),
}
NO_EVIDENCE = N_(
    "Not graded: this kind needs causal evidence as well. Add `matters: alone`, or `matters: together` with "
    "`companions`. No points are lost."
)
NO_MEASURE = N_("Not graded: nothing can be measured that gets worse without heads of this kind. No points are lost.")
NOT_SEEN = N_("Refuted: it looks like the kind, and is not seen to matter as claimed.")
"""The verdict on a head that has the pattern alone, without numbers."""
_WHY_UNSEEN = N_(
    "This can be: other heads do the same, or later layers repair what is missing. An effect is a lower bound, so the "
    "head may still be used."
)
_NO_PATTERN: dict[WhyNot, str] = {
    "repeated": N_("Not graded: it repeats an earlier circuit."),
    "no_such_head": N_("Not graded: the transformer has no such head."),
    "over_budget": N_("Not graded: there are more claims than the exercise takes."),
    "too_close": N_("Not confirmed yet: whether {receiver} is {kind} is too close to call. No points are lost."),
}


def named(heads: Iterable[Place | HeadIndex]) -> str:
    """Return the heads' names, such as `L1H3, L1H2 and L1H1`."""
    *first, last = [str(each) if isinstance(each, Place) else head_name(*each) for each in heads]
    return _("{heads} and {last}", heads=", ".join(first), last=last) if first else last


def effect_sentence(effect: SetEffect) -> str:
    """Return what is lost without the heads, under each replacement, against other sets of heads."""
    return " ".join([lost_sentence(effect), *_beside(effect)]) if effect.measure else lost_sentence(effect)


def lost_sentence(effect: SetEffect) -> str:
    """Return what is lost without the heads, under each replacement."""
    if not effect.measure:
        return _("There is no causal measure for this kind.")
    lost = "; ".join(_with_interval(_(REPLACED[by]), effect.effect[by]) for by in DECIDING if by in effect.effect)
    message = N_("Without {heads}, this much of {behaviour} {unit} is lost: {lost}.")
    values = {"heads": named(effect.heads), "behaviour": _amount(effect.behaviour.value), "unit": _(UNITS[effect.unit])}
    return _(message, **values, lost=lost)


def matters_summary(kind: Kind, place: HeadIndex, matters: Matters) -> str:
    """Return in one sentence what was seen of a claimed head's importance, for the end of its rationale."""
    shown: Importance = "no effect seen" if _is_another(matters) else matters.importance
    useful = [each for each in matters.companions if each.index not in _nothing(matters)] or matters.companions
    companions = named(useful) if useful else _("no other head")
    sentence = _(_CLAIMED[shown], place=head_name(*place), kind=title(kind), companions=companions)
    return " ".join([sentence, _("No points are lost.")]) if matters.result == "not_graded" else sentence


def matters_text(kind: Kind, place: HeadIndex, matters: Matters) -> str:
    """Return what was seen of a claimed head's importance, with both replacements, the controls and the reasons."""
    part = percent(matters.needed_at)
    asked = _("Asked for is a loss of {part} of the behaviour, under both replacements.", part=part)
    *alone, decides = matters.effects
    effects = [*map(lost_sentence, alone), effect_sentence(decides)]
    return " ".join([matters_summary(kind, place, matters), asked, *effects, *_remarks(place, matters)])


def circuit_text(circuit: CircuitVerdict) -> str:
    """Return the reason for the verdict on a circuit."""
    feeds, kind = circuit.feeds, title(circuit.kind)
    if circuit.score is None or circuit.left is None:
        if circuit.why_not is not None:
            return _(_NO_PATTERN[circuit.why_not], receiver=feeds.receiver, kind=kind)
        message = N_("Refuted: {receiver} is not confirmed as {kind}, so nothing that feeds it can be seen.")
        return _(message, receiver=feeds.receiver, kind=kind)
    about = {"sender": feeds.sender, "receiver": feeds.receiver, "kind": kind, "input": _(INPUTS[feeds.into])}
    left = _left(circuit, circuit.score, circuit.left)
    sentences = [_(_CIRCUITS[circuit.result], **about), left, *_of_layer(circuit), *_direct(circuit, circuit.left)]
    return " ".join(sentences)


_CIRCUITS = {
    "confirmed": N_("{sender} feeds {receiver} as {kind}, into its {input}."),
    "refuted": N_("{sender} is not seen to feed {receiver} as {kind} into its {input}."),
    "not_graded": N_(
        "Not confirmed yet: whether {sender} feeds {receiver} as {kind} into its {input} is too close to call. "
        "No points are lost."
    ),
}


def _is_another(matters: Matters) -> bool:
    """Return whether the head is needed, but not as it is claimed."""
    return matters.importance.startswith("needed") and matters.importance != f"needed {matters.claimed}"


def _remarks(place: HeadIndex, matters: Matters) -> Iterator[str]:
    """Yield what else a student should know of the effects."""
    alone = importance(matters.effects[0], matters.needed_at) if matters.effects else matters.importance
    if matters.claimed == "together" and alone == "needed alone":
        yield _("{place} is needed alone already.", place=head_name(*place))
    if _is_another(matters):
        yield _("No confirmed companion is left, so claim it with `matters: alone`.")
    elif matters.importance == "no effect seen":
        yield _(_why_unseen(matters.effects[-1], matters.needed_at) if matters.effects else _WHY_UNSEEN)
        if matters.claimed == "alone":
            yield _("If others do the same, claim them with it: `matters: together`.")
    if nothing := _nothing(matters):
        yield _("Companions that add nothing: {heads}.", heads=named(nothing))


def _nothing(matters: Matters) -> list[HeadIndex]:
    """Return the companions that add nothing."""
    companions = {each.index for each in matters.companions}
    return [each for each in idle(matters.effects[-1]) if each in companions] if matters.effects else []


def _why_unseen(effect: SetEffect, needed_at: float) -> str:
    if effect.behaviour.interval[0] < LEAST_SHOWN:
        return N_("The transformer hardly shows the behaviour, so next to nothing of it can be lost.")
    is_much = all(effect.effect[by].value >= needed_at * effect.behaviour.value for by in DECIDING)
    if is_much and any(by in effect.control and effect.effect[by].value <= effect.control[by].most for by in DECIDING):
        return N_("Other heads cost as much, so this says nothing about the kind.")
    return _WHY_UNSEEN


def _beside(effect: SetEffect) -> Iterator[str]:
    """Yield the controls, or that there are none, and the remark on a loss above that of not knowing."""
    if effect.control:
        most = "; ".join(
            _(CONTROLLED[by], most=_amount(effect.control[by].most)) for by in DECIDING if by in effect.control
        )
        elsewhere = any(each.elsewhere for each in effect.control.values())
        yield _(ELSEWHERE if elsewhere else SAME_LAYERS, most=most)
    else:
        yield _("There is no control: too few heads do not score on the kind.")
    if any(effect.effect[by].value > effect.behaviour.value for by in DECIDING if by in effect.effect):
        yield _("That is more than not knowing would cost: without them it is sure of what is wrong.")


def _left(circuit: CircuitVerdict, score: float, left: SenderLeft) -> str:
    resampled = Estimate(value=left.left, interval=left.interval)
    lost = "; ".join(
        [_with_interval(_(REPLACED["resample"]), resampled), _with_interval(_(REPLACED["mean"]), left.mean)]
    )
    message = N_("Without {sender}, this is left of the receiver's score of {score}: {lost}; {most} at most is needed.")
    most = number(circuit.left_at_most * score)
    return _(message, sender=circuit.feeds.sender, score=number(score), lost=lost, most=most)


def _of_layer(circuit: CircuitVerdict) -> Iterator[str]:
    if circuit.others is not None:
        yield _("Every other head of the sender's layer leaves {least} or more.", least=_amount(circuit.others))


def _direct(circuit: CircuitVerdict, left: SenderLeft) -> Iterator[str]:
    direct, into = left.direct, circuit.feeds.into
    if into not in direct:
        return
    message = N_("If only what it adds to the {input} is replaced, {left} is left.")
    yield _(message, input=_(INPUTS[into]), left=_amount(direct[into].value))
    others = [direct[other].value for other in direct if other != into]
    most = min(direct[into].value, circuit.left_at_most * (circuit.score or 0.0))
    if circuit.result == "refuted" and any(value <= most for value in others):
        yield _("What the sender writes goes into the receiver's other input.")


def _with_interval(text: str, estimate: Estimate) -> str:
    low, high = estimate.interval
    return text.format(loss=_amount(estimate.value), low=_amount(low), high=_amount(high))


def _amount(value: float) -> str:
    """Return a number with two decimals, never `-0.00`."""
    return number(round(value, 2) + 0.0)
