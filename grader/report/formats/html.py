"""The report as one HTML page that needs no network, no other file and no JavaScript."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.grading.causal_words import named
from grader.grading.naming import settled
from grader.grading.standings import Standings
from grader.report.drawing import headmap
from grader.report.drawing.bars import Bar, bar
from grader.report.drawing.cloud import Cloud, cloud
from grader.report.drawing.effect import EffectBar, effect_bars, scale
from grader.report.drawing.headmap import HeadMap
from grader.report.drawing.pattern import Drawing, draw
from grader.report.formats import Failure, Material
from grader.report.needs import NO_NEEDS, Need, Needs, by_head, of_report
from grader.report.pages.page import EFFECT_STYLE, STYLES, page
from grader.report.text import causal, words
from grader.schema import Exercise, HeadIndex, Matters, Picture, Report, Verdict, title


@dataclass(frozen=True)
class DrawnEffect:
    """The effect of the claimed head, alone or together with others."""

    label: str
    heads: str
    bars: tuple[EffectBar, ...]
    end: str


@dataclass(frozen=True)
class ClaimSection:
    """Everything that the page shows of one claim."""

    verdict: Verdict
    sign: words.Sign
    bars: tuple[Bar, ...]
    effects: tuple[DrawnEffect, ...]
    cloud: Cloud | None
    drawings: tuple[Drawing, ...]


def show(material: Material) -> str:
    """Return the page; nothing is drawn that the exercise's feedback keeps back."""
    if material.report.feedback != "all":
        return render(material.report, {}, material.exercise)
    standings = material.standings() if material.standings else None
    return render(material.report, material.pictures(), material.exercise, standings, material.needs())


def failed(failure: Failure) -> str:
    """Return a page with the state and all problems."""
    return page("failed.html.jinja", ("page.css",), failure=failure)


def render(
    report: Report,
    pictures: Mapping[int, Sequence[Picture]] | None = None,
    exercise: Exercise | None = None,
    standings: Standings | None = None,
    needs: Needs = NO_NEEDS,
) -> str:
    """Return the page; `pictures` are those of each claim, by its index among the verdicts.

    With `standings`, the page shows each claimed head among all others. The other heads get names, and a place on the
    map, only for the kinds of which the report confirms all wanted heads; so do the `needs` that are known of heads
    beside what the report confirms. Without feedback "all", the standings are not shown.
    """
    shown = standings if report.feedback == "all" else None
    kinds = settled(report)
    of_named = shown.of_kinds(kinds) if shown else None
    verdicts = report.verdicts if report.feedback != "score" else ()
    return page(
        "page.html.jinja",
        (*STYLES, EFFECT_STYLE),
        report=report,
        exercise=exercise,
        sections=[
            _section(verdict, (pictures or {}).get(index, ()), shown, kinds) for index, verdict in enumerate(verdicts)
        ],
        map=_map(report, exercise, of_named, _shown_needs(report, needs, of_named)),
        words=words,
        causal=causal,
        title=title,
    )


def _map(
    report: Report, exercise: Exercise | None, standings: Standings | None, needs: Mapping[HeadIndex, Need]
) -> HeadMap | None:
    """Return the map of all heads as these kinds, or of the claimed ones only, or None if the feedback is a score."""
    if exercise is None or report.feedback == "score":
        return None
    if standings is None or not standings.by_kind:
        size = (exercise.transformer.layers, exercise.transformer.heads)
        return headmap.with_needs(headmap.outcomes_map(report, size), needs)
    whole = headmap.head_map(exercise, standings, lambda place: f"#head-{place[0]}-{place[1]}")
    return headmap.with_claims(headmap.with_needs(whole, needs), report)


def _shown_needs(report: Report, needs: Needs, of_named: Standings | None) -> dict[HeadIndex, Need]:
    """Return the needs of the heads that the report may name: more would be the answer to the exercise.

    These are the heads that it confirms to matter, and those that are confirmed as kinds of which all are found; a head
    that such a kind needs, but that is of another kind, is none of them.
    """
    by_kind = of_named.by_kind if of_named else {}
    named = {
        (name, place): need
        for (name, place), need in needs.items()
        if name in by_kind and by_kind[name][place].confirmed
    }
    return by_head({**named, **of_report(report)})


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
        effects=tuple(_effects(verdict.matters)) if verdict.matters else (),
        cloud=cloud(claim.kind, standings, (claim.layer, claim.head), named=named) if standings and known else None,
        drawings=tuple(map(draw, pictures)),
    )


def _effects(matters: Matters) -> Iterator[DrawnEffect]:
    """Yield each effect as bars; all have the same scale, so that they can be compared."""
    end = scale(matters.effects)
    for effect in matters.effects:
        drawn = tuple(effect_bars(effect, matters.needed_at, end))
        yield DrawnEffect(causal.label_of(effect), named(effect.heads), drawn, causal.amount(end))
