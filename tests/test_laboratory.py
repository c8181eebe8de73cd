"""From submission to report on a tiny transformer: measured once, then looked up."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.base.errors import DeviceError, DigestMismatch, ScoreTableError, TransformerNotFound
from grader.base.files import SEAL, write_cache
from grader.laboratory import MOST_BEGUN, Laboratory
from grader.measuring.tables.digests import versions
from grader.measuring.tables.score_table import keep
from grader.measuring.transformer import device as devices
from grader.report.formats import terminal
from grader.schema import Exercise, Submission
from grader.service.laboratories import Laboratories
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, claim, exercise
from tests.support.planted_tables import table as planted
from tests.support.tiny import saved

SIZES = {"random_sequences": 4, "repeat_sequences": 6, "sentences": 20, "category_sequences": 10, "rare_sequences": 10}
TEXT = "the king near the old bridge waits and the king near the old bridge waits"
ASKED: Exercise = exercise(
    PREVIOUS,
    INDUCTION,
    SUBJECT,
    transformer={"name": "tiny", "family": "decoder", "layers": 3, "heads": 4},
    probes={"seed": 3, **SIZES},
)
SENT = Submission(
    exercise=ASKED.id,
    student="ada",
    claims=(
        claim(0, 1, "positional"),
        claim(2, 3, "induction", evidence=TEXT),
        claim(9, 9, "induction", evidence=TEXT),
        claim(1, 1, "syntactic"),
    ),
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("weights") / "tiny", "gpt2")


@pytest.fixture(scope="module")
def warm(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the submission was graded once."""
    folder = tmp_path_factory.mktemp("tables")
    Laboratory(ASKED, folder, explicit=weights).report(SENT)
    return folder


def is_loaded(bench: Laboratory) -> bool:
    return "loaded" in vars(bench)


def test_the_first_report_measures_and_keeps_and_the_second_looks_up(weights: Path, tmp_path: Path) -> None:
    said: list[str] = []
    heard: list[float] = []
    first = Laboratory(ASKED, tmp_path, explicit=weights, say=said.append, progress=heard.append)
    report = first.report(SENT)
    kept = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*") if file.is_file()}
    second = Laboratory(ASKED, tmp_path, explicit=weights)

    assert is_loaded(first)
    assert any("measuring every head of tiny" in line for line in said)
    assert heard[-1] == 1
    assert {f"{first.store.key}.json", f"{report.table}.examples.npz"} < kept
    assert second.report(SENT) == report
    assert not is_loaded(second)


def test_evidence_is_recomputed_for_the_heads_that_exist(warm: Path, weights: Path) -> None:
    verdicts = Laboratory(ASKED, warm, explicit=weights).report(SENT).verdicts

    assert [found.outcome for found in verdicts] == ["refuted", "refuted", "not_graded", "refuted"]
    assert verdicts[1].evidence is not None
    assert verdicts[1].evidence.text == TEXT
    assert verdicts[1].evidence.queries > 0
    assert [found.evidence for found in verdicts if found is not verdicts[1]] == [None] * 3


def test_another_sentence_is_another_measurement(warm: Path, weights: Path) -> None:
    bench = Laboratory(ASKED, warm, explicit=weights)
    other = claim(2, 3, "induction", evidence="a king and a queen, a king and a baker")

    assert bench.recomputed(other).evidence != bench.recomputed(SENT.claims[1]).evidence
    assert bench.recomputed(SENT.claims[1]) != bench.recomputed(claim(2, 2, "induction", evidence=TEXT))


def damaged(raw: bytes) -> bytes:
    return b"{"


def forged(raw: bytes) -> bytes:
    return raw[:-SEAL].replace(b"king", b"head")


def ragged(raw: bytes) -> bytes:
    kept = json.loads(raw[:-SEAL])
    return json.dumps(kept | {"picture": kept["picture"] | {"pattern": [[1.0]]}}).encode()


def of_another_sentence(raw: bytes) -> bytes:
    kept = json.loads(raw[:-SEAL])
    return json.dumps(kept | {"evidence": kept["evidence"] | {"text": "another one"}}).encode()


