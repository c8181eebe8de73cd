"""A calibration as one page: for each kind a strip of heads, with a threshold that can be moved.

The page needs no network. Without JavaScript it shows everything for the present threshold. While a threshold moves,
the page computes the state of each head by the rule of `grader.grading.calibration.records.HeadScore`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from grader.base.screen import Clean
from grader.exercises.names import STATISTICS
from grader.grading.calibration.records import (
    Calibration,
    Caution,
    CautionCode,
    HeadScore,
    HeadState,
    KindCalibration,
    Step,
)
from grader.report.drawing.headmap import NEED_SIGNS, NEEDS_IN_WORDS
from grader.report.drawing.operating import CurveDrawing, curve_drawing
from grader.report.needs import NO_NEEDS, Need, Needs
from grader.report.pages.page import inline_hash
from grader.report.templates import environment
from grader.report.text import calibration as calibration_text
from grader.report.text import causal, words
from grader.report.text.labels import visible
from grader.schema import Importance, title

STYLES, SCRIPT = ("page.css", "calibration/calibration.css"), "calibration/calibration.js"
TOP, LABELLED, AXIS = 34, 14, 22
"""The pixels above the heads, between the labels of two layers, and below the heads."""
TALLEST, PITCHES = 300, (1.3, 9.0)
"""The most pixels for the height of all heads, and the least and the most for each head."""
NEAR = 12
"""The number of heads that are not confirmed and listed without unfolding."""
CAUTIONS: dict[CautionCode, str] = {
    "no_head_passes": "No head passes",
    "fewer_than_wanted": "Fewer than wanted",
    "more_than_budget": "More than can be claimed",
    "passing_differs": "`passing` differs",
    "too_close_differs": "`too_close` differs",
    "guessing_pays": "Guessing pays",
    "in_noise": "Inside the noise",
    "lookalike": "Look-alike",
    "one_sided": "One-sided",
    "same_winner": "Same best head",
    "labels_disagree": "Labels disagree",
    "untrained_passes": "Chance passes",
}
SHAPES: dict[HeadState, str] = {"over": "●", "borderline": "◆", "below": "○", "ruled_out": "✕"}


@dataclass(frozen=True)
class Mark:
    """A value on the axis with a label below it."""

    at: str
    anchor: str
    text: str
    sort: str


@dataclass(frozen=True)
class ThresholdChoice:
    """A threshold to consider, and the reason."""

    at_least: float
    why: str


@dataclass(frozen=True)
class Strip:
    """The positions in one kind's strip: from left to right in per cent, from top to bottom in pixels."""

    height: float
    foot: float
    bands: tuple[tuple[float, float, int], ...]
    """The layers: top, height and number of each."""
    every: int
    """The step between two layers that have a label."""
    rows: tuple[tuple[HeadScore, float], ...]
    """Each head with its distance from the top, best score first."""
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class KindSection:
    """Everything that the page shows of one kind."""

    kind: KindCalibration
    strip: Strip
    places: tuple[ThresholdChoice, ...]
    runs: tuple[tuple[Step, Step], ...]
    """Neighbouring thresholds with the same effect: the first and the last of each run."""
    near: tuple[HeadScore, ...]
    far: tuple[HeadScore, ...]
    precision: str
    recall: str
    """SVG paths in a square of 100 by 100."""
    operating: CurveDrawing
    cautions: tuple[Caution, ...]
    yaml: str
    """The line to paste, with `@` in place of the threshold."""


def render(calibration: Calibration, needs: Needs = NO_NEEDS) -> str:
    """Return the page; `needs` are what was seen of the importance of heads."""
    templates = environment()
    style = "".join(templates.get_template(name).render() for name in STYLES)
    page = templates.get_template("calibration/calibration.html.jinja").render(
        calibration=calibration,
        sections=[_section(kind, calibration) for kind in calibration.kinds],
        names={kind.name: title(kind.kind) for kind in calibration.kinds},
        anchors={kind.name: f"kind-{number}" for number, kind in enumerate(calibration.kinds, 1)},
        text=calibration_text,
        words=words,
        statistics=STATISTICS,
        cautions=CAUTIONS,
        general=[caution for caution in calibration.cautions if not caution.kinds],
        shapes=SHAPES,
        need=lambda kind, head: _need(needs.get((kind.name, (head.layer, head.head)))),
        need_signs={sign: NEEDS_IN_WORDS[need] for need, sign in NEED_SIGNS.items() if need in _seen(needs)},
        number=number,
        percent=percent,
        visible=visible,
        style=style,
        style_hash=inline_hash(style),
        script_hash=inline_hash(templates.get_template(SCRIPT).render()),
    )
    return Clean(page.rstrip() + "\n")


def number(at_least: float) -> str:
    """Return a threshold with two decimals, or with more if it has more."""
    return f"{at_least:.2f}" if round(at_least, 2) == at_least else f"{at_least:g}"


