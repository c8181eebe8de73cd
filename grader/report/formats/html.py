"""The report as one HTML page that needs no network, no other file and no JavaScript."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from grader.grading.naming import settled
from grader.grading.standings import Standings
from grader.report.drawing import headmap
from grader.report.drawing.bars import Bar, bar
from grader.report.drawing.cloud import Cloud, cloud
from grader.report.drawing.headmap import HeadMap
from grader.report.drawing.pattern import Drawing, draw
from grader.report.formats import Failure, Material
from grader.report.pages.page import STYLES, page
from grader.report.text import words
from grader.schema import Exercise, Picture, Report, Verdict, title


@dataclass(frozen=True)
class ClaimSection:
    """Everything that the page shows of one claim."""

    verdict: Verdict
    sign: words.Sign
    bars: tuple[Bar, ...]
    cloud: Cloud | None
    drawings: tuple[Drawing, ...]


def show(material: Material) -> str:
    """Return the page; nothing is drawn that the exercise's feedback keeps back."""
    if material.report.feedback != "all":
        return render(material.report, {}, material.exercise)
    standings = material.standings() if material.standings else None
    return render(material.report, material.pictures(), material.exercise, standings)


def failed(failure: Failure) -> str:
    """Return a page with the state and all problems."""
    return page("failed.html.jinja", ("page.css",), failure=failure)


def render(
    report: Report,
    pictures: Mapping[int, Sequence[Picture]] | None = None,
    exercise: Exercise | None = None,
    standings: Standings | None = None,
) -> str:
    """Return the page; `pictures` are those of each claim, by its index among the verdicts.

    With `standings`, the page shows each claimed head among all others. The other heads get names, and a place on the
    map, only for the kinds of which the report confirms all wanted heads. Without feedback "all", the standings are not
    shown.
    """
    shown = standings if report.feedback == "all" else None
    named = settled(report)
    verdicts = report.verdicts if report.feedback != "score" else ()
    return page(
        "page.html.jinja",
        STYLES,
        report=report,
        exercise=exercise,
        sections=[
            _section(verdict, (pictures or {}).get(index, ()), shown, named) for index, verdict in enumerate(verdicts)
        ],
        map=_map(report, exercise, shown.of_kinds(named) if shown else None),
        words=words,
        title=title,
    )


def _map(report: Report, exercise: Exercise | None, standings: Standings | None) -> HeadMap | None:
    """Return the map of all heads as these kinds, or of the claimed ones only, or None if the feedback is a score."""
    if exercise is None or report.feedback == "score":
        return None
    if standings is None or not standings.by_kind:
        return headmap.outcomes_map(report, (exercise.transformer.layers, exercise.transformer.heads))
    whole = headmap.head_map(exercise, standings, lambda place: f"#head-{place[0]}-{place[1]}")
    return headmap.with_claims(whole, report)


def _section(
    verdict: Verdict, pictures: Sequence[Picture], standings: Standings | None, names: Container[str]
) -> ClaimSection:
    claim = verdict.claim
    named = claim.name in names
    known = standings is not None and verdict.rank is not None and claim.name in standings.by_kind
    return ClaimSection(
        verdict=verdict,
        sign=words.sign(verdict),
        bars=tuple(map(bar, verdict.threshold)),
        cloud=cloud(claim.kind, standings, (claim.layer, claim.head), named=named) if standings and known else None,
        drawings=tuple(map(draw, pictures)),
    )
