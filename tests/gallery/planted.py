"""A class with a ledger and pictures of planted heads, enough for a gallery, without a transformer."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np

from grader import exercises
from grader.gallery import entries, site
from grader.gallery.discretion import Discretion
from grader.gallery.pictures import Pictures
from grader.grading.grade import grade
from grader.grading.standings import Standings
from grader.laboratory import Laboratory, Recomputed
from grader.ledger import LOCAL, Ledger
from grader.measuring import examples
from grader.measuring.examples import Example
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import Claim, Evidence, Exercise, Kind, Picture, Report, Submission
from grader.students.selection import Selection
from tests.support import planted_tables

LAYERS = HEADS = 12
KINDS = ("positional", "induction", "syntactic", "semantic", "rare_token")
ASKED: dict[str, dict[str, object]] = {
    "positional": {},
    "induction": {},
    "syntactic": {"relation": "verb_subject"},
    "semantic": {},
    "rare_token": {},
}
FULL = {"heads": 4, "points": 20, "passing": 4}
TOKENS = ("<s>", " the", " keys", " near", " the", " old", " door", " are", " red", " and", " heavy", ".")
START = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
KEY = b"k" * 32


def exercise(name: str = "planted-heads") -> Exercise:
    """Return an exercise with five kinds in 144 heads; there are several heads of each kind."""
    source = {"name": "planted", "family": "decoder", "layers": LAYERS, "heads": HEADS, "bundled": "planted"}
    kinds = [{"type": kind, **more, **FULL} for kind, more in ASKED.items()]
    pins = {"files": {"model.safetensors": "a" * 64}}
    return planted_tables.exercise(
        *kinds, id=name, title=f"Heads of {name}", transformer={**source, **pins}, budget=20, wrong_costs=10.0
    )


def places(kind: str) -> list[tuple[int, int]]:
    """Return the heads of the kind, the best first."""
    return [(3 * number, 2 * KINDS.index(kind) + number % 2) for number in range(4)]


@dataclass
class Class:
    """Students who hand in submissions to one ledger."""

    home: Path
    asked: Exercise = field(default_factory=exercise)
    handed_in: int = 0

    def __post_init__(self) -> None:
        folder = self.home / "exercises" / self.asked.id
        folder.mkdir(parents=True, exist_ok=True)
        kinds = [kind.model_dump(mode="json", exclude_defaults=True) for kind in self.asked.kinds]
        written = self.asked.model_dump(mode="json", exclude_defaults=True) | {"kinds": kinds}
        (folder / exercises.FILE_NAME).write_text(json.dumps(written))

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(f"sqlite:///{self.home / 'ledger.sqlite3'}")

    @cached_property
    def table(self) -> ScoreTable:
        scores = {
            kind.name: {place: 0.99 - 0.02 * turn for turn, place in enumerate(places(kind.type))}
            for kind in self.asked.kinds
        }
        return planted_tables.table(self.asked, scores, 0.01).model_copy(update={"key": self.asked.id.ljust(64, "0")})

    @cached_property
    def standings(self) -> Standings:
        return Standings(self.asked, self.table)

    @property
    def tables(self) -> Path:
        return self.home / "tables"

    def keep_pictures(self) -> None:
        """Store every head's pattern on a short text; the targets are the previous tokens."""
        random = np.random.default_rng(1)
        size = len(TOKENS)
        found = {}
        for kind in self.asked.kinds:
            noise = np.tril(random.random((LAYERS, HEADS, size, size)) ** 8 + np.eye(size, k=-1))
            patterns = (255 * noise / noise.sum(-1, keepdims=True).clip(1e-9)).astype(np.uint8)
            example = Example(kind=kind.name, tokens=TOKENS, targets=tuple((n, n - 1) for n in range(2, size)))
            found[kind.name] = (example, patterns)
        examples.save(self.tables / f"{self.table.key}.examples.npz", found)

    def keep_sentence(self, claim: Claim) -> None:
        """Store a recomputed picture of the claim's sentence."""
        _Bench(self.asked, self.tables).recomputed(claim)

    def report(self, student: str, claims: Iterable[Claim], **wishes: object) -> Report:
        """Return the student's report on the claims."""
        submission = Submission.model_validate(
            {"exercise": self.asked.id, "student": student, "claims": tuple(claims), "gallery": True, **wishes}
        )
        evidence = {n: seen(claim.evidence) for n, claim in enumerate(submission.claims) if claim.evidence}
        return grade(submission, self.asked, self.table, evidence, self.standings)

    def hand_in(self, student: str, *claims: Claim, platform: str = LOCAL, **wishes: object) -> Report:
        """Hand in one hour after the previous submission."""
        report = self.report(student, claims, **wishes)
        self.ledger.append(report, platform, when=START + timedelta(hours=self.handed_in))
        self.handed_in += 1
        return report

    def hand_in_all(self, reports: Iterable[Report]) -> None:
        """Hand in many submissions at once."""
        with self.ledger.database.alone() as connection:
            for report in reports:
                when = START + timedelta(minutes=self.handed_in)
                self.ledger.enter(connection, report, LOCAL, when)
                self.handed_in += 1

    def exhibits(self, platform: str | None = None) -> list[entries.Exhibit]:
        """Return the exhibits of the exercise."""
        logins: set[str] = set()
        found = list(entries.shown_submissions(self.ledger, self.asked.id, logins, Selection(platform=platform)))
        return entries.exhibits(found, KEY, Discretion(logins))

    def gallery(self, base: str | None = None, name: str = "Heads that were found") -> site.Gallery:
        """Return the gallery of the exercise."""
        return gallery(self.exhibits(), {self.asked.id: self}, base, name)


class _Bench(Laboratory):
    """A laboratory whose measurements are planted."""

    def on_sentence(self, kind: Kind, layer: int, head: int, text: str) -> Recomputed:
        tokens = tuple(text.split())
        size = len(tokens)
        pattern = np.tril(0.1 * np.ones((size, size)) + np.eye(size, k=-1))
        rows = (pattern / pattern.sum(-1, keepdims=True)).round(3)
        picture = Picture(caption=text, tokens=tokens, pattern=tuple(tuple(map(float, row)) for row in rows))
        return Recomputed(evidence=seen(text), picture=picture)


def gallery(
    shown: list[entries.Exhibit], classes: Mapping[str, Class], base: str | None = None, name: str = "Found"
) -> site.Gallery:
    """Return the gallery of these classes."""
    return site.Gallery(
        name=name,
        exhibits=shown,
        exercises={each: there.asked for each, there in classes.items()},
        pictures={each: Pictures(there.asked, there.tables) for each, there in classes.items()},
        base=base,
    )


def seen(text: str) -> Evidence:
    """Return the result for a sentence on which the behaviour was seen."""
    return Evidence(text=text, tokens=tuple(text.split()), share=0.9, hit_rate=1.0, queries=len(text.split()))


def claim(kind: str = "induction", turn: int = 0, note: str | None = None, evidence: str | None = None) -> Claim:
    """Return a right claim about one of the kind's heads."""
    layer, head = places(kind)[turn]
    return Claim.model_validate(
        {"layer": layer, "head": head, "type": kind, "note": note, "evidence": evidence, **ASKED[kind]}
    )


def right(turn: int = 0, note: str | None = None, evidence: str | None = None) -> list[Claim]:
    """Return a right claim of each kind, which is more than luck."""
    return [claim(kind, turn, note, evidence) for kind in KINDS]
