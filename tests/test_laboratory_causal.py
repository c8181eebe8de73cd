"""Causal evidence of an exercise: measured once, then looked up without torch; what cannot be taken says why."""

import gc
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import exercises
from grader.base.errors import TransformerNotFound
from grader.base.files import read_cache, write_cache
from grader.base.language import speaking
from grader.grading.importance import importance
from grader.laboratory import Laboratory
from grader.laboratory.causal import CausalLaboratory
from grader.laboratory.publishing import kept_entries
from grader.measuring.interventions.losses import Losses
from grader.measuring.tables.carried import FILE_NAME, packed
from grader.measuring.transformer.files import files_of
from grader.measuring.transformer.verify import sha256_of
from grader.schema import Exercise, HeadIndex
from tests.support.planted_tables import INDUCTION, PREVIOUS, exercise
from tests.support.tiny import saved, with_head, word_tokenizer

SIZES = {"random_sequences": 4, "repeat_sequences": 6, "sentences": 20, "category_sequences": 10, "rare_sequences": 10}
SEMANTIC = {"type": "semantic", "heads": 1, "points": 10, "passing": 1}
PROBES = {"seed": 3, "causal_sequences": 8, **SIZES}
DECODER = {"name": "tiny", "family": "decoder", "layers": 3, "heads": 4}
ASKED: Exercise = exercise(PREVIOUS, INDUCTION, SEMANTIC, transformer=DECODER, probes=PROBES)
ENCODER: Exercise = exercise(PREVIOUS, INDUCTION, transformer={**DECODER, "family": "encoder"}, probes=PROBES)
PREVIOUS_TOKEN, COPYING, LISTS = (asked.kind for asked in ASKED.kinds)
HEADS: list[HeadIndex] = [(1, 2), (0, 3)]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("weights") / "tiny", "gpt2")


