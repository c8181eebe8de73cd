"""Achievements, and their catalogue as data."""

from typing import Any

import pytest
from pydantic import ValidationError

from grader import kinds
from grader.schema import Report, Verdict
from grader.students.achievements import COUNTS, Catalogue, Condition, catalogue
from grader.students.xp import progress
from tests.support.ledgers import earned, ledger, refuted, report, verdict

TYPES = tuple(kinds.TYPES)


def ahead(place: tuple[int, int]) -> Verdict:
    """Return a confirmed claim of a kind that looks at later tokens."""
    confirmed = verdict(place, kind="positional")
    return confirmed.model_copy(update={"claim": confirmed.claim.model_copy(update={"offset": 1})})


def needed(level: str) -> Verdict:
    """Return a confirmed claim with this level of evidence."""
    return verdict((1, 1), level=level)


def feeding(result: str, into: str = "key") -> Verdict:
    """Return a confirmed claim with the verdict on its circuit."""
    feeds = {"from": {"layer": 0, "head": 2}, "to": {"layer": 1, "head": 1}, "into": into}
    return verdict(
        (1, 1), circuit={"feeds": feeds, "kind": {"type": "induction"}, "result": result, "rationale": "measured"}
    )


HEADS = [verdict((1, head), kind="semantic") for head in range(10)]


@pytest.mark.parametrize(
    ("achievement", "enough", "not_quite"),
    [
        ("first-light", [report(verdict((1, 1)))], [report(refuted((1, 1)))]),
        (
            "three-of-three-kinds",
            [report(*(verdict((1, 1), kind=kind) for kind in TYPES[:3]))],
            [report(verdict((1, 1), kind=kind)) for kind in TYPES[:3]],
        ),
        (
            "field-guide",
            [report(verdict((1, 1), kind=kind)) for kind in TYPES[:6]],
            [report(verdict((1, 1), kind=kind)) for kind in TYPES[:5]],
        ),
        ("clean-sheet", [report(*HEADS[:3])], [report(*HEADS[:2]), report(*HEADS[:3], refuted((0, 0)))]),
        ("pattern-completed", [report(verdict((5, 5)))], [report(*HEADS)]),
        ("on-the-edge", [report(verdict((5, 5), borderline=True))], [report(verdict((5, 5)))]),
        (
            "on-the-edge",
            [report(verdict((5, 5)), verdict((5, 4), outcome="not_graded", borderline=True))],
            [report(verdict((5, 5)), verdict((5, 4), outcome="refuted", borderline=True))],
        ),
        (
            "gradient-step",
            [report(passed=False), report(*HEADS)],
            [report(*HEADS), report(passed=False), report(passed=False, gradable=False), report(exercise="gpt2-heads")],
        ),
        (
            "transfer",
            [report(verdict((5, 5))), report(verdict((5, 5)), transformer="gpt2")],
            [report(verdict((5, 5))), report(refuted((5, 5)), transformer="gpt2")],
        ),
        ("head-hunter", [report(*HEADS[:6]), report(*HEADS[4:])], [report(*HEADS[:9]), report(*HEADS[:9])]),
        (
            "seen-with-own-eyes",
            [report(verdict((1, head), evidence="so it goes")) for head in range(3)],
            [report(verdict((1, 1), evidence="so it goes")) for _ in range(3)],
        ),
        (
            "looking-ahead",
            [report(verdict((1, 1))), report(ahead((1, 1)))],
            [report(verdict((1, 1), kind="positional"), verdict((1, 2), kind="syntactic"))],
        ),
        *(
            ("load-bearing", [report(needed(level))], [report(needed("pattern"), verdict((1, 2)), refuted((1, 3)))])
            for level in ("pattern, needed together", "pattern, needed alone")
        ),
        (
            "composition",
            [report(feeding("confirmed"))],
            [report(feeding("refuted"), feeding("not_graded"), verdict((1, 2))), report(feeding("confirmed"), xp=0)],
        ),
        (
            "second-look",
            [report(refuted((5, 5))), report(verdict((5, 5), kind="semantic"))],
            [report(verdict((5, 5))), report(refuted((5, 5))), report(verdict((5, 6)))],
        ),
        (
            "polysemantic",
            [report(verdict((5, 5))), report(verdict((5, 5), kind="semantic"))],
            [report(verdict((5, 5)), verdict((5, 6), kind="semantic"))],
        ),
        (
            "skip-connection",
            [report(*(verdict((layer, 0)) for layer in range(4)))],
            [report(*(verdict((layer, 0)) for layer in range(3))), report(verdict((3, 0)), transformer="gpt2")],
        ),
        ("argmax", [report(verdict((5, 5), rank=1))], [report(verdict((5, 5), rank=2))]),
        (
            "curriculum",
            [report(verdict((5, 5)), exercise=name) for name in ("a", "b", "c")],
            [report(verdict((5, 5)), exercise=name, passed=name != "c") for name in ("a", "b", "c", "a")],
        ),
    ],
)
def test_each_achievement_is_earned_by_what_it_asks_and_by_no_less(
    achievement: str, enough: list[Report], not_quite: list[Report]
) -> None:
    entries = ledger(*enough)
    reached = progress(entries)

    assert achievement in earned(reached)
    assert next(one.when for one in reached.earned if one.achievement.id == achievement) == entries[-1].created_at
    assert achievement not in earned(progress(ledger(*not_quite)))
    assert achievement in {one.id for one in progress(ledger(*not_quite)).open}


def test_the_catalogue_is_data_that_names_conditions_and_nothing_else() -> None:
    data = catalogue().model_dump(mode="json")

    assert data["xp_per_level"] == 120
    assert data["levels"][0] == "Token"
    assert len(data["levels"]) >= 10
    assert len(data["achievements"]) >= 10
    assert {one["condition"]["kind"] for one in data["achievements"]} == set(COUNTS)


@pytest.mark.parametrize(
    "condition",
    [
        {"kind": "os.system", "at_least": 1},
        {"kind": "confirmed_heads", "at_least": 0},
        {"kind": "confirmed_heads", "at_least": 1, "type": "inductoin"},
        {"kind": "flawless", "at_least": 1, "type": "induction"},
        {"kind": "flawless", "at_least": 1, "code": "1 + 1"},
    ],
)
def test_a_condition_that_is_not_one_is_refused(condition: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Condition(**condition)


def test_a_level_named_twice_is_refused() -> None:
    known = catalogue()

    with pytest.raises(ValidationError, match="named twice: Token"):
        Catalogue(xp_per_level=120, levels=(*known.levels, "Token"), achievements=known.achievements)


@pytest.mark.parametrize(
    ("feedback", "told"),
    [
        ("all", {"first-light", "pattern-completed", "argmax", "curriculum", "on-the-edge"}),
        ("verdicts", {"first-light", "pattern-completed", "curriculum", "on-the-edge"}),
        ("score", {"curriculum"}),
    ],
)
def test_an_achievement_tells_nothing_that_the_feedback_keeps_back(feedback: str, told: set[str]) -> None:
    edge = verdict((2, 2), outcome="not_graded", borderline=True, why_not="too_close")
    work = [
        report(verdict((5, 5)).model_copy(update={"rank": 1}), edge, exercise=f"heads-{number}", passed=True)
        for number in range(3)
    ]
    shown = progress(ledger(*(each.model_copy(update={"feedback": feedback}) for each in work)))

    assert {each.achievement.id for each in shown.earned} & {*told, "argmax", "first-light"} == told