@pytest.mark.parametrize("change", [damaged, forged, ragged, of_another_sentence])
@pytest.mark.parametrize("is_sealed", [False, True])
def test_evidence_that_is_not_what_was_kept_is_measured_again(
    tmp_path: Path, weights: Path, change: Callable[[bytes], bytes], is_sealed: bool
) -> None:
    """One whose checksum is right has the shape and the words of the claim."""
    whole = Laboratory(ASKED, tmp_path, explicit=weights).recomputed(SENT.claims[1])
    (file,) = (tmp_path / "evidence").iterdir()
    write = write_cache if is_sealed else Path.write_bytes
    write(file, change(file.read_bytes()))
    bench = Laboratory(ASKED, tmp_path, explicit=weights)

    assert bench.recomputed(SENT.claims[1]) == whole
    assert is_loaded(bench)


def test_evidence_of_another_claim_is_not_taken_for_this_one(weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    Laboratory(ASKED, folder, explicit=weights).recomputed(SENT.claims[1])
    other = claim(2, 2, "induction", evidence=TEXT)
    right = Laboratory(ASKED, folder, explicit=weights).recomputed(other)
    one, two = sorted((folder / "evidence").iterdir())
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)

    assert Laboratory(ASKED, folder, explicit=weights).recomputed(other) == right


def test_where_evidence_cannot_be_kept_it_is_measured_each_time(weights: Path, tmp_path: Path) -> None:
    whole = Laboratory(ASKED, tmp_path, explicit=weights).recomputed(SENT.claims[1])
    (file,) = (tmp_path / "evidence").iterdir()
    file.unlink()
    file.mkdir()

    assert Laboratory(ASKED, tmp_path, explicit=weights).recomputed(SENT.claims[1]) == whole


