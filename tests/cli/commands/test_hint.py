"""`grade hint` as a real process: one hint at a time, for the price that the exercise states."""

import json
from pathlib import Path

import pytest

from grader import exercises
from grader.ledger import Ledger
from grader.ledger.people.hints import Hint, take
from tests.cli.conftest import ID, Bench, written
from tests.cli.support_handing_in import hand_in
from tests.support.ledgers import START


@pytest.fixture(scope="module")
def dear(bench: Bench) -> str:
    """An exercise whose hints cost 15 XP each."""
    stated = exercises.load(bench.root / "exercises" / ID)
    least = {asked.kind.name: asked.thresholds[-1].at_least for asked in stated.kinds}
    return written(bench.root / "exercises", least, id=f"{ID}-dear", hint_costs="15").name


def test_each_call_shows_the_next_hint_and_again_those_that_were_seen(bench: Bench, tmp_path: Path) -> None:
    first, second = (bench.grade(tmp_path, "hint", ID, "previous_token") for _ in range(2))
    again = bench.grade(tmp_path, "hint", ID, "positional:-1", "--again")
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as ledger:
        for rung in ("where", "try"):
            take(ledger, "local", "login-name", Hint(ID, "positional:-1", rung, 0, START))
    last = bench.grade(tmp_path, "hint", ID, "positional:-1")

    assert {(done.returncode, done.stderr) for done in (first, second, again, last)} == {(0, "")}
    assert first.stdout.startswith("positional, offset -1, hint 1 of 4: what to look for\n")
    assert first.stdout.endswith("\n3 more hints are left: the same command shows the next one.\n")
    assert second.stdout.startswith("positional, offset -1, hint 2 of 4: what only looks like it\n")
    assert [line for line in again.stdout.splitlines() if ", hint " in line] == [
        done.stdout.splitlines()[0] for done in (first, second)
    ]
    assert last.stdout == "There are no more hints for this kind. To see them all again, add --again.\n"


def test_a_hint_takes_its_price_once_and_progress_says_so(bench: Bench, home: Path, tmp_path: Path, dear: str) -> None:
    hand_in(bench, home, [("login-name", bench.passing(tmp_path))])
    unasked = bench.grade(home, "hint", dear, "induction")
    taken = bench.grade(home, "hint", dear, "induction", "--yes")
    text = bench.grade(home, "progress").stdout
    progress = json.loads(bench.grade(home, "progress", "--format", "json").stdout)

    assert (unasked.returncode, unasked.stdout) == (2, "")
    assert "this hint costs 15 XP; to take it, add --yes" in unasked.stderr
    assert "the same command shows the next one, which costs 15 XP." in taken.stdout
    assert (progress["xp"], [line["cost"] for line in progress["hints"]]) == (35, [15])
    assert f"{dear} hint for induction, -15 XP" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((ID, "positional"), "`positional` can mean positional:-1, positional:-2, positional:-3; say which one"),
        ((ID, "semantic"), "tiny-heads does not ask for `semantic`; it asks for positional:-1"),
        ((ID, "prev-token"), "there is no type `prev-token`; known: "),
        (("no-such", "induction"), "there is no exercise no-such"),
    ],
)
def test_what_the_exercise_does_not_ask_for_has_no_hints(
    bench: Bench, tmp_path: Path, words: tuple[str, str], message: str
) -> None:
    done = bench.grade(tmp_path, "hint", *words)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr


def test_without_a_kind_the_kinds_are_listed_as_commands_to_type(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path, "hint", ID)

    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[:4] for line in done.stdout.splitlines()] == [
        ["grade", "hint", ID, asked.name] for asked in exercises.load(bench.root / "exercises" / ID).kinds
    ]
