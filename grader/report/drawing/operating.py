"""The drawing of an operating curve: one line for each outcome, over the true rate, in a square of 100 by 100."""

from collections.abc import Iterable
from dataclasses import dataclass

from grader.grading.calibration.records import Curve


@dataclass(frozen=True)
class CurveDrawing:
    """The lines as SVG paths."""

    confirmed: str
    not_yet: str
    refuted: str


def curve_drawing(curve: Curve) -> CurveDrawing:
    """Return the drawing of a curve."""
    return CurveDrawing(
        confirmed=_line((point.rate, point.confirmed) for point in curve.points),
        not_yet=_line((point.rate, point.not_yet) for point in curve.points),
        refuted=_line((point.rate, point.refuted) for point in curve.points),
    )


def _line(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{100 * x:g} {100 - 100 * y:.1f}" for x, y in points)
