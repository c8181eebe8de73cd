"""Invented verdicts, reports and ledger entries."""

from datetime import UTC, datetime, timedelta

from grader.ledger.entry import LedgerEntry
from grader.schema import Claim, Report, Verdict
from grader.students.xp import Progress

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def verdict(place: tuple[int, int], kind: str = "induction", points: float = 10, **more: object) -> Verdict:
    """Return a verdict, by default on a confirmed claim."""
    what = {"layer": place[0], "head": place[1], "type": kind, "evidence": more.pop("evidence", None)}
    claim = Claim.model_validate({**what, "relation": "verb_subject" if kind == "syntactic" else None})
    values = {"claim": claim, "outcome": "confirmed", "points": points, "rationale": "measured"}
    return Verdict.model_validate({**values, **more})


def refuted(place: tuple[int, int]) -> Verdict:
    """Return the verdict on a refuted claim."""
    return verdict(place, points=0, outcome="refuted")


def report(*verdicts: Verdict, **more: object) -> Report:
    """Return a report, by default on `mini-heads` with 100 possible points."""
    earned = round(sum(one.points for one in verdicts))
    values = {
        "grader_version": "0.1.0",
        "exercise": "mini-heads",
        "exercise_version": 1,
        "transformer": "mini",
        "transformer_digest": "d",
        "seed": 0,
        "table": "t",
        "student": "ada",
        "feedback": "all",
        "borderline": "in_favour",
        "wanted": {verdict.claim.name: 12 for verdict in verdicts},
        "verdicts": verdicts,
        "points": earned,
        "possible": 100,
        "score": min(1.0, earned / 100),
        "luck": 0.01,
        "kinds_confirmed": 0,
        "gradable": True,
        "passed": True,
        "xp": earned,
    }
    return Report.model_validate({**values, **more})


def ledger(*reports: Report) -> list[LedgerEntry]:
    """Return one entry for each report, a minute apart."""
    return [
        LedgerEntry(id=i, submission=f"s{i}", report=one, created_at=START + timedelta(minutes=i))
        for i, one in enumerate(reports, start=1)
    ]


def regrade(old: LedgerEntry, new: Report, number: int) -> LedgerEntry:
    """Return the entry with this number that replaces `old` by `new`."""
    return LedgerEntry(number, old.submission, new, START + timedelta(minutes=number), old.id, "threshold 0.6 -> 0.5")


def earned(reached: Progress) -> set[str]:
    """Return the ids of the earned achievements."""
    return {one.achievement.id for one in reached.earned}


def sealed(number: int = 0, **more: object) -> Report:
    """Return a report that differs from those of other numbers, in its claim and in its content hash."""
    more_layers, more_heads = divmod(number // 12, 990)
    place = (number % 12 + 12 * more_layers, 5 + more_heads)
    return report(verdict(place, points=1 / 3), **{"content_hash": f"{number:064x}", **more})
