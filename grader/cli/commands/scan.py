"""`grade scan`: the scores of every head of an exercise, or of a recorded pattern."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.cli.options import (
    FORMAT,
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
from grader.schema import Exercise

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
) -> None:
    """Score every head under every kind that an exercise asks for."""
    if (exercise_id is None) == (pattern is None):
        raise _usage(_("give either an exercise's id or --pattern FILE"))
    form, out = old_spelling(form, out, as_json=as_json, html=html)
    if causal or form is PageFormat.html:
        if exercise_id is None or type_ is not None or top is not None or (as_json and form is PageFormat.html):
            raise _usage(_(EVERY_EFFECT) if causal else _(EVERY_HEAD))
        exercise = exercises.load(exercise_id, graded=False)
        if causal:
            _effects(exercise, form, out, transformer)
        else:
            _page(exercise, out, transformer)
        return
    if pattern is not None:
        if transformer is not None:
            raise _usage(_("--pattern FILE needs no transformer; leave --transformer out"))
        from grader.measuring.recorded import scan_file

        scores: dict[str, Any] = scan_file(pattern, kind_named(type_ or "positional:-1"))
    else:
        exercise = exercises.load(str(exercise_id), graded=False)
        with laboratory(exercise, transformer) as lab:
            scores = listing(exercise, lab.standings, kind_named(type_).name if type_ else None)
    if top is not None:
        scores["heads"] = [row for row in scores["heads"] if row["rank"] <= top]
    print_or_write(json.dumps(scores, indent=2) if form is PageFormat.json else heads.listed(scores), out)


def _effects(exercise: Exercise, form: PageFormat, out: Path | None, transformer: Path | None) -> None:
    """Print or write what is lost without each head, and without the sets of heads that the kinds suggest."""
    from grader.report.text import ablation

    with laboratory(exercise, transformer) as lab:
        table = lab.causal.table
        if form is PageFormat.html:
            from grader.report.pages import causal

            shown = causal.table(exercise, lab.standings, table.effects)
        elif form is PageFormat.json:
            shown = ablation.table_json(exercise, table.key, table.effects)
        else:
            shown = ablation.table_text(exercise, table.effects)
    print_or_write(shown, out)


def _page(exercise: Exercise, out: Path | None, transformer: Path | None) -> None:
    """Print or write the page of all heads."""
    from grader.report import needs
    from grader.report.pages import scan

    with laboratory(exercise, transformer) as lab:
        worth = scan.worth_drawing(lab.standings)
        drawn = {place: lab.picture(kind, place) for place, kind in worth.items()}
        seen = needs.kept(lab)
    print_or_write(scan.render(exercise, lab.standings, drawn, seen), out)


def _usage(message: str) -> InvalidInput:
    return InvalidInput("grade scan", [Problem("usage", message)])