@pytest.fixture(scope="module")
def warm(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything about HEADS was measured once."""
    folder = tmp_path_factory.mktemp("tables")
    everything(Laboratory(ASKED, folder, explicit=weights).causal)
    return folder


def everything(causal: CausalLaboratory) -> list[object]:
    of_kinds = [
        (causal.effect(kind, HEADS), causal.whole_effect(kind, HEADS), causal.scope(kind, HEADS[0]))
        for kind in (PREVIOUS_TOKEN, COPYING, LISTS)
    ]
    return [of_kinds, causal.trace(COPYING, (2, 1)), causal.trace(COPYING, (0, 1)), causal.writes(COPYING, HEADS)]


def is_loaded(laboratory: Laboratory) -> bool:
    return bool({"loaded", "whole"} & set(vars(laboratory)))


def test_what_was_measured_is_looked_up_and_equal(warm: Path, weights: Path, tmp_path: Path) -> None:
    again = Laboratory(ASKED, warm, explicit=weights)

    assert everything(again.causal) == everything(Laboratory(ASKED, tmp_path, explicit=weights).causal)
    assert not is_loaded(again)


def test_what_an_exercise_carries_is_looked_up_without_its_weights(
    warm: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {name: sha256_of(file) for name, file in files_of(weights).items()}
    pinned = ASKED.model_copy(update={"transformer": ASKED.transformer.model_copy(update={"files": files})})
    whole = Laboratory(ASKED, warm, explicit=weights)
    folder = tmp_path / "shelf" / pinned.id
    folder.mkdir(parents=True)
    (folder / exercises.FILE_NAME).touch()
    (folder / FILE_NAME).write_bytes(packed(kept_entries(whole)))
    monkeypatch.setenv(exercises.VARIABLE, str(folder.parent))
    carried = Laboratory(pinned, tmp_path / "empty")

    assert everything(carried.causal) == everything(whole.causal)
    with pytest.raises(TransformerNotFound):
        carried.causal.effect(COPYING, [(0, 0)])


WARM = """
import sys
from pathlib import Path
from grader.laboratory import Laboratory
from grader.schema import Exercise

asked, heads = Exercise.model_validate_json(sys.argv[1]), [(1, 2), (0, 3)]
causal = Laboratory(asked, Path(sys.argv[2]), explicit=Path(sys.argv[3])).causal
for each in asked.kinds:
    causal.effect(each.kind, heads), causal.whole_effect(each.kind, heads), causal.scope(each.kind, heads[0])
induction = asked.kinds[1].kind
causal.trace(induction, (2, 1)), causal.trace(induction, (0, 1)), causal.writes(induction, heads), causal.kept_table
print(sorted({"torch", "transformers", "numpy"} & set(sys.modules)))
"""


def test_a_warm_result_needs_no_torch(warm: Path, weights: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WARM, ASKED.model_dump_json(), str(warm), str(weights)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def cut(raw: bytes) -> bytes:
    return raw[:40]


def forged(raw: bytes) -> bytes:
    return raw.replace(b'"resample"', b'"resampel"')


def of_another_shape(raw: bytes) -> bytes:
    return b'{"kind": 1}'


@pytest.mark.parametrize("change", [cut, forged, of_another_shape])
@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_damaged_result_is_measured_again(
    weights: Path, warm: Path, tmp_path: Path, change: Callable[[bytes], bytes], is_sealed: bool
) -> None:
    folder = shutil.copytree(warm, tmp_path / "tables")
    whole = Laboratory(ASKED, folder, explicit=weights).causal.effect(COPYING, HEADS)
    for file in (folder / "causal").iterdir():
        kept = read_cache(file)
        assert kept is not None
        if is_sealed:
            write_cache(file, change(kept))
        else:
            file.write_bytes(change(file.read_bytes()))
    again = Laboratory(ASKED, folder, explicit=weights)

    assert again.causal.effect(COPYING, HEADS) == whole
    assert is_loaded(again)
    assert Laboratory(ASKED, folder, explicit=weights).causal.effect(COPYING, HEADS) == whole


ANOTHER = """
import sys
from pathlib import Path
import grader.measuring.interventions.losses
from grader.laboratory import Laboratory
from grader.schema import Exercise

asked = Exercise.model_validate_json(sys.argv[1])
print("ready", flush=True)
input()
laboratory = Laboratory(asked, Path(sys.argv[2]), explicit=Path(sys.argv[3]))
print(laboratory.causal.effect(asked.kinds[1].kind, [(1, 2), (0, 3)]).model_dump_json())
"""


def test_two_processes_at_once_give_equal_results(warm: Path, weights: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(warm, tmp_path / "tables", ignore=shutil.ignore_patterns("causal"))
    command = [sys.executable, "-c", ANOTHER, ASKED.model_dump_json(), str(folder), str(weights)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("\n")
        other.stdin.flush()
        own = Laboratory(ASKED, folder, explicit=weights).causal.effect(COPYING, HEADS)
        printed = other.stdout.read().strip()

    assert printed == own.model_dump_json()
    assert len(list((folder / "causal").glob("*.json"))) == 1
    assert Laboratory(ASKED, warm, explicit=weights).causal.effect(COPYING, HEADS) == own


def with_threshold(at_least: float) -> Exercise:
    threshold = {"statistic": "share", "at_least": at_least, "source": "a test"}
    return exercise(PREVIOUS, {**INDUCTION, "thresholds": [threshold]}, SEMANTIC, transformer=DECODER, probes=PROBES)


def test_a_threshold_that_changes_the_controls_is_another_key_and_one_that_does_not_is_none(
    warm: Path, weights: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(warm, tmp_path / "tables")
    low, lower, high = (Laboratory(with_threshold(each), folder, explicit=weights) for each in (0.03, 0.005, 0.95))
    few, none = low.causal.effect(COPYING, [(1, 2)]), lower.causal.effect(COPYING, [(1, 2)])
    usual = Laboratory(ASKED, folder, explicit=weights).causal.effect(COPYING, [(1, 2)])

    assert none.control == {}
    assert none.effect == few.effect == usual.effect
    assert usual.control["resample"].sets == 3
    assert high.causal.effect(COPYING, [(1, 2)]) == usual
    assert not is_loaded(high)


def test_the_kept_table_is_looked_up_and_nothing_is_measured(weights: Path, tmp_path: Path) -> None:
    cold = Laboratory(ASKED, tmp_path, explicit=weights)

    assert cold.causal.kept_table is None
    assert not is_loaded(cold)
    assert {file.suffix for file in tmp_path.iterdir()} <= {".code"}


def test_the_table_has_every_single_head_and_the_sets_that_a_kind_suggests(
    warm: Path, weights: Path, tmp_path: Path
) -> None:
    asked = with_threshold(0.005)
    heard: list[float] = []
    laboratory = Laboratory(asked, tmp_path, explicit=weights, progress=heard.append)
    table = laboratory.causal.table
    again = Laboratory(asked, tmp_path, explicit=weights)
    singles = [(layer, head) for layer in range(3) for head in range(4)]

    effects = {(effect.kind, *(place.index for place in effect.heads)): effect for effect in table.effects}

    for kind in (PREVIOUS_TOKEN, COPYING):
        assert [about[1] for about in effects if about[0] == kind and len(about) == 2] == singles
    suggested = [len(effect.heads) for effect in table.effects if effect.kind == COPYING and len(effect.heads) > 1]
    assert suggested[:2] == [2, 4]
    assert list(dict.fromkeys(effect.kind for effect in table.effects)) == [PREVIOUS_TOKEN, COPYING]
    assert effects[COPYING, (1, 2)] == laboratory.causal.effect(COPYING, [(1, 2)])
    assert again.causal.kept_table == table
    assert not is_loaded(again)
    assert heard[-1] == 1


def test_a_kind_without_a_measure_says_so_and_needs_nothing(warm: Path, weights: Path) -> None:
    laboratory = Laboratory(ASKED, warm, explicit=weights)
    none = laboratory.causal.effect(LISTS, [(2, 2)])

    assert laboratory.causal.measure_of(LISTS) is None
    assert (none.measure, none.effect, none.control) == ("", {}, {})
    assert none.why_none == "nothing can be stated that must get worse without heads of this kind"
    assert importance(none, 0.1) == "no causal measure"
    assert not is_loaded(laboratory)


def test_weights_without_a_head_for_predictions_say_so_and_still_show_senders_and_scope(tmp_path: Path) -> None:
    base = saved(tmp_path / "tiny", "bert")
    causal = Laboratory(ENCODER, tmp_path / "tables", explicit=base).causal
    none = causal.effect(COPYING, HEADS)

    assert causal.bench.whole is None
    assert (
        none.why_none
        == "no effect can be measured: the weights lack the head for predictions; take some that were saved with it"
    )
    assert importance(none, 0.1) == "no causal measure"
    assert causal.writes(COPYING, HEADS) is None
    assert len(causal.trace(COPYING, (2, 1)).senders) == 8
    assert causal.scope(PREVIOUS_TOKEN, (0, 1)) is not None
    assert causal.table.effects == ()


def test_an_encoder_without_a_mask_says_so_in_english_whoever_measures_it(tmp_path: Path) -> None:
    headed, words = with_head("bert"), word_tokenizer("bert")
    headed.save_pretrained(tmp_path / "tiny")
    words.save_pretrained(tmp_path / "tiny")
    laboratory = Laboratory(ENCODER, tmp_path / "tables", explicit=tmp_path / "tiny")
    with speaking("ko"):
        none = laboratory.causal.effect(COPYING, HEADS)

    assert laboratory.causal.bench.whole is not None
    assert none.why_none == "its tokenizer has no mask token, so no word can be asked of it"
    assert len(laboratory.causal.trace(COPYING, (1, 1)).senders) == 4


def test_a_receiver_in_the_first_layer_has_no_senders(warm: Path, weights: Path) -> None:
    laboratory = Laboratory(ASKED, warm, explicit=weights)
    trace = laboratory.causal.trace(COPYING, (0, 2))

    assert trace.senders == ()
    assert trace.score == laboratory.standings.by_kind[COPYING.name][0, 2].measured.score
    assert not is_loaded(laboratory)


def test_the_clean_score_of_a_trace_is_that_of_the_table(warm: Path, weights: Path) -> None:
    """Each family of probes has fewer sequences here than a trace looks at."""
    laboratory = Laboratory(ASKED, warm, explicit=weights)

    for kind, receiver in ((PREVIOUS_TOKEN, (1, 1)), (COPYING, (2, 1)), (LISTS, (2, 3))):
        table = laboratory.standings.by_kind[kind.name][receiver].measured
        trace = laboratory.causal.trace(kind, receiver)
        assert (trace.score, trace.interval) == (table.score, table.interval)


def test_the_runs_of_one_measure_are_held_and_not_those_of_another(weights: Path, tmp_path: Path) -> None:
    causal = Laboratory(ASKED, tmp_path, explicit=weights).causal
    for kind in (COPYING, PREVIOUS_TOKEN):
        causal.effect(kind, HEADS)
    gc.collect()
    held = [each for each in gc.get_objects() if type(each) is Losses and each.bench is causal.bench]

    assert [each.measure.name for each in held] == ["running_text"]


def test_the_transformer_is_not_held_twice(weights: Path, warm: Path) -> None:
    laboratory = Laboratory(ASKED, warm, explicit=weights)
    assert laboratory.loaded.whole is None

    assert laboratory.whole.whole is not None
    assert laboratory.loaded is laboratory.whole
