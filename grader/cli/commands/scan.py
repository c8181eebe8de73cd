"""`grade scan`: the scores of every head of an exercise, or of a recorded pattern."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.cli.options import (
    FORMAT,
    Device,
    OldHtml,
    OldJson,
    OutPath,
    PageFormat,
    TransformerPath,
    laboratory,
    old_spelling,
    print_or_write,
)
from grader.exercises.names import kind_named
from grader.grading.listing import listing
from grader.report.text import heads

if TYPE_CHECKING:
    from grader.laboratory import Laboratory

EVERY_HEAD = N_("a page shows every head and kind of an exercise; leave the other options out")
EVERY_EFFECT = N_("--causal measures every head and kind of an exercise; leave the other options out")


def scan(
    exercise_id: Annotated[str | None, typer.Argument(help="The exercise.", metavar="EXERCISE")] = None,
    type_: Annotated[
        str | None, typer.Option("--type", help="Only this kind, such as induction or positional:-1.", metavar="T")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Only the best N heads of each kind.", metavar="N")] = None,
    pattern: Annotated[
        Path | None,
        typer.Option(help="Score a recorded pattern instead: an .npz file with token_ids and attn.", metavar="FILE"),
    ] = None,
    causal: Annotated[
        bool,
        typer.Option("--causal", help="Instead measure what is lost without each head, and without sets of heads."),
    ] = False,
    form: Annotated[PageFormat, FORMAT] = PageFormat.text,
    out: OutPath = None,
    as_json: OldJson = False,
    html: OldHtml = None,
    transformer: TransformerPath = None,
    device: Device = None,
) -> None:
    """Score every head under every kind that an exercise asks for."""
    if (exercise_id is None) == (pattern is None):
        raise _usage(_("give either an exercise's id or --pattern FILE"))
    form, out = old_spelling(form, out, as_json=as_json, html=html)
    if causal or form is PageFormat.html:
        if exercise_id is None or type_ is not None or top is not None or (as_json and form is PageFormat.html):
            raise _usage(_(EVERY_EFFECT) if causal else _(EVERY_HEAD))
        with laboratory(exercises.load(exercise_id, graded=False), transformer, device) as lab:
            shown = _effects(lab, form) if causal else _page(lab)
        print_or_write(shown, out)
        return
    if pattern is not None:
        if transformer is not None or device is not None:
            raise _usage(_("--pattern FILE needs no transformer; leave --transformer and --device out"))
        from grader.measuring.recorded import scan_file

        scores: dict[str, Any] = scan_file(pattern, kind_named(type_ or "positional:-1"))
    else:
        exercise = exercises.load(str(exercise_id), graded=False)
        with laboratory(exercise, transformer, device) as lab:
            scores = listing(exercise, lab.standings, kind_named(type_).name if type_ else None)
    if top is not None:
        scores["heads"] = [row for row in scores["heads"] if row["rank"] <= top]
    print_or_write(json.dumps(scores, indent=2) if form is PageFormat.json else heads.listed(scores), out)


def _effects(lab: "Laboratory", form: PageFormat) -> str:
    """Return what is lost without each head, and without the sets of heads that the kinds suggest."""
    from grader.report.text import ablation

    exercise, table = lab.exercise, lab.causal.table
    if form is PageFormat.html:
        from grader.report.pages import causal

        return causal.table(exercise, lab.standings, table.effects)
    if form is PageFormat.json:
        return ablation.table_json(exercise, table.key, table.effects)
    return ablation.table_text(exercise, table.effects)


def _page(lab: "Laboratory") -> str:
    """Return the page of all heads."""
    from grader.report import needs
    from grader.report.pages import scan

    worth = scan.worth_drawing(lab.standings)
    drawn = {place: lab.picture(kind, place) for place, kind in worth.items()}
    return scan.render(lab.exercise, lab.standings, drawn, needs.kept(lab))


def _usage(message: str) -> InvalidInput:
    return InvalidInput("grade scan", [Problem("usage", message)])
