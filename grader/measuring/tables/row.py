"""The row of one head and kind in what `grade scan` lists."""

from typing import Any

from grader.kinds import PARAMETERS
from grader.schema import HeadIndex, Kind, Measurement


def row(
    kind: Kind, place: HeadIndex, measured: Measurement, *, confirmed: bool, too_close: bool = False
) -> dict[str, Any]:
    """Return the head and its kind, what was measured, and its standing; the caller adds its rank."""
    return {
        "layer": place[0],
        "head": place[1],
        "type": kind.type,
        **{name: getattr(kind, name) for name in PARAMETERS},
        "share": measured.share,
        "hit_rate": measured.hit_rate,
        "baseline": measured.baseline,
        "score": measured.score,
        "interval": list(measured.interval),
        "queries": measured.queries,
        "confirmed": confirmed,
        "too_close": too_close,
    }
