"""An exercise that carries its scores: graded without its weights, and not believed where anything else is stated."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader import exercises
from grader.base.errors import ExerciseError, TransformerNotFound
from grader.checkup import carried
from grader.laboratory import Laboratory
from grader.laboratory.comparing import differences
from grader.laboratory.publishing import kept_entries, measured
from grader.measuring.tables.carried import FILE_NAME, RESULTS, TABLE, packed
from grader.measuring.tables.digests import versions
from grader.measuring.tables.score_table import ScoreTable, content_key, table_key
from grader.measuring.transformer.verify import sha256_of
from grader.schema import Exercise, Report
from tests.support.tiny import saved
from tests.test_laboratory import ASKED, SENT

OTHER = {"torch": "9.9", "numpy": "9.9"}
"""Versions of libraries that nobody has."""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("weights") / "tiny", "gpt2")


@pytest.fixture(scope="module")
def pinned(weights: Path) -> Exercise:
    files = {file.name: sha256_of(file) for file in weights.iterdir()}
    return ASKED.model_copy(update={"transformer": ASKED.transformer.model_copy(update={"files": files})})


@pytest.fixture(scope="module")
def entries(pinned: Exercise, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The scores of the exercise, whose example has a sentence."""
    folder = tmp_path_factory.mktemp("published")
    return measured(Laboratory(pinned, folder / "tables", explicit=weights), folder)


@pytest.fixture
def shelf(pinned: Exercise, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The exercise's folder, among those that are found."""
    folder = tmp_path / "shelf" / pinned.id
    folder.mkdir(parents=True)
    (folder / exercises.FILE_NAME).touch()
    monkeypatch.setenv(exercises.VARIABLE, str(folder.parent))
    return folder


def without_sentences(report: Report) -> Report:
    """The report with the places of sentences only, which nobody can look at without the weights."""
    verdicts = tuple(verdict.model_copy(update={"evidence": None}) for verdict in report.verdicts)
    return report.model_copy(update={"verdicts": verdicts, "content_hash": None})


def test_it_is_graded_without_weights_as_with_them(
    entries: dict[str, bytes], pinned: Exercise, weights: Path, shelf: Path, tmp_path: Path
) -> None:
    whole = Laboratory(pinned, tmp_path / "tables", explicit=weights)
    expected = whole.report(SENT)
    (shelf / FILE_NAME).write_bytes(packed(entries))
    bench = Laboratory(pinned, tmp_path / "empty")
    report = bench.report(SENT)

    assert bench.is_measured
    assert without_sentences(report) == without_sentences(expected)
    assert [each.evidence.missing for each in report.verdicts if each.evidence] == [True]
    assert "loaded" not in vars(bench)
    for kind in (asked.kind for asked in pinned.kinds):
        assert bench.picture(kind, (2, 3)) == whole.picture(kind, (2, 3)) is not None
    assert not list((tmp_path / "empty").rglob("*.json"))
    again = {name: content for name, content in kept_entries(whole).items() if name != RESULTS}
    assert packed(again) == packed(entries)
    assert list(differences(entries, again)) == []


def edited(entries: dict[str, bytes], change: Callable[[dict[str, Any]], None], asked: Exercise) -> dict[str, bytes]:
    """The scores of somebody who changes their table and makes the key fit."""
    content = json.loads(entries[TABLE])
    change(content)
    table = ScoreTable.model_validate_json(json.dumps(content))
    assert table.basis is not None
    key = content_key(table_key(asked, table.basis), table.basis)
    return {**entries, TABLE: table.model_copy(update={"key": key}).model_dump_json().encode()}


def test_other_versions_of_libraries_are_stated_and_believed(
    entries: dict[str, bytes], pinned: Exercise, shelf: Path, tmp_path: Path
) -> None:
    elsewhere = edited(entries, lambda table: table["basis"].update(libraries=OTHER), pinned)
    (shelf / FILE_NAME).write_bytes(packed(elsewhere))
    report = Laboratory(pinned, tmp_path).report(SENT)

    assert report.basis is not None
    assert versions() != OTHER
    assert report.basis.libraries == OTHER
    assert list(differences(entries, elsewhere)) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table["basis"].update(code="0" * 64),
        lambda table: table["basis"].update(transformer="0" * 64),
        lambda table: table["basis"].update(precision="float64"),
        lambda table: table.update(digest="0" * 64),
        lambda table: table.update(seed=4),
        lambda table: table.update(basis=None),
    ],
)
def test_scores_of_other_weights_code_or_probes_are_not_believed(
    change: Callable[[dict[str, Any]], None],
    entries: dict[str, bytes],
    pinned: Exercise,
    shelf: Path,
    tmp_path: Path,
) -> None:
    content = json.loads(entries[TABLE])
    change(content)
    basis = ScoreTable.model_validate_json(json.dumps(content)).basis
    content["key"] = content_key(table_key(pinned, basis), basis) if basis else content["key"]
    (shelf / FILE_NAME).write_bytes(packed({**entries, TABLE: json.dumps(content).encode()}))
    bench = Laboratory(pinned, tmp_path / "tables")

    assert not bench.is_measured
    with pytest.raises(TransformerNotFound, match="tiny"):
        bench.report(SENT)


