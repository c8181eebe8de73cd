"""`grade trace`: the earlier heads that feed one head."""

from typing import Annotated

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import _
from grader.cli.heads import ExerciseArgument, KindOption, heads_named, kind_of
from grader.cli.options import FORMAT, Device, OutPath, PageFormat, TransformerPath, laboratory, print_or_write
from grader.report.text import ablation as ablation_text
from grader.schema import Exercise, Trace, head_name


def trace(
    exercise_id: ExerciseArgument,
    head: Annotated[
        list[str],
        typer.Argument(
            help="Layer and head, both counted from 0: two numbers, or one word such as L1H5.",
            metavar="LAYER HEAD",
            show_default=False,
        ),
    ],
    kind_name: KindOption = None,
    form: Annotated[PageFormat, FORMAT] = PageFormat.text,
    out: OutPath = None,
    transformer: TransformerPath = None,
    device: Device = None,
) -> None:
    """Show which earlier heads feed a head: what is left of its score when each of them is replaced."""
    command = f"grade trace {exercise_id}"
    exercise = exercises.load(exercise_id)
    places = heads_named(head, exercise, command)
    if len(places) > 1:
        message = _("name one head; each head is traced by itself")
        raise InvalidInput(command, [Problem("usage", message)])
    (place,) = places
    if place[0] == 0:
        message = _("{head} is in layer 0: no head comes before it, so that none feeds it", head=head_name(*place))
        raise InvalidInput(command, [Problem("no-senders", message)])
    with laboratory(exercise, transformer, device) as lab:
        kind = kind_of(lab, places, kind_name, command)
        traced = lab.causal.trace(kind, place)
    print_or_write(_rendered(exercise, traced, form), out)


def _rendered(exercise: Exercise, traced: Trace, form: PageFormat) -> str:
    match form:
        case PageFormat.text:
            return ablation_text.trace_text(exercise, traced)
        case PageFormat.json:
            return ablation_text.trace_json(exercise, traced)
        case PageFormat.html:
            from grader.report.pages import causal

            return causal.trace(exercise, traced)
