"""The exercise on circuits: its page gives no answer away, and its heads and circuits are there as it states them."""

import json
import re
from itertools import combinations
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader import exercises
from grader.cli import app
from grader.exercises import submissions
from grader.grading.importance import DECIDING, importance
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.schema import Exercise, HeadIndex, Report, Submission
from tests.support.carried import measuring, unlike

ID = "mini-circuit"
FOLDER = exercises.available()[ID]
PAGES = [FOLDER / "README.md", FOLDER / "README.ko.md"]


@pytest.fixture(scope="module")
def exercise() -> Exercise:
    return exercises.load(ID)


@pytest.fixture(scope="module")
def bench(exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(exercise, tmp_path_factory.mktemp("tables"))


def test_the_exercise_carries_what_is_measured(exercise: Exercise, tmp_path: Path) -> None:
    """Of the causal results, one of each sort: to measure all of them takes minutes."""
    fresh = measuring(Laboratory(exercise, tmp_path))
    kind, heads = exercise.kinds[1].kind, best(fresh, 2)
    fresh.causal.effect(kind, heads)
    fresh.causal.writes(kind, heads)
    fresh.causal.scope(kind, heads[0])
    fresh.causal.trace(kind, heads[0])

    assert unlike(fresh) == []


def test_every_set_of_its_induction_heads_and_every_circuit_is_carried(exercise: Exercise, tmp_path: Path) -> None:
    bench = Laboratory(exercise, tmp_path)
    assert bench.store.fitting() is not None, "run `make scores`"
    kind, heads = bench.exercise.kinds[1].kind, confirmed(bench.standings, "induction")
    for number in range(1, len(heads) + 1):
        for chosen in combinations(sorted(heads), number):
            bench.causal.effect(kind, chosen)
            bench.causal.writes(kind, chosen)
    for head in heads:
        bench.causal.trace(kind, head)
        bench.causal.scope(kind, head)

    assert bench.causal.kept_table is not None
    assert not {"loaded", "whole"} & vars(bench).keys(), "run `make scores`"


def confirmed(standings: Standings, name: str) -> set[HeadIndex]:
    return {place for place, each in standings.by_kind[name].items() if each.confirmed}


def best(bench: Laboratory, number: int) -> list[HeadIndex]:
    """The confirmed induction heads with the highest scores."""
    of_kind = bench.standings.by_kind["induction"]
    return sorted(confirmed(bench.standings, "induction"), key=of_kind.ranks.__getitem__)[:number]


def answered(bench: Laboratory, **induction: object) -> Report:
    """The report on the previous-token head, the four best induction heads, and what feeds the first two of them."""
    (sender,) = confirmed(bench.standings, "positional:-1")
    places = [{"layer": layer, "head": head} for layer, head in (sender, *best(bench, 4))]
    claims = [{**places[0], "type": "positional", "offset": -1}]
    claims += [{**place, "type": "induction", **induction} for place in places[1:]]
    feeds = [{"feeds": {"from": places[0], "to": place, "into": "key"}} for place in places[1:3]]
    claims[1:3] = [claim | circuit for claim, circuit in zip(claims[1:3], feeds, strict=True)]
    return bench.report(Submission.model_validate_json(json.dumps({"exercise": ID, "claims": claims})))


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


def test_one_induction_head_alone_is_not_missed_and_the_four_best_together_are(bench: Laboratory) -> None:
    asked = next(asked for asked in bench.exercise.kinds if asked.circuits)
    single, together = (bench.causal.effect(asked.kind, best(bench, number)) for number in (1, 4))

    assert importance(single, asked.needed_at) == "no effect seen"
    assert importance(together, asked.needed_at) == "needed together"
    assert max(single.effect[by].value for by in DECIDING) < 0.2
    assert min(together.effect[by].value for by in DECIDING) > 3


def test_without_the_head_that_feeds_them_nothing_is_copied(bench: Laboratory) -> None:
    asked = next(asked for asked in bench.exercise.kinds if asked.circuits)
    (sender,) = confirmed(bench.standings, "positional:-1")
    effect = bench.causal.effect(asked.kind, [sender])

    assert importance(effect, asked.needed_at) == "needed alone"
    assert min(effect.effect[by].value for by in DECIDING) > 0.8 * effect.behaviour.value


def test_it_feeds_the_strongest_and_the_weakest_induction_head_and_no_other_head_does(bench: Laboratory) -> None:
    """Of all eight that were measured, these two; each takes a second."""
    asked = next(asked for asked in bench.exercise.kinds if asked.circuits)
    ranked = best(bench, asked.passing)
    senders = confirmed(bench.standings, "positional:-1")
    for receiver in (ranked[0], ranked[-1]):
        trace = bench.causal.trace(asked.kind, receiver)
        most = asked.circuits.left_at_most * trace.score

        assert {(each.layer, each.head) for each in trace.senders if each.left <= most} == senders
        assert trace.senders[0].left < 0.1
        assert trace.senders[1].left > 0.7 * trace.score


def test_what_the_page_asks_for_earns_every_point(bench: Laboratory) -> None:
    report = answered(bench, matters="together")

    assert (report.passed, report.score) == (True, 1)
    assert report.xp == bench.exercise.points


def test_a_pattern_alone_earns_nothing_and_costs_nothing(bench: Laboratory) -> None:
    report = answered(bench)

    assert [each.why_not for each in report.verdicts[1:]] == ["no_evidence"] * 4
    assert report.points == sum(each.points for each in report.verdicts) + 20


def test_a_head_that_is_needed_together_is_not_needed_alone(bench: Laboratory) -> None:
    assert {each.outcome for each in answered(bench, matters="alone").verdicts[1:]} == {"refuted"}


def test_the_example_has_right_and_wrong_heads_and_circuits_and_does_not_pass(bench: Laboratory) -> None:
    submission, _ = submissions.load(FOLDER / "my_heads.yaml")

    report = bench.report(submission)
    found = [each.circuit.result for each in report.verdicts if each.circuit]

    assert {each.outcome for each in report.verdicts} == {"confirmed", "refuted"}
    assert set(found) == {"confirmed", "refuted"}
    assert {each.level for each in report.verdicts} == {None, "pattern", "pattern, needed together"}
    assert not report.passed
    assert report.xp > 0
