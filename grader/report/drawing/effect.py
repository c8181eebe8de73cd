"""The effect of heads as bars: what is lost, its interval, and the part that must be lost, on one scale."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.base.language import _
from grader.report.text import ablation as ablation_text
from grader.report.text import causal
from grader.schema import Estimate, HeadIndex, SetEffect


@dataclass(frozen=True)
class EffectBar:
    """An effect on a scale from 0; positions are in per cent of it."""

    label: str
    value: str
    beside: str
    filled: float
    low: float
    high: float
    mark: float | None
    """The place of the part that must be lost."""
    is_caution: bool = False


def effect_bars(effect: SetEffect, at_least: float, end: float) -> Iterator[EffectBar]:
    """Yield a bar for each replacement, on a scale to `end`."""
    for by, lost in effect.effect.items():
        held = effect.control.get(by)
        beside = _("control {control}", control=causal.control(held)) if held else ""
        of_all = _("{part} of the behaviour", part=causal.part(lost, effect.behaviour))
        label = causal.replaced(by).capitalize()
        words = "; ".join(filter(None, [of_all, beside]))
        yield _bar(label, lost, words, (None if by == "zero" else at_least * effect.behaviour.value, end), by == "zero")


def scale(effects: Sequence[SetEffect]) -> float:
    """Return the end of the scale of these effects: the whole behaviour, or the largest effect if it is more."""
    values = [lost.interval[1] for effect in effects for lost in effect.effect.values()]
    return max([*(effect.behaviour.value for effect in effects), *values, 0.01])


def curve_bars(effect: SetEffect, at_least: float, end: float) -> Iterator[EffectBar]:
    """Yield a bar for each size of the set, for resampled heads."""
    before: set[HeadIndex] = set()
    for point in effect.curve:
        label = f"{point.size}: {ablation_text.added(point, before)}"
        before = {place.index for place in point.heads}
        yield _bar(label, point.effect["resample"], "", (at_least * effect.behaviour.value, end))


def _bar(
    label: str, lost: Estimate, beside: str, on: tuple[float | None, float], is_caution: bool = False
) -> EffectBar:
    mark, end = on
    filled, low, high = (_percent(value, end) for value in (lost.value, *lost.interval))
    at = None if mark is None else _percent(mark, end)
    return EffectBar(label, causal.estimate(lost), beside, filled, low, high, at, is_caution)


def _percent(value: float, end: float) -> float:
    return round(100 * min(max(value / end, 0.0), 1.0), 1)
