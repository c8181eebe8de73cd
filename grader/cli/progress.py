"""`grade progress`: XP, level and achievements, from the ledger."""

from typing import Annotated

import typer

from grader.cli.options import AsJson
from grader.cli.submit import login_name

BAR = 24
"""Characters."""


def progress(
    student: Annotated[str | None, typer.Argument(help="Whose; your login name by default.")] = None,
    platform: Annotated[str, typer.Option(help="Where it was handed in; this terminal by default.")] = "local",
    as_json: AsJson = False,
) -> None:
    """Show XP, level and achievements."""
    from grader import xp
    from grader.ledger import Ledger

    name = student or login_name()
    with Ledger() as ledger:
        found = xp.progress(ledger.entries(student=name, platform=platform))
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    step = found.xp_into_level + found.xp_to_next
    full = BAR * found.xp_into_level // step
    typer.echo(f"{name}: level {found.level}, {found.level_name}; {found.xp} XP")
    typer.echo(f"[{'#' * full}{'.' * (BAR - full)}] {found.xp_into_level}/{step} XP to next level\n")
    for earned in found.earned:
        typer.echo(f"* {earned.achievement.name}: {earned.achievement.how} ({earned.when:%Y-%m-%d})")
    for still_open in found.open:
        typer.echo(f"- {still_open.name}: {still_open.how}")
    if found.history:
        typer.echo("")
    for line in found.history:
        what = f"regraded because {line.reason}" if line.regraded else ("passed" if line.passed else "not passed yet")
        typer.echo(f"{line.when:%Y-%m-%d %H:%M} {line.exercise} {line.score:.0%} {what}, {line.xp_change:+d} XP")
