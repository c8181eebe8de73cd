"""The heads that a report names: only those of kinds in which nothing is left to earn, and never by luck."""

import pytest

from grader.grading.grade import grade
from grader.grading.naming import settled
from grader.schema import Report
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, exercise, submission, table

PREV, INDUCE, VERB = "positional", "induction", "syntactic"
ASKED = exercise({**PREVIOUS, "heads": 1}, INDUCTION, SUBJECT)
"""One head of the three that pass for the previous token, two of induction."""
PLANTED = table(
    ASKED,
    {
        "positional:-1": {(0, 1): 0.95, (1, 0): 0.9, (1, 1): 0.85},
        "induction": {(3, 3): 0.9, (3, 4): 0.8, (1, 0): 0.65},
        "syntactic:verb_subject": {(4, 4): 0.9, (0, 1): 0.61},
    },
)
ALL_INDUCTION = ((3, 3, INDUCE), (3, 4, INDUCE))


def graded(*claims: tuple[int, int, str]) -> Report:
    return grade(submission(*claims), ASKED, PLANTED)


def instead(report: Report) -> list[str | None]:
    """Return what each refuted head is said to be instead."""
    return [
        verdict.looks_like.kind.name if verdict.looks_like else None
        for verdict in report.verdicts
        if verdict.outcome == "refuted"
    ]


def test_blind_claims_name_no_head() -> None:
    """Twelve heads that are of some kind, each claimed as another one."""
    claims = [(3, 3, VERB), (3, 4, PREV), (4, 4, INDUCE), (0, 1, INDUCE), (1, 1, INDUCE), (1, 0, VERB)]

    assert instead(graded(*claims)) == [None] * len(claims)


@pytest.mark.parametrize(
    ("right", "kinds"),
    [
        (ALL_INDUCTION, {"induction"}),
        (ALL_INDUCTION[:1], set()),
        ((*ALL_INDUCTION, (4, 4, VERB)), {"induction", "syntactic:verb_subject"}),
        (((3, 3, INDUCE), (3, 3, INDUCE), (4, 4, VERB)), {"syntactic:verb_subject"}),
    ],
)
def test_a_kind_is_settled_when_all_its_wanted_heads_are_confirmed(
    right: tuple[tuple[int, int, str], ...], kinds: set[str]
) -> None:
    assert settled(graded(*right)) == kinds


def test_one_lucky_claim_settles_nothing() -> None:
    """Three of 25 heads pass: a random claim is right 12 times in 100."""
    report = graded((0, 1, PREV))

    assert report.luck > 0.05
    assert settled(report) == set()


def test_a_head_of_a_settled_kind_is_named_and_others_are_not() -> None:
    report, other = (graded(*ALL_INDUCTION, wrong) for wrong in ((1, 0, VERB), (1, 1, VERB)))

    assert (instead(report), instead(other)) == (["induction"], [None])
    assert report.verdicts[2].looks_like is not None
    assert (report.verdicts[2].looks_like.score, report.verdicts[2].looks_like.rank) == (0.65, 3)


def test_of_two_settled_kinds_the_one_is_named_that_the_head_is_furthest_over() -> None:
    """0.95 against 0.7 for previous token; 0.61 against 0.6 for verb to subject."""
    report = graded((1, 0, PREV), (4, 4, VERB), (0, 1, INDUCE))

    assert settled(report) == {"positional:-1", "syntactic:verb_subject"}
    assert instead(report) == ["positional:-1"]
