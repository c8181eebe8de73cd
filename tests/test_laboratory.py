"""From submission to report on a tiny transformer: measured once, then looked up."""

from pathlib import Path

import pytest

from grader.base.errors import ScoreTableError
from grader.laboratory import MOST_BEGUN, Laboratory
from grader.measuring.score_table import table_key
from grader.schema import Exercise, Submission
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, claim, exercise
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


def test_damaged_evidence_is_measured_again(warm: Path, weights: Path) -> None:
    whole = Laboratory(ASKED, warm, explicit=weights).recomputed(SENT.claims[1])
    for file in (warm / "evidence").iterdir():
        file.write_bytes(b"{")
    bench = Laboratory(ASKED, warm, explicit=weights)

    assert bench.recomputed(SENT.claims[1]) == whole
    assert is_loaded(bench)


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


def test_a_damaged_table_is_an_error_and_nothing_is_measured_in_its_place(weights: Path, tmp_path: Path) -> None:
    first = Laboratory(ASKED, tmp_path, explicit=weights)
    assert first.table.kinds
    (tmp_path / f"{first.store.key}.json").write_text("{}")
    bench = Laboratory(ASKED, tmp_path, explicit=weights)

    with pytest.raises(ScoreTableError, match="is damaged"):
        bench.report(SENT.model_copy(update={"claims": SENT.claims[:1]}))

    assert not is_loaded(bench)


def test_a_measurement_that_kills_its_process_is_not_begun_for_ever(weights: Path, tmp_path: Path) -> None:
    asked = Laboratory(ASKED, tmp_path, explicit=weights)
    begun = tmp_path / f"{table_key(ASKED, asked.digest)}.begun"
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
