"""Students who are alike: right claims never count, common mistakes hardly, rare ones and equal notes do."""

from itertools import product

import pytest

from grader.ledger import LedgerEntry
from grader.students.course.alike import Alike, alike, at_least, compared
from tests.support.ledgers import ledger, report, verdict

EXERCISE = "mini-heads"
RIGHT = [verdict((0, head)) for head in range(4)]
NOTE = "It looks at the word behind the same word, in every sentence that I tried."


def wrong(*places: tuple[int, int], note: str | None = None) -> list[object]:
    found = [verdict(place, points=0, outcome="refuted") for place in places]
    if note is None:
        return list(found)
    return [each.model_copy(update={"claim": each.claim.model_copy(update={"note": note})}) for each in found]


def history(student: str, *verdicts: object) -> tuple[str, list[LedgerEntry]]:
    (entry,) = ledger(report(*RIGHT, *verdicts, student=student))  # type: ignore[arg-type]
    return "canvas", [entry]


def others(number: int, *common: tuple[int, int]) -> list[tuple[str, list[LedgerEntry]]]:
    """A class in which everybody makes the common mistakes, and one of their own."""
    return [history(f"other-{n:02}", *wrong(*common, (9, n))) for n in range(number)]


def names(found: Alike) -> list[tuple[str, str]]:
    return [pair.students for pair in found.pairs]


def test_the_same_right_claims_are_expected() -> None:
    assert alike(EXERCISE, [history(f"s{n}") for n in range(30)]).pairs == ()


def test_the_same_rare_mistakes_are_not() -> None:
    rare = wrong((5, 1), (6, 2), (7, 3))
    found = alike(EXERCISE, [history("ada", *rare), history("bob", *rare), *others(30)])

    assert names(found) == [("ada", "bob")]
    (pair,) = found.pairs
    assert (pair.right, pair.of, pair.wrong) == (4, (3, 3), ("L5H1 induction", "L6H2 induction", "L7H3 induction"))
    assert pair.chance == pytest.approx((0.5 / 31 * 3 / (36 / 32)) ** 3)
    assert pair.expected == pytest.approx(pair.chance * 32 * 31 / 2)


def test_a_mistake_that_the_exercise_invites_hardly_counts() -> None:
    common = ((5, 1), (6, 2), (7, 3))
    class_ = [history("ada", *wrong(*common)), history("bob", *wrong(*common)), *others(20, *common)]

    assert alike(EXERCISE, class_).pairs == ()


def test_equal_notes_count_unless_everybody_has_read_them() -> None:
    class_ = [
        history("ada", *wrong((5, 1), note=NOTE)),
        history("bob", *wrong((6, 1), note=NOTE.upper().replace(",", " -"))),
        *others(20),
    ]
    many = [*class_, *(history(f"s{n}", *wrong((7, n), note=NOTE)) for n in range(4))]

    assert [pair.notes for pair in alike(EXERCISE, class_).pairs] == [(NOTE,)]
    assert alike(EXERCISE, class_, familiar=[NOTE], most_expected=100).pairs == ()
    assert alike(EXERCISE, many).pairs == ()
    short = [history(name, *wrong((place, 1), note="see above")) for name, place in (("ada", 5), ("bob", 6))]
    assert alike(EXERCISE, [*short, *others(20)], most_expected=100).pairs == ()


def test_three_who_copied_are_one_group() -> None:
    rare = wrong((5, 1), (6, 2), (7, 3), (8, 4))
    found = alike(EXERCISE, [*(history(name, *rare) for name in ("ada", "bob", "cem")), *others(40)])

    assert found.groups == (("ada (canvas)", "bob (canvas)", "cem (canvas)"),)
    assert len(found.pairs) == 3


def test_who_claims_everything_is_like_nobody() -> None:
    everything = wrong(*product(range(5, 9), range(6)))
    found = alike(EXERCISE, [history("eager", *everything), history("ada", *wrong((5, 1), (6, 2))), *others(20)])

    assert found.pairs == ()


@pytest.mark.parametrize(("number", "chance"), [(0, 1), (1, 1 - 0.5 * 0.75), (2, 0.125), (3, 0)])
def test_the_chance_of_several_events(number: int, chance: float) -> None:
    assert at_least([0.5, 0.25], number) == pytest.approx(chance)


def test_a_class_of_nobody_and_of_one_has_no_pairs() -> None:
    assert alike(EXERCISE, []).students == 0
    assert alike(EXERCISE, [history("ada", *wrong((5, 1)))], most_expected=9).pairs == ()


def test_texts_are_compared_by_letters_and_digits() -> None:
    assert compared("It is: the  2nd!") == compared("it is the 2ND") == "itisthe2nd"
