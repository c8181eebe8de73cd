"""Pages on causal evidence: the effect of heads, the heads that feed one, and all effects of a transformer."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.grading.causal_words import named
from grader.grading.standings import Standings
from grader.report import needs
from grader.report.drawing import headmap
from grader.report.drawing.effect import curve_bars, effect_bars, scale
from grader.report.pages.page import EFFECT_STYLE, page
from grader.report.text import ablation as ablation_text
from grader.report.text import causal
from grader.report.text.ablation import Ablation
from grader.schema import Exercise, Kind, SetEffect, Trace, head_name, title

STYLES = ("page.css", EFFECT_STYLE)


@dataclass(frozen=True)
class KindEffects:
    """All effects of one kind: its name, its measure, and a table for single heads and one for sets."""

    kind: Kind
    measure: str
    grids: tuple[tuple[str, list[str], list[list[str]]], ...]
    """The name of each table, the names of its columns, and its rows."""
    small: tuple[tuple[str, list[str], list[list[str]]], ...]
    """The same for the effects that are hardly any."""
    number_small: int


def ablation(shown: Ablation) -> str:
    """Return the page on the effect of heads."""
    effect, at_least = shown.effect, shown.needed_at
    end = scale([effect])
    rows = ablation_text.member_rows(effect) if len(effect.members) > 1 else []
    return page(
        "causal/ablation.html.jinja",
        STYLES,
        exercise=shown.exercise,
        ablation=shown,
        lost=list(effect_bars(effect, at_least, end)),
        curve=list(curve_bars(effect, at_least, end)) if len(effect.curve) > 1 else [],
        members=(rows[0], rows[1:]) if rows else None,
        end=causal.amount(end),
        causal=causal,
        named=named,
        title=title,
    )


def trace(exercise: Exercise, shown: Trace) -> str:
    """Return the page on the heads that feed one."""
    columns, *rows = ablation_text.sender_rows(shown)
    return page(
        "causal/trace.html.jinja",
        STYLES,
        exercise=exercise,
        trace=shown,
        receiver=head_name(shown.layer, shown.head),
        heading=ablation_text.receiver(exercise, shown),
        reading=ablation_text.reading(exercise, shown),
        remark=ablation_text.paths(shown),
        senders=(columns, rows),
        title=title,
    )


def table(exercise: Exercise, standings: Standings, effects: Sequence[SetEffect]) -> str:
    """Return the page of all effects of a transformer, for instructors: it shows all answers."""
    seen = needs.by_head(needs.of_table(effects, exercise))
    return page(
        "causal/table.html.jinja",
        (*STYLES, "headmap.css", "scan.css"),
        exercise=exercise,
        map=headmap.with_needs(headmap.head_map(exercise, standings, lambda place: None), seen),
        sections=[_of_kind(of_kind) for of_kind in ablation_text.by_kind(exercise, effects)],
        remarks=list(ablation_text.remarks(exercise, effects)),
        title=title,
    )


def _of_kind(of_kind: Sequence[tuple[SetEffect, needs.Need]]) -> KindEffects:
    large = [pair for pair in of_kind if ablation_text.is_large(*pair)]
    small = [pair for pair in of_kind if not ablation_text.is_large(*pair)]
    first = of_kind[0][0]
    return KindEffects(first.kind, causal.measure(first), _grids(large), _grids(small), len(small))


def _grids(
    of_kind: Sequence[tuple[SetEffect, needs.Need]],
) -> tuple[tuple[str, list[str], list[list[str]]], ...]:
    return tuple((label, rows[0], rows[1:]) for label, rows in ablation_text.table_rows(of_kind))
