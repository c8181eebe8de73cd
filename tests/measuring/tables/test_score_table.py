"""The kept table: named by what it follows from, whole or not there, readable without torch."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.base.errors import ScoreTableError
from grader.base.files import write_cache
from grader.measuring.tables.score_table import ScoreTable, TableStore, content_key, keep, kept, measurement, store_of
from grader.schema import Exercise, Kind
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, exercise, table, with_reading

ASKED = exercise()
PLANTED = table(ASKED, {"positional:-1": {(0, 1): 0.9}, "induction": {(3, 3): 0.8}})
REPOSITORY = Path(__file__).parents[3]

WRITER = """
import sys
from pathlib import Path
from grader.measuring.tables.score_table import ScoreTable, keep
table = ScoreTable.model_validate_json(Path(sys.argv[2]).read_bytes())
for _ in range(80):
    keep(Path(sys.argv[1]), table.key, table)
"""
READER = """
import sys
from pathlib import Path
from grader.measuring.tables.score_table import kept, measurement
table = kept(Path(sys.argv[1]), "0" * 64)
print(measurement(table.kinds[0], 0, 1).score)
print(sorted({"torch", "numpy", "transformers"} & set(sys.modules)))
"""


def with_probes(**settings: int) -> Exercise:
    return exercise(probes={"seed": 7, **settings})


def encoder() -> Exercise:
    source = {"name": "planted", "family": "encoder", "layers": 5, "heads": 5}
    return exercise(transformer=source)


def renamed() -> Exercise:
    """The table names its transformer, and so does the report."""
    return exercise(transformer={"name": "other", "family": "decoder", "layers": 5, "heads": 5})


def own_sentence() -> Exercise:
    own = {
        "words": ("the", "cat", "sleeps"),
        "classes": ("DET", "NOUN", "VERB"),
        "arcs": ({"relation": "verb_subject", "query": 2, "target": 1},),
    }
    return exercise(probes={"seed": 7, "own_sentences": (own,)})


CHANGED = {
    "seed": with_probes(seed=8),
    "random_sequences": with_probes(random_sequences=17),
    "repeat_sequences": with_probes(repeat_sequences=37),
    "sentences": with_probes(sentences=241),
    "category_sequences": with_probes(category_sequences=61),
    "rare_sequences": with_probes(rare_sequences=61),
    "own_sentences": own_sentence(),
    "family": encoder(),
    "transformer": renamed(),
    "kinds": exercise(PREVIOUS, INDUCTION),
    "offset": exercise({**PREVIOUS, "offset": -2}, INDUCTION, SUBJECT),
    "relation": exercise(PREVIOUS, INDUCTION, {**SUBJECT, "relation": "noun_adjective"}),
}


NOWHERE = Path("/nowhere")
"""A folder that is not there, so that nothing is kept."""


def key(asked: Exercise, transformer: str = "d") -> str:
    return store_of(NOWHERE, asked, transformer).key


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED.keys())
def test_what_a_score_follows_from_changes_the_key(changed: Exercise) -> None:
    assert key(changed) != key(ASKED)


def test_another_transformer_changes_the_key() -> None:
    assert key(ASKED, "e") != key(ASKED)


BASIS = store_of(NOWHERE, ASKED, "d").basis
OTHER = {
    "transformer": {"transformer": "e"},
    "code": {"code": "0" * 64},
    "precision": {"precision": "bfloat16"},
    **{name: {"libraries": BASIS.libraries | {name: "0.1"}} for name in BASIS.libraries},
}


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER.keys())
def test_all_of_the_basis_changes_the_key(other: dict[str, object]) -> None:
    """A library of another version does: it may compute other numbers, or build other probes."""
    changed = BASIS.model_copy(update=other)
    assert TableStore(NOWHERE, ASKED, changed).key != key(ASKED)


def test_the_libraries_are_those_that_numbers_depend_on() -> None:
    assert {"numpy", "tokenizers", "torch", "transformers", "wordfreq"} < set(BASIS.libraries)
    assert all(version[0].isdecimal() and "+" not in version for version in BASIS.libraries.values())


def test_what_no_score_follows_from_leaves_the_key() -> None:
    """Thresholds, points and rules are tuned without running the transformer."""
    own = {"statistic": "share", "at_least": 0.9, "source": "tuned"}
    tuned = exercise(
        {**PREVIOUS, "points": 30, "thresholds": (own,)}, INDUCTION, SUBJECT, version=4, budget=9, borderline="against"
    )

    assert key(tuned) == key(ASKED)


def filled(store: TableStore, probes: str = "p") -> ScoreTable:
    return store.filled(PLANTED.kinds, probes)


def never(key: str) -> ScoreTable:
    raise AssertionError("measured again")


def test_a_table_is_computed_once_and_read_back_the_same(tmp_path: Path) -> None:
    computed: list[str] = []
    store = store_of(tmp_path, ASKED, "d")

    def compute(key: str) -> ScoreTable:
        computed.append(key)
        return filled(store)

    first = store.table(compute)
    raw = [file.read_bytes() for file in sorted(tmp_path.iterdir())]
    second = store_of(tmp_path, ASKED, "d").table(never)

    assert computed == [store.key]
    assert first == second
    assert first.key == content_key(store.key, first.basis) != store.key
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == raw


def test_other_probes_are_another_table(tmp_path: Path) -> None:
    store = store_of(tmp_path, ASKED, "d")
    assert filled(store, "p").key != filled(store, "q").key


def cut(raw: bytes) -> bytes:
    return raw[:500]


def forged(raw: bytes) -> bytes:
    assert b"0.9" in raw
    return raw.replace(b"0.9", b"0.1")


@pytest.mark.parametrize("damage", [cut, forged, lambda raw: b"", lambda raw: b"{}", lambda raw: raw + b" "])
def test_a_file_that_is_not_as_it_was_written_is_measured_again(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    store = store_of(tmp_path, ASKED, "d")
    first = store.table(lambda key: filled(store))
    file = tmp_path / f"{store.key}.json"
    file.write_bytes(damage(file.read_bytes()))

    assert store.current() is None
    assert store.table(lambda key: filled(store)) == first
    assert store.table(never) == first


MISSHAPEN = {
    "a kind is missing": lambda table: table | {"kinds": table["kinds"][1:]},
    "no kind": lambda table: table | {"kinds": []},
    "fewer layers": lambda table: table | {"layers": 2},
    "another transformer": lambda table: table | {"digest": "e"},
    "another seed": lambda table: table | {"seed": 8},
    "a key more": lambda table: table | {"note": "mine"},
    "a ragged grid": lambda table: _with_grid(table, lambda grid: [grid[0][:2], *grid[1:]]),
    "a layer too few": lambda table: _with_grid(table, lambda grid: grid[1:]),
    "not numbers": lambda table: _with_grid(table, lambda grid: [[None] * len(row) for row in grid]),
    "no slices": lambda table: table | {"kinds": [kind | {"slices": []} for kind in table["kinds"]]},
    "not a table": lambda table: [table],
}


def _with_grid(table: dict[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    column = table["kinds"][0]["slices"][0]["statistics"][0]
    column["value"] = change(column["value"])
    return table


@pytest.mark.parametrize("changed", MISSHAPEN.values(), ids=MISSHAPEN.keys())
def test_a_table_of_another_shape_is_measured_again(tmp_path: Path, changed: Callable[[Any], Any]) -> None:
    """Its checksum is right: somebody wrote it who knows how."""
    store = store_of(tmp_path, ASKED, "d")
    whole = changed(json.loads(filled(store).model_dump_json()))
    write_cache(tmp_path / f"{store.key}.json", json.dumps(whole).encode())

    assert store.table(lambda key: filled(store)) == filled(store)


def test_a_table_under_another_tables_name_is_measured_again(tmp_path: Path) -> None:
    store, other = store_of(tmp_path, ASKED, "d"), store_of(tmp_path, CHANGED["seed"], "d")
    store.table(lambda key: filled(store))
    (tmp_path / f"{store.key}.json").rename(tmp_path / f"{other.key}.json")

    assert kept(tmp_path, other.key) is None


@pytest.mark.parametrize("ending", ["json", "lock"])
def test_a_folder_in_the_place_of_a_file_is_an_error_that_says_what_to_do(tmp_path: Path, ending: str) -> None:
    store = store_of(tmp_path, ASKED, "d")
    (tmp_path / f"{store.key}.{ending}").mkdir()

    with pytest.raises(ScoreTableError, match=rf"{store.key}\.{ending} cannot be .*move it away"):
        store.table(lambda key: filled(store))


def test_the_same_table_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        keep(tmp_path / name, PLANTED.key, PLANTED)

    one, two = ((tmp_path / name / f"{PLANTED.key}.json").read_bytes() for name in ("one", "two"))
    assert one == two


def test_where_none_is_kept_there_is_none(tmp_path: Path) -> None:
    assert kept(tmp_path / "nowhere", PLANTED.key) is None


def test_two_processes_race_and_readers_see_whole_tables(tmp_path: Path) -> None:
    keep(tmp_path, PLANTED.key, PLANTED)
    sources = []
    for seed in (1, 2):
        sources.append(tmp_path / f"source-{seed}")
        sources[-1].write_text(PLANTED.model_copy(update={"seed": seed}).model_dump_json())
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(file)]) for file in sources]
    seeds = set()
    while any(writer.poll() is None for writer in writers):
        found = kept(tmp_path, PLANTED.key)  # would raise on half a file
        assert found is not None
        seeds.add(found.seed)

    assert [writer.returncode for writer in writers] == [0, 0]
    assert seeds >= {1, 2}


def test_it_is_readable_without_torch(tmp_path: Path) -> None:
    keep(tmp_path, PLANTED.key, PLANTED)
    found = subprocess.run(
        [sys.executable, "-c", READER, str(tmp_path)], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert found.stdout.split("\n") == ["0.9", "[]", ""]


def test_the_score_is_the_deciding_statistic_on_the_worst_slice() -> None:
    whole = with_reading(PLANTED, "positional:-1", (0, 1), ("share", "text"), (0.2, 0.3, 0.4))
    scores = whole.scores(Kind(type="positional"))
    assert scores is not None
    worst, on_random = measurement(scores, 0, 1), measurement(scores, 0, 1, ("random",))

    assert (worst.score, worst.share, worst.hit_rate, worst.interval, worst.queries) == (0.3, 0.3, 0.9, (0.2, 0.4), 100)
    assert (on_random.score, on_random.interval) == (0.9, (0.9, 0.9))
    assert len(worst.readings) == 8


def test_scores_are_found_by_kind() -> None:
    assert PLANTED.scores(Kind(type="positional", offset=-2)) is None
    found = PLANTED.scores(Kind(type="induction"))
    assert found is not None
    assert found.decides == "share"
