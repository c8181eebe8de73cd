"""A calibration as one page: a strip of heads for each kind, and a threshold to move among them.

Nothing is asked from anywhere, and without JavaScript everything is there for the present threshold. What the page
reckons while a threshold moves is the state of each head, from the same few numbers and by the same rule as
`grader.grading.calibration.records.HeadScore`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

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
from grader.report.pages.page import inline_hash
from grader.report.templates import environment
from grader.report.text import calibration as in_text
from grader.report.text import words
from grader.report.text.labels import visible
from grader.schema import title

STYLES, SCRIPT = ("page.css", "calibration.css"), "calibration.js"
TOP, LABELLED, AXIS = 34, 14, 22
"""Above the heads, between two labels of layers, and below the heads; in pixels."""
TALLEST, PITCHES = 300, (1.3, 9.0)
"""How high all heads together may be, and the least and most for each; in pixels."""
NEAR = 12
"""How many of the heads that are not confirmed are listed in plain sight."""
CAUTIONS: dict[CautionCode, str] = {
    "no_head_passes": "No head passes",
    "fewer_than_wanted": "Fewer than wanted",
    "more_than_budget": "More than can be claimed",
    "passing_differs": "`passing` differs",
    "guessing_pays": "Guessing pays",
    "in_noise": "Inside the noise",
    "lookalike": "Look-alike",
    "one_sided": "One-sided",
    "same_winner": "Same winner",
    "labels_disagree": "Labels disagree",
    "untrained_passes": "Chance passes",
}
SHAPES: dict[HeadState, str] = {"over": "●", "borderline": "◆", "below": "○", "ruled_out": "✕"}


@dataclass(frozen=True)
class Mark:
    """A place on the axis that is named below it."""

    at: str
    anchor: str
    text: str
    sort: str


@dataclass(frozen=True)
class ThresholdChoice:
    """A threshold that may be worth a look, and why."""

    at_least: float
    why: str


@dataclass(frozen=True)
class Strip:
    """Where everything stands in one kind's strip; across in per cent, down in pixels."""

    height: float
    foot: float
    bands: tuple[tuple[float, float, int], ...]
    """Of the layers: top, height, number."""
    every: int
    """Each so many layers are named."""
    rows: tuple[tuple[HeadScore, float], ...]
    """Each head with its height, best score first."""
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class KindSection:
    """One kind with all that the page shows of it."""

    kind: KindCalibration
    strip: Strip
    places: tuple[ThresholdChoice, ...]
    runs: tuple[tuple[Step, Step], ...]
    """Neighbouring thresholds that do the same: the first and the last of them."""
    near: tuple[HeadScore, ...]
    far: tuple[HeadScore, ...]
    precision: str
    recall: str
    """Paths over 100 by 100."""
    cautions: tuple[Caution, ...]
    yaml: str
    """What to paste, with `@` where the threshold goes."""


def render(found: Calibration) -> str:
    """The page."""
    templates = environment()
    style = "".join(templates.get_template(name).render() for name in STYLES)
    page = templates.get_template("calibration.html.jinja").render(
        found=found,
        sections=[_section(kind, found) for kind in found.kinds],
        names={kind.name: title(kind.kind) for kind in found.kinds},
        anchors={kind.name: f"kind-{number}" for number, kind in enumerate(found.kinds, 1)},
        said=in_text,
        words=words,
        statistics=STATISTICS,
        cautions=CAUTIONS,
        general=[caution for caution in found.cautions if not caution.kinds],
        shapes=SHAPES,
        number=number,
        percent=percent,
        visible=visible,
        style=style,
        style_hash=inline_hash(style),
        script_hash=inline_hash(templates.get_template(SCRIPT).render()),
    )
    return page.rstrip() + "\n"


def number(at_least: float) -> str:
    """A threshold: two decimals, or more where it has more."""
    return f"{at_least:.2f}" if round(at_least, 2) == at_least else f"{at_least:g}"


def percent(score: float) -> str:
    """How far along the axis something stands; what lies off it stands at its end."""
    return f"{100 * min(max(score, 0.0), 1.0):.2f}%"


