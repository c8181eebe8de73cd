"""Hints that were taken, on both databases."""

from datetime import timedelta

from grader.ledger import Ledger
from grader.ledger.people.hints import Hint, take, taken
from tests.support.ledgers import START


def test_a_hint_taken_twice_is_noted_once_with_its_first_price(ledger: Ledger) -> None:
    first = Hint("mini-heads", "induction", "look", 3, START)
    later = Hint("mini-heads", "induction", "look", 5, START + timedelta(days=1))
    for hint in (first, later):
        take(ledger, "local", "ada", hint)
    take(ledger, "local", "bob", first)
    take(ledger, "canvas", "ada", later)

    assert taken(ledger, ["ada"], "local") == [first]
    assert taken(ledger, ["ada"], "canvas") == [later]
    assert taken(ledger, ["ada", "bob"]) == [first, later, first]
    assert taken(ledger, []) == []
