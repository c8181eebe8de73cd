"""The embedded transformer: the heads that were promised are there, and only training put them there."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import GPT2Model, PreTrainedModel

from grader import exercises
from grader.base.errors import DigestMismatch
from grader.exercises import submissions
from grader.grading.calibration.calibrate import calibrate
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.measuring import transformer
from grader.measuring.scan import scan
from grader.measuring.score_table import ScoreTable
from grader.report.text import calibration as as_text
from grader.schema import Exercise
from training.run import fresh

PRONOUN = "syntactic:pronoun_antecedent"


@pytest.fixture(scope="module")
def exercise() -> Exercise:
    return exercises.load("mini-heads")


@pytest.fixture(scope="module")
def bench(exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return Laboratory(exercise, tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def standings(bench: Laboratory) -> Standings:
    return Standings(bench.exercise, bench.table)


def best(standings: Standings, name: str) -> float:
    return max(standing.measured.score for standing in standings.by_kind[name].values())


def test_a_previous_token_head(standings: Standings) -> None:
    assert best(standings, "positional:-1") >= 0.9


def test_induction_heads_on_lengths_that_were_never_trained_on(standings: Standings) -> None:
    """Every run length of the probe is one that no training row repeats."""
    assert best(standings, "induction") >= 0.8


def test_the_pronoun_head_leads_every_blind_head_in_its_worst_slot(standings: Standings) -> None:
    leads = [
        min(r.value for r in standing.measured.readings if r.statistic == "lead")
        for standing in standings.by_kind[PRONOUN].values()
    ]

    assert max(leads) >= 0.1


def test_every_kind_that_is_asked_for_is_there(exercise: Exercise, standings: Standings) -> None:
    assert {"positional:-1", "induction", PRONOUN, "semantic"} <= {asked.name for asked in exercise.kinds}
    for asked in exercise.kinds:
        assert standings.passing(asked.name) >= asked.heads, asked.name


def test_as_many_heads_pass_as_the_guess_rule_reckons_with(exercise: Exercise, standings: Standings) -> None:
    assert {asked.name: asked.passing for asked in exercise.kinds} == {
        asked.name: standings.passing(asked.name) for asked in exercise.kinds
    }


def test_the_example_has_right_wrong_borderline_and_unasked_claims(bench: Laboratory) -> None:
    submission, _ = submissions.load(exercises.available()["mini-heads"] / "my_heads.yaml")

    report = bench.report(submission)

    assert {verdict.outcome for verdict in report.verdicts} == {"confirmed", "refuted", "not_graded"}
    assert any(verdict.borderline for verdict in report.verdicts)
    assert report.passed
    assert report.xp > 0


def library_beginning(bench: Laboratory) -> PreTrainedModel:
    torch.manual_seed(5)
    return GPT2Model(bench.loaded.model.config).double().eval()


def our_beginning(bench: Laboratory) -> PreTrainedModel:
    return fresh(bench.loaded.model.config.vocab_size, seed=5).transformer.double().eval()


@pytest.mark.parametrize("untrained", [library_beginning, our_beginning])
def test_an_untrained_copy_confirms_nothing(
    untrained: Callable[[Laboratory], PreTrainedModel], bench: Laboratory
) -> None:
    exercise = bench.exercise
    kinds = [asked.kind for asked in exercise.kinds]

    scores = scan(untrained(bench), bench.loaded.tokenizer, exercise.probes, kinds, causal=True)

    table = ScoreTable(key="k", transformer="t", digest="d", seed=0, layers=4, heads=8, kinds=scores)
    standings = Standings(exercise, table)
    assert {kind.name: standings.passing(kind.name) for kind in kinds} == {kind.name: 0 for kind in kinds}


def test_a_changed_byte_in_any_file_is_refused(exercise: Exercise, tmp_path: Path) -> None:
    bundled = transformer.locate(exercise.transformer).path
    assert set(exercise.transformer.files) == {
        "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"
    }  # fmt: skip
    for name in exercise.transformer.files:
        folder = tmp_path / name
        shutil.copytree(bundled, folder)
        raw = bytearray((folder / name).read_bytes())
        raw[len(raw) // 2] ^= 1
        (folder / name).write_bytes(raw)

        with pytest.raises(DigestMismatch, match=name):
            transformer.verify(transformer.locate(exercise.transformer, folder), exercise.transformer)


def test_it_stays_small() -> None:
    folder = transformer.locate(exercises.load("mini-heads").transformer).path

    assert sum(file.stat().st_size for file in folder.iterdir()) < 20_000_000


def test_the_worked_example_of_calibration_is_what_comes_out(exercise: Exercise, bench: Laboratory) -> None:
    page = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)

    assert example in as_text.text(calibrate(exercise, bench.table))
