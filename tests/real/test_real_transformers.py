"""On real pretrained weights every asked kind is found, far from the crowd; on random weights nothing is."""

from collections.abc import Callable
from statistics import median

import pytest
import torch
from transformers import AutoModel, GPT2Config, GPT2Model, PreTrainedModel

from grader import exercises
from grader.authoring.shown_heads import shown_heads
from grader.exercises import submissions
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from grader.measuring.interventions.effects import BOTH, Effects
from grader.measuring.interventions.losses import Losses
from grader.measuring.interventions.measures.copying import COPYING
from grader.measuring.scan import scan
from grader.measuring.tables.score_table import ScoreTable
from grader.measuring.transformer import load
from grader.schema import Exercise, Kind
from tests.support.carried import measuring, unlike
from tests.support.gpt2 import gpt2_tokenizer

pytestmark = pytest.mark.real

NAMES = ["smollm2-heads", "minilm-heads"]


@pytest.fixture(scope="module")
def bench_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Laboratory]:
    """Each exercise measured once for all these tests."""
    found: dict[str, Laboratory] = {}

    def bench(name: str) -> Laboratory:
        if name not in found:
            found[name] = measuring(Laboratory(exercises.load(name), tmp_path_factory.mktemp("tables")))
        return found[name]

    return bench


@pytest.mark.parametrize("name", NAMES)
def test_the_best_heads_stand_far_from_the_median(name: str, bench_of: Callable[[str], Laboratory]) -> None:
    bench = bench_of(name)
    standings = Standings(bench.exercise, bench.table)

    for asked in bench.exercise.kinds:
        scores = [standing.measured.score for standing in standings.by_kind[asked.name].values()]

        assert max(scores) > median(scores) + 0.3, asked.name


@pytest.mark.parametrize("name", NAMES)
def test_the_exercise_carries_what_is_measured(name: str, bench_of: Callable[[str], Laboratory]) -> None:
    _ = bench_of(name).table

    assert unlike(bench_of(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_as_many_heads_pass_as_the_guess_rule_reckons_with(name: str, bench_of: Callable[[str], Laboratory]) -> None:
    bench = bench_of(name)
    standings = Standings(bench.exercise, bench.table)

    assert {a.name: a.passing for a in bench.exercise.kinds} == {
        asked.name: standings.passing(asked.name) for asked in bench.exercise.kinds
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_text_of_the_hints_leads_to_heads_that_are_confirmed(
    name: str, bench_of: Callable[[str], Laboratory]
) -> None:
    bench = bench_of(name)
    shown = list(shown_heads(bench))

    assert {each.kind for each in shown} == {asked.name for asked in bench.exercise.kinds}
    assert [str(each) for each in shown if not each.holds] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_example_has_right_wrong_and_unasked_claims(name: str, bench_of: Callable[[str], Laboratory]) -> None:
    submission, _ = submissions.load(exercises.available()[name] / "my_heads.yaml")

    report = bench_of(name).report(submission)

    assert {verdict.outcome for verdict in report.verdicts} == {"confirmed", "refuted", "not_graded"}
    assert report.passed
    assert report.xp > 0


def test_an_induction_head_of_smollm2_is_seen_in_a_students_sentence(
    bench_of: Callable[[str], Laboratory],
) -> None:
    submission, _ = submissions.load(exercises.available()["smollm2-heads"] / "my_heads.yaml")
    report = bench_of("smollm2-heads").report(submission)
    (evidence,) = (verdict.evidence for verdict in report.verdicts if verdict.evidence)

    assert evidence.queries > 0
    assert evidence.share is not None
    assert evidence.share > 0.5


def test_eight_induction_heads_of_smollm2_together_carry_its_copying(bench_of: Callable[[str], Laboratory]) -> None:
    bench = bench_of("smollm2-heads")
    kind = Kind(type="induction")
    of_kind = bench.standings.by_kind[kind.name]
    best = sorted(of_kind, key=of_kind.ranks.__getitem__)[:8]
    scoring = [place for place, standing in of_kind.items() if standing.factor >= 0.5]
    trials = COPYING.build(bench.whole.tokenizer, bench.exercise.probes, True, 256)[:6]
    losses = Losses(bench.causal.bench, COPYING, trials)
    others = Effects(losses, kind, best, scoring, seed=0).controls(frozenset(best))[0][:3]

    for replacement in BOTH:
        together, *controls = losses.lost([frozenset(best), *others], replacement).mean(1)

        assert together >= 5, replacement
        assert all(control < together / 2 for control in controls), replacement
    assert len(others) == 3


def untrained(exercise: Exercise) -> PreTrainedModel:
    """The exercise's architecture with random weights."""
    torch.manual_seed(11)
    if exercise.id == "gpt2-heads":
        return GPT2Model(GPT2Config()).eval()
    return AutoModel.from_config(load(exercise.transformer, dtype="float32").model.config).eval()


@pytest.mark.parametrize("name", [*NAMES, "gpt2-heads"])
def test_random_weights_confirm_nothing(name: str) -> None:
    exercise = exercises.load(name)
    source = exercise.transformer
    tokenizer = gpt2_tokenizer() if name == "gpt2-heads" else load(source, dtype="float32").tokenizer
    model = untrained(exercise)
    kinds = [asked.kind for asked in exercise.kinds]

    scores = scan(model, tokenizer, exercise.probes, kinds, causal=source.family == "decoder")

    table = ScoreTable(
        key="random", transformer="random", digest="random", seed=0,
        layers=source.layers, heads=source.heads, kinds=scores,
    )  # fmt: skip
    standings = Standings(exercise, table)
    assert {kind.name: standings.passing(kind.name) for kind in kinds} == {kind.name: 0 for kind in kinds}