def test_probes_that_the_key_does_not_name_are_not_believed(
    entries: dict[str, bytes], pinned: Exercise, shelf: Path, tmp_path: Path
) -> None:
    content = json.loads(entries[TABLE])
    content["basis"]["probes"] = "0" * 64
    (shelf / FILE_NAME).write_bytes(packed({**entries, TABLE: json.dumps(content).encode()}))

    assert not Laboratory(pinned, tmp_path / "tables").is_measured


def test_an_exercise_that_asks_otherwise_is_measured(
    entries: dict[str, bytes], pinned: Exercise, shelf: Path, tmp_path: Path
) -> None:
    (shelf / FILE_NAME).write_bytes(packed(entries))
    other = pinned.model_copy(update={"probes": pinned.probes.model_copy(update={"random_sequences": 5})})

    assert Laboratory(pinned, tmp_path).is_measured
    assert not Laboratory(other, tmp_path).is_measured
    assert not Laboratory(pinned.model_copy(update={"id": "another"}), tmp_path).is_measured


def test_damaged_pictures_are_no_pictures(
    entries: dict[str, bytes], pinned: Exercise, shelf: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kind = pinned.kinds[0].kind
    (shelf / FILE_NAME).write_bytes(packed({**entries, f"pictures/{kind.name}.bin": b"short"}))

    assert Laboratory(pinned, tmp_path).picture(kind, (0, 0)) is None
    assert "does not have the shape" in caplog.text


def test_what_was_measured_otherwise_is_named_by_kind_and_head(entries: dict[str, bytes], pinned: Exercise) -> None:
    def change(table: dict[str, Any]) -> None:
        column = table["kinds"][1]["slices"][0]["statistics"][0]
        column["value"][2][3] = round(column["value"][2][3] + 0.0001, 4)

    (found,) = differences(edited(entries, change, pinned), entries)

    assert found.where.startswith("induction L2H3 ")
    assert float(found.carried) - float(found.measured) == pytest.approx(0.0001)
    assert {str(each).split(":")[0] for each in differences({**entries, "pictures/x.bin": b""}, entries)} == {
        "pictures/x.bin"
    }


def test_scores_are_published_and_verified_on_the_cpu_whatever_device_is_named(
    entries: dict[str, bytes], pinned: Exercise, weights: Path, shelf: Path, tmp_path: Path
) -> None:
    bench = Laboratory(pinned, tmp_path / "tables", explicit=weights, device="cuda:99")  # none has so many
    (shelf / FILE_NAME).write_bytes(packed(entries))

    assert packed(measured(bench, shelf)) == packed(entries)


def test_scores_without_pins_are_not_published(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(ExerciseError, match="no file of its transformer is pinned"):
        measured(Laboratory(ASKED, tmp_path, explicit=weights), tmp_path)


def test_measuring_again_shows_what_is_carried_otherwise(
    entries: dict[str, bytes], pinned: Exercise, weights: Path, shelf: Path, tmp_path: Path
) -> None:
    def change(table: dict[str, Any]) -> None:
        table["kinds"][0]["baseline"] = 0.5
        table["basis"].update(libraries=OTHER)

    (shelf / FILE_NAME).write_bytes(packed(edited(entries, change, pinned)))
    bench = Laboratory(pinned, tmp_path / "tables", explicit=weights)
    versions_stated, difference, total = carried.compared(bench, shelf)
    (shelf / FILE_NAME).write_bytes(packed(entries))
    (*_stated, unmeasured) = carried.compared(Laboratory(pinned, tmp_path / "tables"), shelf)

    assert "torch 9.9" in versions_stated.result
    assert difference.result.startswith("positional:-1 baseline: 0.5 is carried, ")
    assert (versions_stated.is_ok, difference.is_ok, total.is_ok) == (True, False, False)
    assert total.result.startswith("differences from ")
    assert total.result.endswith(": 1")
    assert "torch" in total.result
    assert "grade exercises publish" in total.advice
    assert (unmeasured.is_unknown, "cannot be measured here" in unmeasured.result) == (True, True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda kind: kind.update(decides="lift"), "decided by lift"),
        (lambda kind: kind.update(baseline=-7.0), "a baseline of -7.0"),
        (lambda kind: kind.update(resemblances=[{"name": "nobody", "value": [], "chance": 0.0}]), "'nobody'"),
        (lambda kind: kind["slices"].append(kind["slices"][0]), "two slices of one name"),
        (lambda kind: kind["slices"][0].update(queries=-5), "-5 queries"),
        (lambda kind: kind["slices"][0]["statistics"].pop(1), "queries with share"),
        (lambda kind: kind["slices"][0]["statistics"][0]["value"][2].__setitem__(3, 1e308), "beyond 0 and 1"),
    ],
)
def test_scores_that_no_measurement_gives_are_damaged(
    change: Callable[[dict[str, Any]], None],
    told: str,
    entries: dict[str, bytes],
    pinned: Exercise,
    shelf: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def of_kind(table: dict[str, Any]) -> None:
        change(table["kinds"][0])
        for each in table["kinds"][0]["resemblances"]:
            each["value"] = each["value"] or table["kinds"][0]["slices"][0]["statistics"][0]["value"]

    (shelf / FILE_NAME).write_bytes(packed(edited(entries, of_kind, pinned)))

    assert not Laboratory(pinned, tmp_path).is_measured
    assert told in caplog.text


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda table: table["kinds"][0].update(decides="hit_rate"), "positional:-1 decides"),
        (lambda table: table["kinds"][0]["slices"][0].update(queries=7), "positional:-1 queries on "),
        (lambda table: table["kinds"][0]["resemblances"][0].update(chance=-3.0), "positional:-1 chance of "),
        (lambda table: table.update(digest="0" * 64), "digest"),
    ],
)
def test_no_part_of_a_table_is_left_out_of_the_comparison(
    change: Callable[[dict[str, Any]], None], where: str, entries: dict[str, bytes], pinned: Exercise
) -> None:
    (found,) = differences(edited(entries, change, pinned), entries)

    assert found.where.startswith(where)


