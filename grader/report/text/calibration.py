"""A calibration as text: for each kind the threshold, the heads near it, and cautions."""

from collections.abc import Iterator, Sequence

from grader.base.numbers import number
from grader.exercises.names import STATISTICS
from grader.grading.calibration.records import (
    Ask,
    Calibration,
    Chance,
    Curve,
    Gap,
    HeadScore,
    HeadState,
    KindCalibration,
    Labels,
    Step,
)
from grader.report.text import glossary
from grader.report.text.labels import visible
from grader.report.text.words import plural
from grader.schema import Borderline, title

CELLS = 60
"""The characters of the strip that shows the scores from 0 to 1."""
MOST_BELOW = 4
"""The most heads below the threshold that are listed, unless all heads are asked for."""
STATES: dict[HeadState, str] = {
    "over": "confirmed",
    "borderline": "borderline",
    "below": "below",
    "ruled_out": "ruled out",
}
RULES: dict[Borderline, str] = {
    "not_yet": "a borderline head is not decided",
    "in_favour": "a borderline head is confirmed",
    "as_measured": "a borderline head is decided as measured",
    "against": "a borderline head is refuted",
}
"""The rules for borderline heads in words."""


def text(calibration: Calibration, *, every_head: bool = False) -> str:
    """Return the calibration as text; with `every_head`, heads far below a threshold are listed as well."""
    lines = [
        f"{calibration.exercise} version {calibration.exercise_version}: {visible(calibration.transformer)}, "
        f"{plural(calibration.layers * calibration.heads, 'head', 'heads')}; {RULES[calibration.borderline]}"
    ]
    if calibration.cautions:
        lines.append("\nCautions")
        lines += [f"  {caution}" for caution in caution_lines(calibration)]
    for kind in calibration.kinds:
        lines.append("")
        lines += _kind(kind, every_head=every_head)
    if calibration.shared:
        lines.append("\nHeads that several kinds claim")
    for head in calibration.shared:
        claims = ", ".join(f"{claim.name} {claim.score:.3f} ({claim.factor:.2f} x needed)" for claim in head.kinds)
        lines.append(f"  {head.place:6} {claims}")
    if calibration.unused_labels:
        lines.append(f"\nLabelled, but not asked for: {', '.join(calibration.unused_labels)}")
    if calibration.kinds:
        statistics = {kind.statistic for kind in calibration.kinds}
        statistics |= {ask.statistic for kind in calibration.kinds for ask in kind.also_asked}
        lines.append("\nHow to read this")
        lines += [f"  {line}" for line in glossary.lines(STATISTICS[name] for name in STATISTICS if name in statistics)]
    return "\n".join(line.rstrip() for line in lines)


def caution_lines(calibration: Calibration) -> list[str]:
    """Return one line for each caution: its code, the kind, the message."""
    return [
        f"{caution.code}: {f'{caution.kinds[0]}: ' if len(caution.kinds) == 1 else ''}{caution.message}"
        for caution in calibration.cautions
    ]


def ask_in_words(ask: Ask) -> str:
    """Return another threshold of the kind in words: `lead at least 0.1 (a hit rate of 0.41)`."""
    on_axis = f" (a hit rate of {ask.on_axis:.2f})" if ask.on_axis is not None else ""
    return f"{STATISTICS[ask.statistic]} at least {ask.at_least:g}{on_axis}"


def pass_count(kind: KindCalibration) -> str:
    """Return the number of heads that pass, in words."""
    return f"{kind.confirmed} of {len(kind.heads)} heads {'passes' if kind.confirmed == 1 else 'pass'}"


def gap_in_words(gap: Gap) -> str:
    """Return a gap in words: its width, the heads at its ends, and the part that no interval reaches."""
    ends = f"{gap.below} {gap.below_score:.3f} to {gap.above} {gap.above_score:.3f}"
    clear = (
        f"no interval reaches {gap.clear[0]:.3f} to {gap.clear[1]:.3f}" if gap.clear else "intervals reach all of it"
    )
    return f"{gap.width:.3f} wide, {ends}; {clear}"


def threshold_place(kind: KindCalibration) -> str:
    """Return the place of the threshold among the gaps, in words."""
    if kind.stands_in is None:
        side = "below" if kind.heads[-1].score >= kind.at_least else "above"
        return f"the threshold is {side} all heads"
    gap = kind.stands_in
    place = "the widest gap" if gap.rank == 1 else f"gap {gap.rank} by width"
    down, up = kind.at_least - gap.below_score, gap.above_score - kind.at_least
    return (
        f"the threshold is in {place}, {number(down, 0, 3)} over {gap.below} and {number(up, 0, 3)} under {gap.above}"
    )


def chance_in_words(chance: Chance) -> str:
    """Return the result of random weights in words."""
    passing = plural(chance.confirmed, "head passes", "heads pass")
    return f"with random weights {passing}, and {chance.head} is best with {chance.score:.3f}"


