"""Claims counted from 1: one sentence, if half of several claims would be right at once, and none is."""

import pytest

from grader.grading.grade import grade
from grader.report.formats import gradescope, terminal
from grader.schema import Report
from tests.support.planted_tables import exercise, submission, table

PREV, INDUCE, VERB = "positional", "induction", "syntactic"
ASKED = exercise()
PLANTED = table(
    ASKED,
    {
        "positional:-1": {(0, 1): 0.95, (1, 0): 0.9},
        "induction": {(3, 3): 0.9, (1, 2): 0.7},
        "syntactic:verb_subject": {(4, 4): 0.9},
    },
)
RIGHT = ((0, 1, PREV), (3, 3, INDUCE), (4, 4, VERB))


def one_higher(*claims: tuple[int, int, str]) -> Report:
    return grade(submission(*((layer + 1, head + 1, kind) for layer, head, kind in claims)), ASKED, PLANTED)


def test_a_set_counted_from_1_is_refuted_with_one_sentence_on_it() -> None:
    """The third claim is about a layer that does not exist: counted from 1, the last one is."""
    report = one_higher(*RIGHT)
    text = terminal.render(report, ASKED)

    assert [verdict.outcome for verdict in report.verdicts] == ["refuted", "refuted", "not_graded"]
    assert (report.counts_from_one, report.points) == (True, 0)
    assert " ".join(text.split()).count("Did you count from 1?") == 1
    assert "Did you count from 1?" in gradescope.render(report, ASKED)


@pytest.mark.parametrize(
    "claims",
    [
        RIGHT[:2],  # too few: any pair of heads could be tried
        ((0, 1, PREV), (2, 2, INDUCE), (2, 3, VERB)),  # one of three would be right
        (*RIGHT, (-1, 2, PREV)),  # layer 0 is claimed: not counted from 1
        (*RIGHT, (0, 1, INDUCE)),  # right as it stands: L1H2 is induction
        (*RIGHT[:2], RIGHT[1]),  # repeated: two claims only
    ],
)
def test_there_is_no_such_sentence_where_it_could_test_heads(claims: tuple[tuple[int, int, str], ...]) -> None:
    report = one_higher(*claims)

    assert not report.counts_from_one
    assert "count from 1" not in terminal.render(report, ASKED)


def test_a_report_without_it_has_the_hash_of_one_from_before_it() -> None:
    assert "counts_from_one" not in grade(submission(*RIGHT), ASKED, PLANTED).model_dump()
