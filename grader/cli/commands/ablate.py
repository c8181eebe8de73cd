"""`grade ablate`: what is lost without heads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from grader import exercises
from grader.base.language import _
from grader.cli.heads import ExerciseArgument, KindOption, heads_named, kind_of, no_measure, refuse_unmeasured
from grader.cli.options import FORMAT, Device, OutPath, PageFormat, TransformerPath, laboratory, print_or_write
from grader.report import needs
from grader.report.text import ablation as ablation_text
from grader.report.text.ablation import Ablation
from grader.schema import HeadIndex, Kind, SetEffect

if TYPE_CHECKING:
    from grader.laboratory import Laboratory


def ablate(
    exercise_id: ExerciseArgument,
    heads: Annotated[
        list[str],
        typer.Argument(
            help="Layer and head of each, counted from 0: two numbers, or one word such as L1H5.",
            metavar="LAYER HEAD ...",
            show_default=False,
        ),
    ],
    kind_name: KindOption = None,
    form: Annotated[PageFormat, FORMAT] = PageFormat.text,
    out: OutPath = None,
    transformer: TransformerPath = None,
    device: Device = None,
) -> None:
    """Replace the output of heads, and show what the transformer loses."""
    command = f"grade ablate {exercise_id}"
    exercise = exercises.load(exercise_id)
    places = heads_named(heads, exercise, command)
    with laboratory(exercise, transformer, device) as lab:
        kind = kind_of(lab, places, kind_name, command)
        ablation = _measured(lab, kind, places, command)
    print_or_write(_rendered(ablation, form), out)


def _measured(lab: "Laboratory", kind: Kind, places: Sequence[HeadIndex], command: str) -> Ablation:
    """Return the effect of the heads, with all that is said beside it.

    Raises:
        InvalidInput: The kind has no causal measure, or it cannot be taken of this transformer.
    """
    if lab.causal.measure_of(kind) is None:
        refuse_unmeasured(kind, no_measure(lab), command)
    effect = lab.causal.whole_effect(kind, places)
    if not effect.measure:
        refuse_unmeasured(kind, _(effect.why_none), command)
    scopes = {place: scope for place in places if (scope := lab.causal.scope(kind, place)) is not None}
    together = _together(lab, effect) if len(places) == 1 else None
    return Ablation(lab.exercise, effect, together, scopes, lab.causal.writes(kind, places))


def _together(lab: "Laboratory", own: SetEffect) -> SetEffect | None:
    """Return the effect of the smallest set that the kind suggests with which a head is needed; None if there is none.

    A head that is needed alone needs no other.
    """
    at_least = needs.needed_at(lab.exercise, own.kind)
    if needs.of_head(own, (), at_least).is_seen:
        return None
    for places in lab.causal.suggested(own.kind):
        if own.heads[0].index in places:
            effect = lab.causal.effect(own.kind, places)
            if needs.of_head(own, [effect], at_least).is_seen:
                return effect
    return None


def _rendered(ablation: Ablation, form: PageFormat) -> str:
    match form:
        case PageFormat.text:
            return ablation_text.text(ablation)
        case PageFormat.json:
            return ablation_text.as_json(ablation)
        case PageFormat.html:
            from grader.report.pages import causal

            return causal.ablation(ablation)
