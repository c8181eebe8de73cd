"""Every head's scores as `grade scan` lists them: the best score first within each kind."""

from typing import Any

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.grading.standings import Standings
from grader.measuring.tables.row import row
from grader.schema import Exercise


def listing(exercise: Exercise, standings: Standings, only: str | None = None) -> dict[str, Any]:
    """Return exercise, transformer, and a row for each kind and head; `only` names the one kind to list.

    Raises:
        InvalidInput: The exercise does not ask for that kind.
    """
    names = [asked.name for asked in exercise.kinds]
    if only is not None and only not in names:
        message = N_("{exercise} does not ask for `{kind}`; it asks for {names}")
        message = _(message, exercise=exercise.id, kind=only, names=", ".join(names))
        raise InvalidInput("--type", [Problem("not-asked", message)])
    rows = []
    for asked in exercise.kinds:
        if only is not None and asked.name != only:
            continue
        ranks, of_kind = standings.ranks[asked.name], standings.by_kind[asked.name]
        for place in sorted(ranks, key=ranks.__getitem__):
            standing = of_kind[place]
            is_open = standing.outcome == "not_graded"
            scores = row(asked.kind, place, standing.measured, confirmed=standing.confirmed, too_close=is_open)
            rows.append(scores | {"rank": ranks[place]})
    return {"exercise": exercise.id, "transformer": standings.table.transformer, "heads": rows}
