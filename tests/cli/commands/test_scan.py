"""`grade scan` as a real process."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import ID, KINDS, Bench

KEYS = ["layer", "head", "type", "offset", "relation", "direction"]
KEYS += ["share", "hit_rate", "baseline", "score", "interval", "queries", "confirmed", "too_close", "rank"]


def test_json_lists_every_head_under_every_kind_best_first(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "scan", ID, "--format", "json")
    scores = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    assert (scores["exercise"], scores["transformer"], len(scores["heads"])) == (ID, "tiny", 5 * 24)
    assert all(list(row) == KEYS for row in scores["heads"])
    assert [(r["layer"], r["head"]) for r in scores["heads"] if r["confirmed"]] == [bench.best[kind] for kind in KINDS]
    for number in range(5):
        rows = scores["heads"][24 * number : 24 * number + 24]
        assert [row["rank"] for row in rows] == list(range(1, 25))
        assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)


def test_one_kind_and_the_best_of_it_as_text(bench: Bench, home: Path) -> None:
    done = bench.grade(home, "scan", ID, "--type", "positional:-2", "--top", "2")
    layer, head = bench.best["positional:-2"]
    title, *rows = done.stdout.split("\n\n")[1].splitlines()

    assert title.startswith("positional, offset -2  (baseline ")
    assert len(rows) == 2
    assert rows[0].startswith(f"  L{layer}H{head}")
    assert [row.endswith("confirmed") for row in rows] == [True, False]


def test_a_page_shows_the_map_and_every_head(bench: Bench, home: Path, tmp_path: Path) -> None:
    done = bench.grade(home, "scan", ID, "--format", "html", "--out", tmp_path / "all.html")
    text = (tmp_path / "all.html").read_text(encoding="utf-8")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", f"written to {tmp_path / 'all.html'}\n")
    assert all(f'href="#head-{layer}-{head}"' in text for layer in range(3) for head in range(8))
    assert all(f'id="head-{layer}-{head}"' in text for layer in range(3) for head in range(8))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--type", "semantic", ID], f"{ID} does not ask for `semantic`; it asks for positional:-1, positional:-2"),
        (["--type", "nonsense", ID], "`nonsense`"),
        (["--type", "positional:one", ID], "`one` is not a whole number"),
        ([], "give either an exercise's id or --pattern FILE"),
        (["--pattern", "/nowhere.npz"], "cannot be read: "),
        (
            [ID, "--format", "html", "--out", "all.html", "--top", "3"],
            "a page shows every head and kind of an exercise",
        ),
    ],
)
def test_what_cannot_be_scanned_is_the_users_mistake(
    bench: Bench, home: Path, arguments: list[str], message: str
) -> None:
    done = bench.grade(home, "scan", *arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recorded_pattern_needs_no_exercise(bench: Bench, tmp_path: Path) -> None:
    """Two heads of one layer: the second looks at the previous token, the first at the first position."""
    attention = np.zeros((1, 2, 12, 12))
    attention[0, 0, :, 0] = attention[0, 1, 0, 0] = 1
    attention[0, 1, np.arange(1, 12), np.arange(11)] = 1
    np.savez(tmp_path / "seen.npz", token_ids=np.arange(12), attn=attention)
    done = bench.grade(tmp_path / "home", "scan", "--pattern", tmp_path / "seen.npz", "--format", "json")

    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)["heads"]
    assert [(row["head"], row["share"], row["confirmed"]) for row in rows] == [(1, 1, True), (0, 0, False)]


def test_a_folder_in_place_of_a_kept_file_is_no_error_of_the_grader(bench: Bench, home: Path, tmp_path: Path) -> None:
    (kept,) = (home / "tables").glob("*.examples.npz")
    kept.unlink()
    kept.mkdir()

    done = bench.grade(home, "scan", ID, "--html", tmp_path / "all.html")

    assert (done.returncode, done.stdout) == (3, "")
    assert f"grade: {kept} is damaged; delete it" in done.stderr


def test_heads_are_scored_whatever_the_guess_rule_says(bench: Bench, home: Path, tmp_path: Path) -> None:
    """Otherwise `passing`, which comes from the scan, could not be put right by one."""
    folder = tmp_path / "mine" / "rich-heads"
    folder.mkdir(parents=True)
    text = (bench.root / "exercises" / ID / "exercise.yaml").read_text()
    (folder / "exercise.yaml").write_text(
        text.replace(f"id: {ID}", "id: rich-heads").replace("passing: 1", "passing: 20")
    )
    claimed = bench.submission(tmp_path, bench.claim("induction"), name="rich-heads")
    known = {"GRADER_EXERCISES": str(folder.parent)}
    scanned, checked, graded = bench.grade_all(
        home,
        ("scan", "rich-heads", "--top", "1"),
        ("exercises", "check", folder),
        ("submit", claimed),
        **known,
    )

    assert (scanned[0], scanned[2]) == (0, "")
    assert "confirmed" in scanned[1]
    assert (checked[0], "guessing pays: " in checked[1]) == (2, True)
    assert (graded[0], "guessing pays: " in graded[2]) == (3, True)
