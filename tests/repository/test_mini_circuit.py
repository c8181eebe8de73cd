"""The exercise on circuits: its page gives no answer away, and its heads and circuits are there as it states them."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader import exercises
from grader.cli import app
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.schema import Exercise, HeadIndex

ID = "mini-circuit"
FOLDER = exercises.available()[ID]
PAGES = [FOLDER / "README.md", FOLDER / "README.ko.md"]


@pytest.fixture(scope="module")
def exercise() -> Exercise:
    return exercises.load(ID)


@pytest.fixture(scope="module")
def bench(exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(exercise, tmp_path_factory.mktemp("tables"))


def confirmed(standings: Standings, name: str) -> set[HeadIndex]:
    return {place for place, each in standings.by_kind[name].items() if each.confirmed}


def named(text: str) -> set[HeadIndex]:
    """Every head in a text: by name, as two keys, or as the numbers of a command."""
    pairs = re.findall(r"\bL(\d+)H(\d+)\b", text) + re.findall(r"layer: (\d+),?\s+head: (\d+)", text)
    for numbers in re.findall(rf"grade (?:show|ablate {ID}|trace {ID})((?: \d+)+)", text):
        words = numbers.split()
        pairs += zip(words[::2], words[1::2], strict=True)
    return {(int(layer), int(head)) for layer, head in pairs}


def test_it_is_the_transformer_of_the_first_exercise_measured_in_the_same_way(exercise: Exercise) -> None:
    first = exercises.load("mini-heads")

    assert (exercise.transformer, exercise.probes) == (first.transformer, first.probes)


def test_as_many_heads_and_pairs_are_there_as_the_guess_rule_reckons_with(
    exercise: Exercise, bench: Laboratory
) -> None:
    receivers = confirmed(bench.standings, "induction")
    (circuits,) = [asked.circuits for asked in exercise.kinds if asked.circuits]

    assert {asked.name: asked.passing for asked in exercise.kinds} == {
        asked.name: bench.standings.passing(asked.name) for asked in exercise.kinds
    }
    assert circuits.pairs == sum(layer * exercise.transformer.heads for layer, _ in receivers)


def test_a_wrong_word_costs_as_much_as_a_right_one_earns(exercise: Exercise) -> None:
    each = [asked.points / asked.heads for asked in exercise.kinds]
    each += [asked.circuits.points / asked.circuits.wanted for asked in exercise.kinds if asked.circuits]

    assert set(each) == {exercise.wrong_costs}


def test_nobody_passes_without_a_circuit(exercise: Exercise) -> None:
    heads = sum(asked.points for asked in exercise.kinds)

    assert heads < exercise.pass_at * exercise.points


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_students_page_gives_no_answer_away(page: Path, bench: Laboratory) -> None:
    heads = named(page.read_text("utf-8"))
    answers = confirmed(bench.standings, "positional:-1") | confirmed(bench.standings, "induction")

    assert len(heads) >= 4
    assert heads & answers == set()


def test_an_answer_on_a_page_would_be_found() -> None:
    lines = ("see L1H5", "layer: 1, head: 5", "- layer: 1\n    head: 5")
    commands = ("grade show 1 5 --text x", f"grade ablate {ID} 2 3 1 5", f"grade trace {ID} 1 5")

    assert [text for text in (*lines, *commands) if (1, 5) not in named(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_example_on_a_page_is_valid(page: Path, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    file = tmp_path / "my_heads.yaml"
    file.write_text(example, encoding="utf-8")

    checked = CliRunner().invoke(app, ["check", str(file)])

    assert "is valid: 4 claims" in checked.output