def test_results_that_are_no_results_are_differences(entries: dict[str, bytes]) -> None:
    found = list(differences({**entries, RESULTS: b"\xff {\nkey 7\n"}, {**entries, RESULTS: b""}))

    assert [each.measured for each in found] == ["-", "-"]
    assert found[1].where == "result key"


def test_scores_under_another_key_are_found_although_they_are_right(
    entries: dict[str, bytes], pinned: Exercise, weights: Path, shelf: Path, tmp_path: Path
) -> None:
    content = {**json.loads(entries[TABLE]), "key": "0" * 64}
    (shelf / FILE_NAME).write_bytes(packed({**entries, TABLE: json.dumps(content).encode()}))
    (*_same, unused) = carried.compared(Laboratory(pinned, tmp_path / "tables", explicit=weights), shelf)

    assert (unused.is_ok, "not used" in unused.result) == (False, True)


def test_scores_that_are_not_used_say_what_they_differ_in(
    entries: dict[str, bytes], pinned: Exercise, shelf: Path, tmp_path: Path
) -> None:
    bench = Laboratory(pinned, tmp_path)
    assert list(carried.unused(bench)) == []
    (shelf / FILE_NAME).write_bytes(packed(entries))
    assert list(carried.unused(Laboratory(pinned, tmp_path))) == []
    other_code = edited(entries, lambda table: table["basis"].update(code="0" * 64), pinned)
    (shelf / FILE_NAME).write_bytes(packed(other_code))
    (told,) = carried.unused(Laboratory(pinned, tmp_path))

    assert "are of another code, and so are not used" in told.result
    assert told.is_optional
    on_a_gpu = edited(entries, lambda table: table["basis"].update(device="cuda"), pinned)
    (shelf / FILE_NAME).write_bytes(packed(on_a_gpu))
    (told,) = carried.unused(Laboratory(pinned, tmp_path))

    assert "are of another device, and so are not used" in told.result
