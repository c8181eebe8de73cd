"""A calibration with noise, gaps, labels, look-alikes, and heads that other thresholds rule out."""

from grader.exercises.known_heads import KnownHead
from grader.grading.calibration.calibrate import calibrate
from grader.grading.calibration.records import Calibration
from grader.measuring.tables.score_table import ScoreTable
from grader.schema import Exercise
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, HeadIndex, exercise, table, with_reading

INDUCTION_SCORES: dict[HeadIndex, float] = {
    (0, 0): 0.93,
    (1, 1): 0.88,
    (2, 2): 0.71,
    (3, 3): 0.63,
    (4, 4): 0.52,
    (0, 4): 0.31,
    (1, 3): 0.12,
}
SUBJECT_SCORES: dict[HeadIndex, float] = {(4, 0): 0.66, (4, 1): 0.58, (4, 2): 0.44, (0, 0): 0.29}
PREVIOUS_SCORES: dict[HeadIndex, float] = {(4, 0): 0.99, (2, 1): 0.83, (2, 3): 0.45, (1, 0): 0.22}
HALF_WIDTH = 0.06
LABELS = {
    "induction": {(0, 0): "confirmed", (1, 1): "confirmed", (2, 2): "confirmed", (4, 4): "refuted", (0, 4): "refuted"},
    "syntactic:verb_subject": {(4, 1): "confirmed", (4, 0): "refuted"},
}
RULE = exercise(PREVIOUS, INDUCTION, SUBJECT)


def planted(rule: Exercise = RULE) -> ScoreTable:
    """Return scores of 25 heads; L2H3 has the share that a positional head needs, but not the hit rate on text."""
    scores = {
        "positional:-1": PREVIOUS_SCORES,
        "induction": INDUCTION_SCORES,
        "syntactic:verb_subject": SUBJECT_SCORES,
    }
    whole = table(rule, scores, HALF_WIDTH)
    return with_reading(whole, "positional:-1", (2, 3), ("hit_rate", "text"), (0.5, 0.55, 0.6))


def known(labels: dict[str, dict[HeadIndex, str]]) -> tuple[KnownHead, ...]:
    """Return labels, given by the kind's name and the head."""
    return tuple(
        KnownHead.model_validate({**_kind(name), "layer": place[0], "head": place[1], "expect": expect, "source": "us"})
        for name, heads in labels.items()
        for place, expect in heads.items()
    )


def calibration(rule: Exercise = RULE) -> Calibration:
    """Return the calibration of the planted scores."""
    return calibrate(rule, planted(rule), known(LABELS))


def _kind(name: str) -> dict[str, object]:
    type_, _, parameter = name.partition(":")
    if type_ == "positional":
        return {"type": type_, "offset": int(parameter)}
    return {"type": type_, "relation": parameter} if parameter else {"type": type_}
