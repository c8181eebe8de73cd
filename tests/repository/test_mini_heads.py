"""The embedded transformer: the heads that were promised are there, and only training put them there."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
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
from grader.measuring.attention.streaming import stream
from grader.measuring.probes.families import families_of, family
from grader.measuring.questions import question
from grader.measuring.scan import scan
from grader.measuring.statistics.patterns import reduced
from grader.measuring.statistics.pooling import Answers, pooled
from grader.measuring.tables.score_table import KindScores, ScoreTable
from grader.measuring.transformer import Loaded
from grader.report.text import calibration as as_text
from grader.schema import Exercise, Kind, ProbeSettings
from tests.support.carried import measuring, unlike
from training.run import fresh

FOLDER = exercises.available()["mini-heads"]
PRONOUN = "syntactic:pronoun_antecedent"


@pytest.fixture(scope="module")
def exercise() -> Exercise:
    return exercises.load("mini-heads")


@pytest.fixture(scope="module")
def bench(exercise: Exercise, tmp_path_factory: pytest.TempPathFactory) -> Laboratory:
    return measuring(Laboratory(exercise, tmp_path_factory.mktemp("tables")))


@pytest.fixture(scope="module")
def standings(bench: Laboratory) -> Standings:
    return Standings(bench.exercise, bench.table)


def test_the_exercise_carries_what_is_measured(bench: Laboratory) -> None:
    for claim in submissions.load(FOLDER / "my_heads.yaml")[0].claims:
        if claim.evidence:
            bench.recomputed(claim)
    _ = bench.table

    assert unlike(bench) == []


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


def library_beginning(bench: Laboratory, seed: int) -> PreTrainedModel:
    torch.manual_seed(seed)
    return GPT2Model(bench.loaded.model.config).double().eval()


def our_beginning(bench: Laboratory, seed: int) -> PreTrainedModel:
    return fresh(bench.loaded.model.config.vocab_size, seed).transformer.double().eval()


def confirmed_in(exercise: Exercise, scores: tuple[KindScores, ...]) -> list[str]:
    layers, heads = exercise.transformer.layers, exercise.transformer.heads
    table = ScoreTable(key="k", transformer="t", digest="d", seed=0, layers=layers, heads=heads, kinds=scores)
    standings = Standings(exercise, table)
    return [asked.name for asked in exercise.kinds for _ in range(standings.passing(asked.name))]


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("untrained", [library_beginning, our_beginning])
def test_an_untrained_copy_confirms_nothing(
    untrained: Callable[[Laboratory, int], PreTrainedModel], bench: Laboratory, seed: int
) -> None:
    """Ten beginnings; the probes are as large as they are at first, where chance has most room."""
    exercise = bench.exercise
    settings = exercise.probes.model_copy(update={"grows_to": 1})
    kinds = [asked.kind for asked in exercise.kinds]

    scores = scan(untrained(bench, seed), bench.loaded.tokenizer, settings, kinds, causal=True)

    assert confirmed_in(exercise, scores) == []


def test_shuffled_heads_confirm_nothing(bench: Laboratory) -> None:
    """The trained heads, with the keys of every query in a random order: the same sharpness, and no knowledge."""
    exercise, loaded = bench.exercise, bench.loaded
    settings = exercise.probes.model_copy(update={"grows_to": 1})
    random = torch.Generator().manual_seed(1)
    scores = tuple(
        pooled(
            asked.kind, [_shuffled(loaded, name, settings, asked.kind, random) for name in families_of(asked.kind)], 1
        )
        for asked in exercise.kinds
    )

    assert confirmed_in(exercise, tuple(scores)) == []


def _shuffled(loaded: Loaded, name: str, settings: ProbeSettings, kind: Kind, random: torch.Generator) -> Answers:
    sequences = family(name, loaded.tokenizer, settings)
    questions = [question(kind, sequence).visible(causal=True) for sequence in sequences]
    values = []
    for sequence, asking in zip(sequences, questions, strict=True):
        rows: list[torch.Tensor] = []
        order = [torch.randperm(query + 1, generator=random) for query in range(len(sequence.token_ids))]

        def receive(
            layer: int, pattern: torch.Tensor, order: list[torch.Tensor] = order, rows: list[torch.Tensor] = rows
        ) -> None:
            pattern = pattern.clone()
            for query, keys in enumerate(order):
                pattern[0, :, query, : query + 1] = pattern[0, :, query, keys]
            rows.append(pattern[0].transpose(0, 1))

        stream(loaded.model, [sequence.token_ids], receive, loaded.model.config.num_hidden_layers - 1)
        asked = asking.asked
        values.append(
            torch.stack([reduced(layer[asked], asking.targets[asked], asking.eligible[asked]) for layer in rows], 1)
        )
    whole = torch.cat(values).numpy()
    return Answers(questions, [each.slice for each in sequences], whole, np.zeros((len(whole), 0)))


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