def percent(score: float) -> str:
    """Return the position of a score on the axis; a score outside it is at its end."""
    return f"{100 * min(max(score, 0.0), 1.0):.2f}%"


def _seen(needs: Needs) -> set[Importance]:
    return {need.importance for need in needs.values()}


def _need(need: Need | None) -> tuple[str, str] | None:
    """Return the sign and the words for a head that was seen to matter."""
    return (NEED_SIGNS[need.importance], causal.short(need)) if need is not None and need.is_seen else None


def _section(kind: KindCalibration, calibration: Calibration) -> KindSection:
    not_confirmed = [head for head in kind.heads if not head.confirmed]
    return KindSection(
        kind=kind,
        strip=_strip(kind, calibration),
        places=_places(kind),
        runs=tuple(_runs(kind.sweep)),
        near=tuple(not_confirmed[:NEAR]),
        far=tuple(not_confirmed[NEAR:]),
        precision=_curve([(step.at_least, step.precision) for step in kind.sweep]),
        recall=_curve([(step.at_least, step.recall) for step in kind.sweep]),
        operating=curve_drawing(kind.curve),
        cautions=tuple(caution for caution in calibration.cautions if kind.name in caution.kinds),
        yaml=_yaml(kind),
    )


def _strip(kind: KindCalibration, calibration: Calibration) -> Strip:
    least, most = PITCHES
    pitch = min(max(TALLEST / len(kind.heads), least), most)
    layer_height = pitch * calibration.heads
    foot = TOP + layer_height * calibration.layers
    return Strip(
        height=round(foot + AXIS + LABELLED * len(list(_marks(kind))), 1),
        foot=round(foot, 1),
        bands=tuple(
            (round(TOP + layer_height * layer, 1), round(layer_height, 1), layer) for layer in range(calibration.layers)
        ),
        every=max(1, -int(-LABELLED // layer_height)),
        rows=tuple(
            (head, round(TOP + layer_height * head.layer + pitch * (head.head + 0.5), 1)) for head in kind.heads
        ),
        marks=tuple(_marks(kind)),
    )


def _marks(kind: KindCalibration) -> Iterator[Mark]:
    """Yield the labelled values on the axis: chance, the best blind head, and the lead that is needed."""
    if kind.chance is not None:
        yield _mark(kind.chance.score, f"best untrained head {kind.chance.score:.2f}", "chance")
    if kind.statistic == "hit_rate":
        yield _mark(kind.baseline, f"best blind head {kind.baseline:.2f}", "blind")
    for ask in kind.also_asked:
        if ask.on_axis is not None:
            yield _mark(ask.on_axis, f"{STATISTICS[ask.statistic]} {ask.at_least:g} needs {ask.on_axis:.2f}", "asked")


def _mark(at: float, text: str, sort: str) -> Mark:
    anchor = "start" if at < 0.3 else "end" if at > 0.7 else "middle"  # so that no text leaves a narrow page
    return Mark(percent(at), anchor, text, sort)


def _places(kind: KindCalibration) -> tuple[ThresholdChoice, ...]:
    """Return the thresholds to consider, each once, with all its reasons."""
    reasons: dict[float, list[str]] = {}
    for at_least, why in _reasons(kind):
        reasons.setdefault(at_least, []).append(why)
    return tuple(ThresholdChoice(at_least, ", ".join(of_value)) for at_least, of_value in reasons.items())


def _reasons(kind: KindCalibration) -> Iterator[tuple[float, str]]:
    yield (kind.at_least, "the present threshold")
    if kind.labels and kind.labels.best_margin and kind.labels.best_f1:
        yield (kind.labels.best_margin.at_least, "widest margin between the labels")
        yield (kind.labels.best_f1.at_least, "best F1")
    if kind.in_noise:
        for step in kind.outside_noise:
            side = "below" if step.at_least < kind.at_least else "above"
            yield (step.at_least, f"nearest value {side} that is inside no interval")
    if kind.gaps and kind.gaps[0].below_score < round(kind.gaps[0].middle, 2) <= kind.gaps[0].above_score:
        yield (round(kind.gaps[0].middle, 2), "middle of the widest gap")


def _runs(steps: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    for _, group in groupby(steps, key=lambda step: (step.confirmed, step.in_noise, step.right, step.wrong)):
        run = list(group)
        yield run[0], run[-1]


def _curve(points: Sequence[tuple[float, float | None]]) -> str:
    """Return a line in steps through the points; it has a gap at points without a value."""
    pen, drawn = "M", []
    for x, y in points:
        if y is not None:
            drawn.append(f"M{100 * x:g} {100 - 100 * y:.2f}" if pen == "M" else f"H{100 * x:g}V{100 - 100 * y:.2f}")
        pen = "M" if y is None else "L"
    return "".join(drawn)


def _yaml(kind: KindCalibration) -> str:
    slices = f", slices: [{', '.join(kind.named_slices)}]" if kind.named_slices else ""
    return f"- {{statistic: {kind.statistic}, at_least: @{slices}, source: }}"
