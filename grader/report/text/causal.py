"""Causal evidence in words: what is lost without heads, what feeds a head, and what a head writes."""

from collections.abc import Iterable, Iterator, Mapping

from grader.base.language import LANGUAGES, N_, _, ngettext, spoken
from grader.grading.causal_words import UNITS, circuit_text, effect_sentence, matters_text, named
from grader.kinds.causal import Measure
from grader.report.needs import Need
from grader.report.text.labels import visible
from grader.schema import (
    CircuitVerdict,
    Control,
    Estimate,
    HeadIndex,
    Importance,
    Kind,
    Level,
    Matters,
    Place,
    Replacement,
    Report,
    Scope,
    SetEffect,
    Verdict,
    Without,
    Writes,
    head_name,
    title,
)

REPLACED: dict[Replacement, str] = {
    "resample": N_("resampled, from a run without the behaviour"),
    "mean": N_("the mean"),
    "zero": N_("zero, for comparison only"),
}
"""The output that stands in place of a head's own."""
BY: dict[Replacement, str] = {"resample": N_("resampled"), "mean": N_("by the mean"), "zero": N_("by zero")}
"""The same in short, after a number."""
LEVELS: dict[Level, str] = {
    "pattern": N_("pattern"),
    "pattern, needed together": N_("pattern, needed together with others"),
    "pattern, needed alone": N_("pattern, needed alone"),
    "pattern, needed and enough by itself": N_("pattern, needed, and enough by itself"),
}
IMPORTANCES: dict[Importance, str] = {
    "needed alone": N_("needed alone"),
    "needed together": N_("needed together"),
    "no effect seen": N_("no effect seen"),
    "too close to call": N_("too close to call"),
    "no causal measure": N_("no causal measure"),
}
OF_ONE: dict[Importance, str] = {
    "needed alone": N_("{heads} is needed alone."),
    "needed together": N_("{heads} is needed together with others."),
    "no effect seen": N_("No effect of {heads} alone is seen."),
    "too close to call": N_("It is too close to call whether {heads} is needed: an interval holds what is asked for."),
    "no causal measure": N_("There is no causal measure for {heads} as this kind."),
}
OF_SEVERAL: dict[Importance, str] = {
    "needed alone": N_("{heads} are needed."),
    "needed together": N_("{heads} are needed together: each of them adds to the effect."),
    "no effect seen": N_("{heads} are not all seen to be needed: too little is lost, or one of them adds nothing."),
    "too close to call": N_("It is too close to call whether {heads} are needed: an interval holds what is asked for."),
    "no causal measure": N_("There is no causal measure for {heads} as this kind."),
}
EXPLAINED: dict[Importance, str] = {
    "needed alone": N_("Without it, a large part of the behaviour is lost, under both replacements."),
    "needed together": N_("Without all of them, a large part of the behaviour is lost, under both replacements."),
    "no effect seen": N_(
        "This does not show that nothing depends on it: others may do the same, or later layers may repair what is "
        "missing."
    ),
    "too close to call": "",
    "no causal measure": "",
}
"""The meaning of an outcome, after the sentence that names it."""
IDLE = N_(
    "Without all of {heads}, a large part of the behaviour is lost, but {idle} adds nothing to it: leave that out to "
    "see which heads are needed together."
)
TOGETHER = N_(
    "{heads} is needed together with {companions}: without all of them, a large part of the behaviour is lost, under "
    "both replacements. Without {heads} alone, less is lost, because the others do the same."
)
LOWER_BOUND = N_("Later layers repair a part of what is missing, so that an effect is a lower bound.")
ABOVE_NOT_KNOWING = N_(
    "More is lost ({replaced}) than the whole behaviour: that is worse than not knowing, and more than knocking out."
)
ZERO = N_("Zero is a caution, for comparison only: it shows effects where the other two replacements see none.")
NO_CONTROL = N_("No control: too few heads do not score on the kind.")
ELSEWHERE = N_("The control is of other layers: too few heads of the same ones do not score on the kind.")
NOT_DRAWN = "\N{EN DASH}"
MOST_ROUNDED = 0.1
"""The part below which a percentage has a decimal."""


