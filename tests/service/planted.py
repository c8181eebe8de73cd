"""An exercise with planted scores in its own folder, submissions to it, and their rows, without torch."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from grader.ledger import Ledger
from grader.ledger.columns import written
from grader.ledger.tables import DELIVERIES, SUBMISSIONS
from grader.measuring.tables.score_table import KindScores, ScoreTable, Slice, Statistics, keep, store_of
from grader.measuring.transformer import digest
from grader.schema import Exercise, Kind
from grader.schema.queue import Envelope

ID = "planted-heads"
CAME = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""The time at which submissions come in, unless a test gives another one."""
RULES = {
    "id": ID,
    "version": 3,
    "title": "Planted heads",
    "transformer": {"name": "planted", "family": "decoder", "layers": 5, "heads": 5, "files": {"weights": "a" * 64}},
    "probes": {"seed": 7},
    "kinds": (
        {"type": "positional", "heads": 2, "points": 20, "passing": 3},
        {"type": "induction", "heads": 2, "points": 10, "passing": 2},
    ),
    "budget": 6,
    "wrong_costs": 6.0,
    "pass_at": 0.2,
    "kinds_needed": 1,
}
FOUND = {"positional:-1": {(0, 0): 0.9, (0, 1): 0.8}, "induction": {(1, 0): 0.9, (1, 1): 0.8}}
"""The heads of each kind, with their scores."""


def planted(**more: Any) -> Exercise:  # noqa: ANN401 - whatever a field may be
    """Return the exercise; its transformer is pinned, so its weights are not needed."""
    return Exercise.model_validate({**RULES, **more})


def write(root: Path, **more: Any) -> Exercise:  # noqa: ANN401 - whatever a field may be
    """Write the exercise into its folder under `root`, and return it."""
    asked = planted(**more)
    folder = root / asked.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "exercise.yaml").write_text(asked.model_dump_json(exclude_none=True), "utf-8")
    return asked


def measure(folder: Path, asked: Exercise) -> None:
    """Keep the exercise's score table in the folder, as if its heads had been measured."""
    size, transformer = asked.transformer, digest(asked.transformer)
    kinds = tuple(_scores(kind.kind, (size.layers, size.heads)) for kind in asked.kinds)
    named = {
        "key": store_of(folder, asked, transformer).key,
        "transformer": size.name,
        "digest": transformer,
        "seed": 7,
    }
    keep(folder, str(named["key"]), ScoreTable(**named, layers=size.layers, heads=size.heads, kinds=kinds))


def _scores(kind: Kind, size: tuple[int, int]) -> KindScores:
    """Return the scores of all heads under the kind: the planted ones, and 0 for all others."""
    scores = FOUND.get(kind.name, {})
    grid = tuple(tuple(scores.get((layer, head), 0.0) for head in range(size[1])) for layer in range(size[0]))
    columns = tuple(Statistics(statistic=name, value=grid, low=grid, high=grid) for name in ("share", "hit_rate"))
    part = Slice(name="probe", queries=100, statistics=columns)
    return KindScores(kind=kind, decides="share", baseline=0.2, blind_head="offset -1", slices=(part,))


def document(note: str = "", claims: str = "{layer: 0, head: 0, type: positional, offset: -1%s}") -> str:
    """Return a submission as a student hands it in; another note makes it another one."""
    return f"exercise: {ID}\nclaims:\n  - " + claims % (f', note: "{note}"' if note else "") + "\n"


def envelope(name: str, note: str = "", student: str = "ada", **more: Any) -> Envelope:  # noqa: ANN401
    """Return a submission as a platform hands it in."""
    values = {"platform": "local", "id": name, "submission": document(note), "student": student, "came_at": CAME}
    return Envelope.model_validate({**values, **more})


def rows(ledger: Ledger) -> dict[str, Mapping[str, Any]]:
    """Return the submissions' rows by the submission's id, in the order in which they came in."""
    query = sa.select(SUBMISSIONS).order_by(SUBMISSIONS.c.id)
    with ledger.database.connection() as connection:
        return {row["submission_id"]: row for row in connection.execute(query).mappings()}


def owed(ledger: Ledger) -> Counter[str]:
    """Return the number of answers, delivered or not, by the submission's id."""
    query = sa.select(SUBMISSIONS.c.submission_id).join(DELIVERIES, DELIVERIES.c.submission == SUBMISSIONS.c.id)
    with ledger.database.connection() as connection:
        return Counter(connection.scalars(query))


def let_time_pass(ledger: Ledger, *names: str) -> None:
    """End every wait of these submissions' rows; without names, of all rows and answers."""
    theirs = SUBMISSIONS.c.submission_id.in_(names) if names else sa.true()
    with ledger.database.connection(write=True) as connection:
        connection.execute(sa.update(SUBMISSIONS).where(theirs).values(wake_at=written(CAME)))
        if not names:
            waiting = DELIVERIES.c.wake_at.is_not(None)
            connection.execute(sa.update(DELIVERIES).where(waiting).values(wake_at=written(CAME)))