def test_damaged_pictures_are_drawn_again(warm: Path, weights: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(warm, tmp_path / "tables")
    bench = Laboratory(ASKED, folder, explicit=weights)
    before = bench.picture(SENT.claims[0].kind, (0, 1))
    file = folder / f"{bench.table.key}.examples.npz"
    file.write_bytes(file.read_bytes()[:-9])

    assert before is not None
    assert bench.picture(SENT.claims[0].kind, (0, 1)) == before
    assert "loaded" not in vars(Laboratory(ASKED, folder, explicit=weights))


def test_pictures_show_the_probe_and_the_students_sentence(warm: Path, weights: Path) -> None:
    bench = Laboratory(ASKED, warm, explicit=weights)
    bench.report(SENT)
    pictures = bench.pictures(bench.report(SENT))

    assert {number: len(found) for number, found in pictures.items()} == {0: 1, 1: 2, 3: 1}
    assert [TEXT in found.caption for found in pictures[1]] == [False, True]


def test_other_weights_are_other_measurements(warm: Path, weights: Path, tmp_path: Path) -> None:
    other = Laboratory(ASKED, warm, explicit=saved(tmp_path / "other", "gpt2", seed=1))
    same = Laboratory(ASKED, warm, explicit=weights)

    assert other.digest != same.digest
    assert other.table.key != same.table.key
    assert other.table.kinds != same.table.kinds


def test_a_transformer_written_over_in_place_gets_a_new_laboratory(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker holds its laboratories for days."""
    own = shutil.copytree(weights, tmp_path / "tiny")
    other = saved(tmp_path / "other", "gpt2", seed=1)
    monkeypatch.setenv("GRADER_TRANSFORMER_TINY", str(own))
    service = Laboratories(tmp_path / "tables")
    first = service.of(ASKED)
    assert service.of(ASKED) is first
    before = first.table
    (own / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    second = service.of(ASKED)

    assert second is not first
    assert second.table.key != before.key
    assert second.table.kinds == Laboratory(ASKED, tmp_path / "others", explicit=other).table.kinds


def test_a_transformer_written_over_before_it_is_loaded_is_not_measured_as_the_old_one(
    weights: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(weights, tmp_path / "tiny")
    bench = Laboratory(ASKED, tmp_path / "tables", explicit=own)
    assert not bench.is_measured
    (own / "config.json").write_text((own / "config.json").read_text() + " ")

    with pytest.raises(DigestMismatch, match="the files of tiny changed while they were used"):
        _ = bench.table


def test_a_report_says_what_its_measurements_follow_from(warm: Path, weights: Path) -> None:
    bench = Laboratory(ASKED, warm, explicit=weights)
    basis = bench.report(SENT).basis

    assert basis is not None
    assert basis.transformer == bench.digest
    assert basis.precision == ASKED.probes.precision
    assert len(basis.code) == len(basis.probes) == 64
    assert basis.libraries == versions()


PINNED = ASKED.transformer.model_copy(update={"files": dict.fromkeys(("config.json", "model.safetensors"), "0" * 64)})


@pytest.mark.parametrize("place", ["nowhere", "tiny"])
@pytest.mark.parametrize("by", ["option", "variable"])
def test_a_transformer_that_somebody_names_is_looked_at_before_anything_is_looked_up(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, by: str
) -> None:
    pinned = ASKED.model_copy(update={"transformer": PINNED})
    kept = Laboratory(pinned, tmp_path)
    keep(tmp_path, kept.store.key, kept.store.filled(planted(pinned, {}).kinds, "p"))
    assert kept.table.kinds
    explicit = weights.with_name(place)
    if by == "variable":
        monkeypatch.setenv("GRADER_TRANSFORMER_TINY", str(explicit))
    bench = Laboratory(pinned, tmp_path, explicit=explicit if by == "option" else None)

    for use in (lambda: bench.is_measured, lambda: bench.kept_table, lambda: bench.table, lambda: bench.report(SENT)):
        with pytest.raises(TransformerNotFound if place == "nowhere" else DigestMismatch):
            use()


def test_a_measurement_that_kills_its_process_is_not_begun_for_ever(weights: Path, tmp_path: Path) -> None:
    asked = Laboratory(ASKED, tmp_path, explicit=weights)
    begun = tmp_path / f"{asked.store.key}.begun"
    begun.write_bytes(b"." * MOST_BEGUN)

    with pytest.raises(ScoreTableError, match=rf"begun {MOST_BEGUN} times.*Delete {begun}"):
        _ = asked.table
    begun.write_bytes(b".")
    assert asked.table.layers == 3
    assert not begun.exists()


def test_a_disk_that_takes_no_evidence_is_no_error(warm: Path, weights: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    for file in warm.glob("*.json"):
        (folder / file.name).write_bytes(file.read_bytes())
    (folder / "evidence").write_text("a file where the folder should be")

    again = Laboratory(ASKED, folder, explicit=weights).report(SENT)

    assert again == Laboratory(ASKED, warm, explicit=weights).report(SENT)


def elsewhere(folder: Path, weights: Path) -> Laboratory:
    """Return a laboratory whose folder has a table as a GPU measures it."""
    bench = Laboratory(ASKED, folder, explicit=weights)
    keep(folder, bench.store.key, bench.store.filled(planted(ASKED, {}).kinds, "p", "cuda"))
    return bench


def test_a_table_of_a_gpu_is_taken_unless_the_cpu_is_asked_for(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = elsewhere(tmp_path, weights)
    own = SENT.model_copy(update={"claims": (SENT.claims[0],)})
    assert bench.is_measured
    report = bench.report(own)
    assert report.basis is not None
    assert (report.basis.device, report.borderline) == ("cuda", "not_yet")
    assert "measured on a GPU (cuda), float32" in terminal.render(report, ASKED)

    monkeypatch.setenv(devices.VARIABLE, "cpu")
    again = Laboratory(ASKED, tmp_path, explicit=weights)
    assert not again.is_measured
    assert again.report(own).basis == again.table.basis
    assert again.table.is_reference

    monkeypatch.delenv(devices.VARIABLE)
    replaced = Laboratory(ASKED, tmp_path, explicit=weights)
    assert replaced.table == again.table
    assert replaced.place == "cpu"
    assert "measured on the CPU, float32" in terminal.render(replaced.report(own), ASKED)


def test_a_kept_table_of_the_cpu_is_taken_whatever_device_is_named(warm: Path, weights: Path) -> None:
    """The device need not be there until something must be measured on it."""
    bench = Laboratory(ASKED, warm, explicit=weights, device="cuda:99")

    assert bench.table.is_reference
    with pytest.raises(DeviceError, match="cuda:99: there is no such device here"):
        bench.on_sentence(ASKED.kinds[0].kind, 0, 0, TEXT)


def test_another_word_than_a_device_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="--device: `gpu` is not a device"):
        Laboratory(ASKED, tmp_path, device="gpu")
