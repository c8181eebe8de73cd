"""The kept table: named by what it follows from, whole or not there, readable without torch."""

import subprocess
import sys
from pathlib import Path

import pytest

from grader.base.errors import ScoreTableError
from grader.measuring.digests import ProbesBuilt
from grader.measuring.digests import versions as installed
from grader.measuring.score_table import ScoreTable, content_key, keep, kept, measurement, store_of, table_key
from grader.schema import Exercise, Kind
from tests.support.planted_tables import INDUCTION, PREVIOUS, SUBJECT, exercise, table, with_reading

ASKED = exercise()
PLANTED = table(ASKED, {"positional:-1": {(0, 1): 0.9}, "induction": {(3, 3): 0.8}})
REPOSITORY = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from grader.measuring.score_table import ScoreTable, keep
table = ScoreTable.model_validate_json(Path(sys.argv[2]).read_bytes())
for _ in range(80):
    keep(Path(sys.argv[1]), table.key, table)
"""
READER = """
import sys
from pathlib import Path
from grader.measuring.score_table import kept, measurement
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


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED.keys())
def test_what_a_score_follows_from_changes_the_key(changed: Exercise) -> None:
    assert table_key(changed, "d") != table_key(ASKED, "d")


def test_another_transformer_changes_the_key() -> None:
    assert table_key(ASKED, "e") != table_key(ASKED, "d")


def test_what_no_score_follows_from_leaves_the_key() -> None:
    """Thresholds, points and rules are tuned without running the transformer."""
    own = {"statistic": "share", "at_least": 0.9, "source": "tuned"}
    tuned = exercise(
        {**PREVIOUS, "points": 30, "thresholds": (own,)}, INDUCTION, SUBJECT, version=4, budget=9, borderline="against"
    )

    assert table_key(tuned, "d") == table_key(ASKED, "d")


def never() -> str:
    raise AssertionError("nobody needs the probes")


def built(digest: str, **versions: str) -> ProbesBuilt:
    return ProbesBuilt(digest=digest, versions=installed() | versions)


def measured_on(key: str, probes: ProbesBuilt | None) -> ScoreTable:
    return PLANTED.model_copy(update={"key": content_key(key, probes), "probes": probes})


def test_a_table_is_computed_once_and_read_back_the_same(tmp_path: Path) -> None:
    computed: list[str] = []
    store = store_of(tmp_path, ASKED, "d")

    def compute(key: str) -> ScoreTable:
        computed.append(key)
        return measured_on(key, built("p"))

    first = store.table(compute, never)
    raw = [file.read_bytes() for file in sorted(tmp_path.iterdir())]
    second = store_of(tmp_path, ASKED, "d").table(compute, never)

    assert computed == [store.key] == [table_key(ASKED, "d")]
    assert first == second
    assert first.key != store.key
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == raw


def test_another_version_that_builds_the_same_probes_invalidates_nothing(tmp_path: Path) -> None:
    store = store_of(tmp_path, ASKED, "d")
    old = measured_on(store.key, built("p", wordfreq="0.1"))
    keep(tmp_path, store.key, old)

    assert store.current() is None
    found = store.table(lambda key: pytest.fail("measured again"), lambda: "p")

    assert found == old.model_copy(update={"probes": built("p")})
    assert found.key == old.key
    assert store.current() == found


def test_another_version_that_builds_other_probes_is_noticed(tmp_path: Path) -> None:
    store = store_of(tmp_path, ASKED, "d")
    old = measured_on(store.key, built("p", tokenizers="0.1"))
    keep(tmp_path, store.key, old)

    found = store.table(lambda key: measured_on(key, built("q")), lambda: "q")

    assert found.probes == built("q")
    assert found.key != old.key
    assert store.current() == found


def test_a_table_whose_probes_are_not_those_of_its_key_is_damaged(tmp_path: Path) -> None:
    keep(tmp_path, "0" * 64, measured_on("1" * 64, built("p")))

    with pytest.raises(ScoreTableError, match="is damaged"):
        kept(tmp_path, "0" * 64)


def test_the_same_table_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        keep(tmp_path / name, PLANTED.key, PLANTED)

    one, two = ((tmp_path / name / f"{PLANTED.key}.json").read_bytes() for name in ("one", "two"))
    assert one == two


@pytest.mark.parametrize("cut", [0, 1, 500])
def test_a_damaged_file_is_an_error_that_says_what_to_do(tmp_path: Path, cut: int) -> None:
    keep(tmp_path, PLANTED.key, PLANTED)
    file = tmp_path / f"{PLANTED.key}.json"
    file.write_bytes(file.read_bytes()[:cut])

    with pytest.raises(ScoreTableError, match="is damaged; delete it") as said:
        kept(tmp_path, PLANTED.key)

    assert str(file) in str(said.value)


def test_a_table_under_another_tables_name_is_damaged(tmp_path: Path) -> None:
    keep(tmp_path, PLANTED.key, PLANTED)
    (tmp_path / f"{PLANTED.key}.json").rename(tmp_path / f"{'1' * 64}.json")

    with pytest.raises(ScoreTableError, match="is damaged"):
        kept(tmp_path, "1" * 64)


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
