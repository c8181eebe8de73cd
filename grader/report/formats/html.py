"""The report as one page: no request to anywhere, works from a file, readable without JavaScript."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.grading.standings import Standings
from grader.report.drawing import headmap
from grader.report.drawing.bars import Bar, bar
from grader.report.drawing.cloud import Cloud, cloud
from grader.report.drawing.headmap import HeadMap
from grader.report.drawing.pattern import Drawing, draw
from grader.report.pages.page import STYLES, page
from grader.report.text import words
from grader.schema import Exercise, Picture, Report, Verdict, title


@dataclass(frozen=True)
class ClaimSection:
    """One claim with all that the page shows of it."""

    verdict: Verdict
    sign: words.Sign
    bars: tuple[Bar, ...]
    cloud: Cloud | None
    drawings: tuple[Drawing, ...]


def render(
    report: Report,
    pictures: Mapping[int, Sequence[Picture]] | None = None,
    exercise: Exercise | None = None,
    standings: Standings | None = None,
) -> str:
    """The page; `pictures` are those of each claim, by its place among the verdicts, counted from 0.

    `standings`, where they are at hand, show each claimed head among all others; once the submission has passed, the
    others have their names, and the map is of all. They are left out where the exercise's feedback keeps numbers back.
    """
    seen = standings if report.feedback == "all" else None
    verdicts = report.verdicts if report.feedback != "score" else ()
    return page(
        "page.html.jinja",
        STYLES,
        report=report,
        exercise=exercise,
        sections=[
            _section(verdict, (pictures or {}).get(place, ()), seen, report.passed)
            for place, verdict in enumerate(verdicts)
        ],
        map=_map(report, exercise, seen),
        words=words,
        title=title,
    )


def _map(report: Report, exercise: Exercise | None, seen: Standings | None) -> HeadMap | None:
    """All heads, or only the claimed ones where more may not be told or is not known; none for a score alone."""
    if exercise is None or report.feedback == "score":
        return None
    if seen is None or not report.passed:  # all of it is the answer to the exercise
        return headmap.outcomes_map(report, (exercise.transformer.layers, exercise.transformer.heads))
    return headmap.with_claims(headmap.head_map(exercise, seen, lambda place: f"#head-{place[0]}-{place[1]}"), report)


def _section(verdict: Verdict, pictures: Sequence[Picture], seen: Standings | None, named: bool) -> ClaimSection:
    claim = verdict.claim
    known = seen is not None and verdict.rank is not None and claim.name in seen.by_kind
    return ClaimSection(
        verdict=verdict,
        sign=words.OUTCOMES[verdict.outcome],
        bars=tuple(map(bar, verdict.threshold)),
        cloud=cloud(claim.kind, seen, (claim.layer, claim.head), named=named) if seen and known else None,
        drawings=tuple(map(draw, pictures)),
    )
