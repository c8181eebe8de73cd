"""Every head's scores as `grade scan` lists them: best score first within each kind."""

from typing import Any

from grader.base.errors import InvalidInput, Problem
from grader.base.language import N_, _
from grader.grading.grade import Standings
from grader.kinds import PARAMETERS
from grader.schema import Exercise


def listing(exercise: Exercise, standings: Standings, only: str | None = None) -> dict[str, Any]:
    """Exercise, transformer, and a row for each kind and head; `only` keeps one kind, by its name.

    Raises:
        InvalidInput: the exercise does not ask for that kind.
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
        ranks = standings.ranks[asked.name]
        for place in sorted(ranks, key=lambda place: ranks[place]):
            standing = standings.by_kind[asked.name][place]
            measured = standing.measured
            rows.append(
                {
                    "layer": place[0],
                    "head": place[1],
                    "type": asked.type,
                    **{name: getattr(asked, name) for name in PARAMETERS},
                    "share": measured.share,
                    "hit_rate": measured.hit_rate,
                    "baseline": measured.baseline,
                    "score": measured.score,
                    "interval": list(measured.interval),
                    "queries": measured.queries,
                    "confirmed": standing.confirmed,
                    "rank": ranks[place],
                }
            )
    return {"exercise": exercise.id, "transformer": standings.table.transformer, "heads": rows}