def amount(value: float) -> str:
    """Return a number with two decimals, never `-0.00`."""
    return f"{round(value, 2) + 0.0:.2f}"


def interval(ends: tuple[float, float]) -> str:
    """Return a 95 % interval: `[7.10, 8.20]`."""
    return f"[{amount(ends[0])}, {amount(ends[1])}]"


def estimate(value: Estimate) -> str:
    """Return a value with its interval: `7.65 [7.10, 8.20]`."""
    return f"{amount(value.value)} {interval(value.interval)}"


def part(value: Estimate, whole: Estimate) -> str:
    """Return a value as a part of the whole behaviour, in per cent."""
    return _per_cent(value.value / whole.value) if whole.value > 0 else NOT_DRAWN


def _per_cent(value: float) -> str:
    """Return a part in whole per cent, with one decimal where that would look like nothing or everything."""
    decimals = 0 if MOST_ROUNDED < abs(value) < 1 - MOST_ROUNDED / 10 else 1
    return f"{round(100 * value, decimals) + 0.0:.{decimals}f} %"


def control(drawn: Control | None) -> str:
    """Return the control: the mean over the sets, and the largest."""
    if drawn is None:
        return NOT_DRAWN
    sets = ngettext("{number} set", "{number} sets", drawn.sets)
    return _("{mean}, at most {most} ({sets})", mean=amount(drawn.value), most=amount(drawn.most), sets=sets)


def replaced(by: Replacement) -> str:
    """Return the replacement in words."""
    return _(REPLACED[by])


def measure_in_words(name: str, kind: Kind) -> str:
    """Return a measure by its name, as a noun phrase; that of a kind's own is looked up there."""
    from grader.measuring.interventions.measures import MEASURES  # builds probes, which a report seldom needs

    own = kind.causal
    known = own if isinstance(own, Measure) and own.name == name else MEASURES.get(name)
    return _(known.says) if known else visible(name)


def measure(effect: SetEffect) -> str:
    """Return the measure, and the strength of the behaviour in the whole transformer."""
    if not effect.measure:
        return f"{effect_sentence(effect).rstrip('.')}: {visible(_(effect.why_none))}."
    return _(
        "Measured by {measure}; the whole transformer is {behaviour} {unit} better than one that does not know.",
        measure=measure_in_words(effect.measure, effect.kind),
        behaviour=estimate(effect.behaviour),
        unit=_(UNITS[effect.unit]),
    )


def outcome(need: Need, heads: Iterable[HeadIndex | Place]) -> str:
    """Return in a sentence or two what was seen of the importance of heads."""
    places = list(heads)
    others = [place for place in need.companions if place not in {_index(each) for each in places}]
    if need.importance == "needed together" and others:
        return _(TOGETHER, companions=named(others), heads=named(places))
    meaning = _(IDLE, heads=named(places), idle=named(need.idle)) if need.idle else EXPLAINED[need.importance]
    shown = _((OF_ONE if len(places) == 1 else OF_SEVERAL)[need.importance], heads=named(places))
    return f"{shown} {_(meaning) if meaning else ''}".rstrip()


def short(need: Need) -> str:
    """Return what was seen of a head in a few words."""
    if need.importance == "needed together" and need.companions:
        return _("needed together with {companions}", companions=named(need.companions))
    return _(IMPORTANCES[need.importance])


def for_kind(need: Need) -> str:
    """Return what was seen of a head in a few words, with the kind for which it was seen."""
    return _("{need}, for {kind}", need=short(need), kind=title(need.kind))