def curve_lines(curve: Curve) -> list[str]:
    """Return the rates at which heads are confirmed and refuted, and what each slice tells."""
    slices = (f"{part.queries} queries on {part.name} (like {part.independent} independent)" for part in curve.slices)
    return [
        f"confirmed in 5, 50, 95 of 100 probes: from a true rate of {_rates(curve.confirmed_at)}",
        f"refuted in 95, 50, 5 of 100 probes: up to a true rate of {_rates(curve.refuted_at)}",
        f"measured with {', '.join(slices)}",
    ]


def _rates(rates: Sequence[float | None]) -> str:
    return ", ".join("none" if rate is None else f"{rate:.2f}" for rate in rates)


def ratio(value: float | None) -> str:
    """Return a precision, a recall or an F1 with two decimals, or `none`."""
    return "none" if value is None else f"{value:.2f}"


def label_scores(step: Step) -> str:
    """Return precision, recall, F1 and margin of the labels at one threshold."""
    scores = f"precision {ratio(step.precision)}, recall {ratio(step.recall)}, F1 {ratio(step.f1)}"
    return scores + (f", margin {step.margin:.4f}" if step.margin is not None else "")


def label_lines(labels: Labels) -> list[str]:
    """Return the results of the labelled heads, here and at the best thresholds."""
    lines = [
        f"labels: {labels.confirmed} confirmed, {labels.refuted} refuted; here {label_scores(labels.present)}",
    ]
    for name, best in (("widest margin", labels.best_margin), ("best F1", labels.best_f1)):
        if best is not None:
            lines.append(f"{name}: at {best.at_least:.2f}, {label_scores(best)}")
    if labels.best_margin is None:
        lines.append("no threshold is proposed: both labels are needed, on heads that no other threshold rules out")
    if labels.out_of_reach:
        lines.append(f"labelled confirmed, but ruled out by another threshold: {', '.join(labels.out_of_reach)}")
    return lines


def _kind(kind: KindCalibration, *, every_head: bool) -> Iterator[str]:
    asked = "; ".join(
        [f"{STATISTICS[kind.statistic]} at least {kind.at_least:g} on {', '.join(kind.slices)}"]
        + [f"also {ask_in_words(ask)}" for ask in kind.also_asked]
    )
    yield f"{title(kind.kind)}  ({kind.name})"
    yield f"  {asked}"
    noise = f" of {kind.noise[0]:.3f} to {kind.noise[1]:.3f}" if kind.noise else ""
    close = f", {kind.too_close} too close to call" if kind.too_close else ""
    passes = f"{pass_count(kind)}{close} ({kind.wanted} wanted, passing: {kind.passing})"
    yield f"  {passes}; {kind.in_noise} within the noise{noise}"
    yield f"  0 [{_strip(kind)}] 1"
    yield f"  {threshold_place(kind)}"
    yield from (f"  {line}" for line in curve_lines(kind.curve))
    if kind.chance:
        yield f"  {chance_in_words(kind.chance)}"
    yield from (f"  gap {gap.rank}: {gap_in_words(gap)}" for gap in kind.gaps)
    if kind.labels:
        yield from (f"  {line}" for line in label_lines(kind.labels))
    yield from _heads(kind, every_head=every_head)


def _strip(kind: KindCalibration) -> str:
    """Return the number of heads in each cell from 0 to 1: a digit, `+` for ten or more; `|` is the threshold."""
    counts = [0] * CELLS
    for head in kind.heads:
        counts[min(int(head.score * CELLS), CELLS - 1)] += 1
    cells = ["." if not count else str(count) if count < 10 else "+" for count in counts]
    mark = min(round(kind.at_least * CELLS), CELLS)
    return "".join([*cells[:mark], "|", *cells[mark:]])


def _heads(kind: KindCalibration, *, every_head: bool) -> Iterator[str]:
    shown = _near(kind.heads, every_head=every_head)
    for head in shown:
        low, high = head.interval
        yield f"  {head.place:7} {number(head.score, kind.at_least, 3)}  [{low:.3f}, {high:.3f}]  {_state(head)}"
    if rest := kind.heads[len(shown) :]:
        yield f"  and {len(rest)} more, from {rest[0].score:.3f} down to {rest[-1].score:.3f}"


def _near(heads: Sequence[HeadScore], *, every_head: bool) -> Sequence[HeadScore]:
    """Return the heads down to a few below the threshold, or down to the last one with a label."""
    last = max((head.rank for head in heads if head.state != "below"), default=0) + MOST_BELOW
    labelled = max((head.rank for head in heads if head.expect), default=0)
    return heads if every_head else heads[: max(last, labelled)]


def _state(head: HeadScore) -> str:
    state = STATES[head.state]
    if head.state == "borderline":
        state += ", confirmed" if head.confirmed else ", not confirmed yet" if head.too_close else ", refuted"
    if head.state == "ruled_out":
        state += f": {head.fails}"
    return f"{state}, labelled {head.expect}" if head.expect else state
