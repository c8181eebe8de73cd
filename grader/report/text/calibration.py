"""A calibration as text: what each kind's threshold does among the heads, and what to look at."""

from collections.abc import Iterator, Sequence

from grader.exercises.names import STATISTICS
from grader.grading.calibration.records import (
    Ask,
    Calibration,
    Chance,
    Gap,
    HeadScore,
    HeadState,
    KindCalibration,
    Labels,
    Step,
)
from grader.report.text.labels import visible
from grader.report.text.words import plural
from grader.schema import Borderline, title

CELLS = 60
"""Of the strip that shows where the scores lie, from 0 to 1."""
MOST_BELOW = 4
"""How many of the heads below the threshold are listed, unless all are asked for."""
STATES: dict[HeadState, str] = {
    "over": "confirmed",
    "borderline": "borderline",
    "below": "below",
    "ruled_out": "ruled out",
}
RULES: dict[Borderline, str] = {
    "in_favour": "a borderline head is confirmed",
    "as_measured": "a borderline head is decided as measured",
    "against": "a borderline head is refuted",
}


def text(found: Calibration, *, every_head: bool = False) -> str:
    """For a terminal or a pipe; `every_head` lists those far below the threshold as well."""
    lines = [
        f"{found.exercise} version {found.exercise_version}: {visible(found.transformer)}, "
        f"{plural(found.layers * found.heads, 'head', 'heads')}; {RULES[found.borderline]}"
    ]
    if found.cautions:
        lines.append("\nLook at")
        lines += [f"  {caution}" for caution in caution_lines(found)]
    for kind in found.kinds:
        lines.append("")
        lines += _kind(kind, every_head=every_head)
    if found.shared:
        lines.append("\nHeads that several kinds claim")
    for head in found.shared:
        claims = ", ".join(f"{claim.name} {claim.score:.3f} ({claim.factor:.2f} x needed)" for claim in head.kinds)
        lines.append(f"  {head.place:6} {claims}")
    if found.unused_labels:
        lines.append(f"\nLabelled, but not asked for: {', '.join(found.unused_labels)}")
    return "\n".join(line.rstrip() for line in lines)


def caution_lines(found: Calibration) -> list[str]:
    """Each caution on one line: its code, the kind, what it says."""
    return [
        f"{caution.code}: {f'{caution.kinds[0]}: ' if len(caution.kinds) == 1 else ''}{caution.message}"
        for caution in found.cautions
    ]


def also(ask: Ask) -> str:
    """What else is asked, in words: `lead at least 0.1 (a hit rate of 0.41)`."""
    on_axis = f" (a hit rate of {ask.on_axis:.2f})" if ask.on_axis is not None else ""
    return f"{STATISTICS[ask.statistic]} at least {ask.at_least:g}{on_axis}"


def pass_count(kind: KindCalibration) -> str:
    """How many heads pass, in words, beside what the exercise says."""
    return f"{kind.confirmed} of {len(kind.heads)} heads {'passes' if kind.confirmed == 1 else 'pass'}"


def gap(of: Gap) -> str:
    """A gap in words."""
    ends = f"{of.below} {of.below_score:.3f} to {of.above} {of.above_score:.3f}"
    clear = f"no interval reaches {of.clear[0]:.3f} to {of.clear[1]:.3f}" if of.clear else "intervals reach all of it"
    return f"{of.width:.3f} wide, {ends}; {clear}"


def where(kind: KindCalibration) -> str:
    """Where the threshold stands among the gaps."""
    if kind.stands_in is None:
        side = "below" if kind.heads[-1].score >= kind.at_least else "above"
        return f"the threshold is {side} all heads"
    of = kind.stands_in
    place = "the widest gap" if of.rank == 1 else f"gap {of.rank} by width"
    down, up = kind.at_least - of.below_score, of.above_score - kind.at_least
    return f"the threshold is in {place}, {down:.3f} over {of.below} and {up:.3f} under {of.above}"


def chance(of: Chance) -> str:
    """What random weights reach, in words."""
    passing = plural(of.confirmed, "head passes", "heads pass")
    return f"with random weights {passing}, and {of.head} is best with {of.score:.3f}"


def ratio(value: float | None) -> str:
    """A precision, a recall or an F1; there may be none."""
    return "none" if value is None else f"{value:.2f}"


def counted(step: Step) -> str:
    """What the labels say of one threshold."""
    told = f"precision {ratio(step.precision)}, recall {ratio(step.recall)}, F1 {ratio(step.f1)}"
    return told + (f", margin {step.margin:.4f}" if step.margin is not None else "")


def label_lines(labels: Labels) -> list[str]:
    """What the labelled heads say."""
    lines = [
        f"labels: {labels.confirmed} confirmed, {labels.refuted} refuted; here {counted(labels.present)}",
    ]
    for name, best in (("widest margin", labels.best_margin), ("best F1", labels.best_f1)):
        if best is not None:
            lines.append(f"{name}: at {best.at_least:.2f}, {counted(best)}")
    if labels.best_margin is None:
        lines.append("no threshold is proposed: that takes labels of both sorts on heads that nothing else rules out")
    if labels.out_of_reach:
        lines.append(f"labelled confirmed, but ruled out by what else is asked: {', '.join(labels.out_of_reach)}")
    return lines


def _kind(kind: KindCalibration, *, every_head: bool) -> Iterator[str]:
    asked = "; ".join(
        [f"{STATISTICS[kind.statistic]} at least {kind.at_least:g} on {', '.join(kind.slices)}"]
        + [f"also {also(ask)}" for ask in kind.also_asked]
    )
    yield f"{title(kind.kind)}  ({kind.name})"
    yield f"  {asked}"
    noise = f" of {kind.noise[0]:.3f} to {kind.noise[1]:.3f}" if kind.noise else ""
    passes = f"{pass_count(kind)} ({kind.wanted} wanted, passing: {kind.passing})"
    yield f"  {passes}; {kind.in_noise} within the noise{noise}"
    yield f"  0 [{_strip(kind)}] 1"
    yield f"  {where(kind)}"
    if kind.chance:
        yield f"  {chance(kind.chance)}"
    yield from (f"  gap {each.rank}: {gap(each)}" for each in kind.gaps)
    if kind.labels:
        yield from (f"  {line}" for line in label_lines(kind.labels))
    yield from _heads(kind, every_head=every_head)


def _strip(kind: KindCalibration) -> str:
    """How many heads score where, from 0 to 1: a digit for each cell, `+` for ten or more, `|` for the threshold."""
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
        yield f"  {head.place:7} {head.score:.3f}  [{low:.3f}, {high:.3f}]  {_said(head)}"
    if rest := kind.heads[len(shown) :]:
        yield f"  and {len(rest)} more, from {rest[0].score:.3f} down to {rest[-1].score:.3f}"


def _near(heads: Sequence[HeadScore], *, every_head: bool) -> Sequence[HeadScore]:
    """The heads down to a few below the threshold; every one that is labelled."""
    last = max((head.rank for head in heads if head.state != "below"), default=0) + MOST_BELOW
    labelled = max((head.rank for head in heads if head.expect), default=0)
    return heads if every_head else heads[: max(last, labelled)]


def _said(head: HeadScore) -> str:
    state = STATES[head.state]
    if head.state == "borderline":
        state += ", confirmed" if head.confirmed else ", refuted"
    if head.state == "ruled_out":
        state += f": {head.fails}"
    return f"{state}, labelled {head.expect}" if head.expect else state