def cautions(effect: SetEffect) -> list[str]:
    """Return what to keep in mind beside the numbers, a sentence each."""
    lines = [
        _(ABOVE_NOT_KNOWING, replaced=_(BY[by]))
        for by, lost in effect.effect.items()
        if by != "zero" and lost.value > effect.behaviour.value
    ]
    if not effect.control:
        lines.append(_(NO_CONTROL))
    elif any(each.elsewhere for each in effect.control.values()):
        lines.append(_(ELSEWHERE))
    if "zero" in effect.effect:
        lines.append(_(ZERO))
    return [*lines, _(LOWER_BOUND)]


def label_of(effect: SetEffect) -> str:
    """Return the name of an effect: of one head alone, or of several together."""
    return _("Effect alone") if len(effect.heads) == 1 else _("Effect together")


def scopes(values: Mapping[HeadIndex, Scope]) -> str:
    """Return what a kind explains of several heads, in a sentence."""
    if len(values) == 1:
        return scope(next(iter(values.values())))
    parts = (f"{head_name(*place)} {_per_cent(value.value)}" for place, value in values.items())
    message = N_("on ordinary text this kind explains of what each attends to away from the first position: {parts}")
    return _(message, parts=", ".join(parts))


def scope(value: Scope) -> str:
    """Return the part of a head's attention on ordinary text that the kind explains."""
    return _(
        "on ordinary text this kind explains {percent} of what the head attends to away from the first position "
        "(95 % interval {low} to {high})",
        percent=_per_cent(value.value),
        low=_per_cent(value.interval[0]),
        high=_per_cent(value.interval[1]),
    )


def writes(value: Writes) -> str:
    """Return the rank of the attended token in what heads write."""
    line = _(
        "of {of} tokens, the attended one has the median rank {rank}; it is among the first 5 on {top} of the queries",
        of=value.of,
        rank=f"{value.rank:g}",
        top=_per_cent(value.top),
    )
    if len(value.heads) > 1:
        line = _("{heads} together: {line}", heads=named(value.heads), line=line)
    if value.others is None:
        return line
    return line + _("; of the other heads of these layers, the best has {rank}", rank=f"{value.others:g}")


def without(report: Report) -> list[str]:
    """Return a line for each behaviour: what is left of it without all heads of the kind that the report confirms."""
    return [_without(each) for each in report.without]


def _without(each: Without) -> str:
    return _(
        "Without all {kind} heads found here ({heads}), {left} of {behaviour} {unit} are left ({measure}).",
        kind=title(each.kind),
        heads=named(each.heads),
        left=", ".join(f"{estimate(kept)} {_(BY[by])}" for by, kept in each.left.items() if by != "zero"),
        behaviour=amount(each.behaviour.value),
        unit=_(UNITS[each.unit]),
        measure=measure_in_words(each.measure, each.kind),
    )


def facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Yield label and text of everything causal that a verdict says beside its rationale; nothing without evidence."""
    if verdict.level is not None:
        yield _("Evidence"), _(LEVELS[verdict.level])
    if verdict.matters is not None:
        yield _("Effect"), visible(_matters(verdict, verdict.matters))
    if verdict.circuit is not None:
        yield _("Circuit"), visible(_circuit(verdict, verdict.circuit))
    if verdict.writes is not None:
        yield _("Writes"), writes(verdict.writes)
    if verdict.scope is not None:
        yield _("Scope"), scope(verdict.scope)


def _matters(verdict: Verdict, matters: Matters) -> str:
    """Return the effects with their intervals and controls, and what they mean."""
    claim = verdict.claim
    is_stored = spoken() == LANGUAGES[0]
    return matters.rationale if is_stored else matters_text(claim.kind, (claim.layer, claim.head), matters)


def _circuit(verdict: Verdict, circuit: CircuitVerdict) -> str:
    """Return the reason for the verdict on a circuit; without its numbers if the feedback hides them."""
    if spoken() == LANGUAGES[0]:
        return circuit.rationale
    is_whole = verdict.measured is not None or circuit.left is not None  # an ungraded claim has none
    return circuit_text(circuit) if is_whole else _(circuit.rationale)


def _index(place: HeadIndex | Place) -> HeadIndex:
    return place.index if isinstance(place, Place) else place
