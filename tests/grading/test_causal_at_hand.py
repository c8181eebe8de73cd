"""Causal evidence is asked for only where a claim needs it."""

from pathlib import Path

import pytest

from grader.grading.mattering import needs_causal
from grader.laboratory import Laboratory
from grader.schema import Claim, Exercise, Submission
from tests.support.planted_causes import BACK, SCORES, TRUE_HEADS, Planted, causal_exercise, feeds
from tests.support.planted_tables import claim, exercise, table


class Counting(Laboratory):
    """A laboratory with planted scores, which counts how often causal evidence is wanted."""

    wanted = 0

    @property
    def causal(self) -> Planted:
        """Planted evidence."""
        self.wanted += 1
        return Planted()


PLAIN = claim(*BACK, "positional")
MATTERS = claim(*BACK, "positional", matters="alone")
FEEDS = claim(*TRUE_HEADS[0], "induction", feeds=feeds(BACK, TRUE_HEADS[0]))


@pytest.mark.parametrize(
    ("asked", "claims", "wanted"),
    [
        (causal_exercise(), [PLAIN], False),
        (causal_exercise(), [FEEDS.model_copy(update={"feeds": None}), MATTERS], True),
        (causal_exercise(), [FEEDS], True),
        (exercise(), [MATTERS, FEEDS], False),
    ],
    ids=["nothing causal is claimed", "matters", "feeds", "not asked for"],
)
def test_a_laboratory_turns_to_causal_evidence_only_where_it_is_needed(
    asked: Exercise, claims: list[Claim], wanted: bool, tmp_path: Path
) -> None:
    laboratory = Counting(asked, tmp_path)
    vars(laboratory)["table"] = table(asked, SCORES)
    report = laboratory.report(Submission(exercise=asked.id, claims=tuple(claims)))

    assert laboratory.wanted == wanted == needs_causal(asked, claims)
    assert any(verdict.matters or verdict.circuit for verdict in report.verdicts) == wanted