def _section(kind: KindCalibration, found: Calibration) -> KindSection:
    out = [head for head in kind.heads if not head.confirmed]
    return KindSection(
        kind=kind,
        strip=_strip(kind, found),
        places=_places(kind),
        runs=tuple(_runs(kind.sweep)),
        near=tuple(out[:NEAR]),
        far=tuple(out[NEAR:]),
        precision=_curve([(each.at_least, each.precision) for each in kind.sweep]),
        recall=_curve([(each.at_least, each.recall) for each in kind.sweep]),
        cautions=tuple(caution for caution in found.cautions if kind.name in caution.kinds),
        yaml=_yaml(kind),
    )


def _strip(kind: KindCalibration, found: Calibration) -> Strip:
    least, most = PITCHES
    pitch = min(max(TALLEST / len(kind.heads), least), most)
    layer = pitch * found.heads
    foot = TOP + layer * found.layers
    return Strip(
        height=round(foot + AXIS + LABELLED * len(list(_marks(kind))), 1),
        foot=round(foot, 1),
        bands=tuple((round(TOP + layer * each, 1), round(layer, 1), each) for each in range(found.layers)),
        every=max(1, -int(-LABELLED // layer)),
        rows=tuple((head, round(TOP + layer * head.layer + pitch * (head.head + 0.5), 1)) for head in kind.heads),
        marks=tuple(_marks(kind)),
    )


def _marks(kind: KindCalibration) -> Iterator[Mark]:
    """What else has a place on the axis: chance, the blind head, and the lead that is asked for."""
    if kind.chance is not None:
        yield _mark(kind.chance.score, f"best untrained head {kind.chance.score:.2f}", "chance")
    if kind.statistic == "hit_rate":
        yield _mark(kind.baseline, f"best blind head {kind.baseline:.2f}", "blind")
    for ask in kind.also_asked:
        if ask.on_axis is not None:
            yield _mark(ask.on_axis, f"{STATISTICS[ask.statistic]} {ask.at_least:g} asks {ask.on_axis:.2f}", "asked")


def _mark(at: float, text: str, sort: str) -> Mark:
    anchor = "start" if at < 0.3 else "end" if at > 0.7 else "middle"  # so that no text leaves a narrow page
    return Mark(percent(at), anchor, text, sort)


def _places(kind: KindCalibration) -> tuple[ThresholdChoice, ...]:
    """The thresholds worth a look, each once, with all that speaks for it."""
    reasons: dict[float, list[str]] = {}
    for at_least, why in _reasons(kind):
        reasons.setdefault(at_least, []).append(why)
    return tuple(ThresholdChoice(at_least, ", ".join(told)) for at_least, told in reasons.items())


def _reasons(kind: KindCalibration) -> Iterator[tuple[float, str]]:
    yield (kind.at_least, "the present threshold")
    if kind.labels and kind.labels.best_margin and kind.labels.best_f1:
        yield (kind.labels.best_margin.at_least, "widest margin between the labels")
        yield (kind.labels.best_f1.at_least, "best F1")
    if kind.in_noise:
        for each in kind.outside_noise:
            side = "below" if each.at_least < kind.at_least else "above"
            yield (each.at_least, f"nearest {side} that is inside no interval")
    if kind.gaps and kind.gaps[0].below_score < round(kind.gaps[0].middle, 2) <= kind.gaps[0].above_score:
        yield (round(kind.gaps[0].middle, 2), "middle of the widest gap")


def _runs(steps: Sequence[Step]) -> Iterator[tuple[Step, Step]]:
    for _, run in groupby(steps, key=lambda each: (each.confirmed, each.in_noise, each.right, each.wrong)):
        alike = list(run)
        yield alike[0], alike[-1]


def _curve(points: Sequence[tuple[float, float | None]]) -> str:
    """A line in steps through what there is; where there is no value, there is no line."""
    pen, drawn = "M", []
    for x, y in points:
        if y is not None:
            drawn.append(f"M{100 * x:g} {100 - 100 * y:.2f}" if pen == "M" else f"H{100 * x:g}V{100 - 100 * y:.2f}")
        pen = "M" if y is None else "L"
    return "".join(drawn)


def _yaml(kind: KindCalibration) -> str:
    slices = f", slices: [{', '.join(kind.named_slices)}]" if kind.named_slices else ""
    return f"- {{statistic: {kind.statistic}, at_least: @{slices}, source: }}"
