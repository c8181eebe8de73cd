"""The report as one page: no request to anywhere, works from a file, readable without JavaScript."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.report import words
from grader.report.drawing import Drawing, draw, environment
from grader.report.labels import visible
from grader.schema import Check, Exercise, Picture, Report, Verdict
from grader.wording import STATISTICS, title


@dataclass(frozen=True)
class Bar:
    """One check, with the places of its parts on a bar that is 100 long."""

    check: Check
    sign: words.Sign
    statistic: str
    measured: str
    needed: str
    interval: str
    filled: float
    mark: float
    low: float
    high: float
    end: str


@dataclass(frozen=True)
class Section:
    """One claim with all that the page shows of it."""

    verdict: Verdict
    sign: words.Sign
    bars: tuple[Bar, ...]
    drawings: tuple[Drawing, ...]


def render(
    report: Report, pictures: Mapping[int, Sequence[Picture]] | None = None, exercise: Exercise | None = None
) -> str:
    """The page; `pictures` are those of each claim, by its place among the verdicts, counted from 0."""
    templates = environment()
    style, script = (templates.get_template(name).render() for name in ("page.css", "page.js"))
    verdicts = report.verdicts if report.feedback != "score" else ()
    return (
        templates.get_template("page.html.jinja")
        .render(
            report=report,
            exercise=exercise,
            sections=[_section(verdict, (pictures or {}).get(place, ())) for place, verdict in enumerate(verdicts)],
            words=words,
            title=title,
            visible=visible,
            style_hash=inline_hash(style),
            script_hash=inline_hash(script),
        )
        .rstrip()
        + "\n"
    )


def inline_hash(text: str) -> str:
    """As a content security policy names an inline style or script that may stay."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _section(verdict: Verdict, pictures: Sequence[Picture]) -> Section:
    return Section(
        verdict=verdict,
        sign=words.OUTCOMES[verdict.outcome],
        bars=tuple(map(_bar, verdict.threshold)),
        drawings=tuple(map(draw, pictures)),
    )


def _bar(check: Check) -> Bar:
    end = words.scale(check)
    measured, needed = words.apart(check.measured, check.at_least)
    filled, mark, low, high = (
        round(100 * min(max(value / end, 0.0), 1.0), 1) for value in (check.measured, check.at_least, *check.interval)
    )
    return Bar(
        check=check,
        sign=words.RESULTS[check.result],
        statistic=STATISTICS[check.statistic],
        measured=measured,
        needed=needed,
        interval=words.interval(check),
        filled=filled,
        mark=mark,
        low=low,
        high=high,
        end=f"{end:.3g}",
    )
