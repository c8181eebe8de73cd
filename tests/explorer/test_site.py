"""The page as a folder: everything that it hands out, and what is refused."""

import json
import re
from pathlib import Path

import pytest

from grader import exercises
from grader.base.errors import InvalidInput, UnsupportedTransformer
from grader.explorer import site
from grader.gallery import exploring
from grader.measuring.transformer import Loaded, load
from grader.schema import Exercise
from tests.gallery.conftest import build
from tests.gallery.planted import Class, gallery, right

GIVEN = re.compile(r'<script type="application/json" id="given">(.*?)</script>', re.DOTALL)
MEASURED = {"score", "scores", "share", "hit_rate", "standing", "standings", "measured", "threshold", "outcome", "rank"}
"""Names under which the grader writes what it measured."""


@pytest.fixture(scope="module")
def exercise() -> Exercise:
    return exercises.load("mini-heads")


@pytest.fixture(scope="module")
def loaded(exercise: Exercise) -> Loaded:
    return load(exercise.transformer, dtype=exercise.probes.precision)


@pytest.fixture(scope="module")
def built(exercise: Exercise, loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "site"
    site.build(exercise, loaded, out)
    return out


def names_in(value: object) -> set[str]:
    """All keys at any depth."""
    if isinstance(value, dict):
        return set(value).union(*map(names_in, value.values()))
    return set().union(*map(names_in, value)) if isinstance(value, list) else set()


def given_in(page: Path) -> dict[str, object]:
    match = GIVEN.search(page.read_text(encoding="utf-8"))
    assert match
    return dict(json.loads(match[1]))


def test_the_folder_holds_the_page_and_its_transformer(built: Path) -> None:
    assert {file.name for file in built.iterdir()} == {site.INDEX, site.SCRIPT, site.EXPLORER.name}
    assert (built / site.INDEX).stat().st_size < 300_000
    assert not re.search(r'(src|href)="(https?:)?//', (built / site.INDEX).read_text(encoding="utf-8"))


def test_nothing_that_was_measured_is_handed_out(built: Path) -> None:
    content = given_in(built / site.INDEX)["content"]

    assert names_in(content) & MEASURED == set()
    assert re.findall(r"\d\.\d\d+", json.dumps(content)) == []


def test_a_folder_of_somebody_else_is_left_alone(exercise: Exercise, loaded: Loaded, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="not one that `grade explore build` wrote"):
        site.build(exercise, loaded, tmp_path)

    assert [file.name for file in tmp_path.iterdir()] == ["precious.txt"]


@pytest.mark.parametrize("name", ["loop", "x" * 300, "x" * 250, "file/below"])
def test_a_place_that_cannot_be_written_to_is_said(
    exercise: Exercise, loaded: Loaded, tmp_path: Path, name: str
) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInput, match=r"\[unwritable\]"):
        site.build(exercise, loaded, tmp_path / name)


def test_a_service_is_one_that_the_page_may_reach(exercise: Exercise, loaded: Loaded) -> None:
    page = site.beside(exercise, loaded, "https://heads.example/course/1")

    assert "connect-src 'self' https://heads.example\"" in page
    for wrong in ("javascript:alert(1)", "https://heads.example; script-src *", "heads.example", 'https://a.b/"'):
        with pytest.raises(InvalidInput, match="not the address of a service"):
            site.refuse_address(wrong)


def test_an_exercise_whose_transformer_cannot_run_in_a_browser_is_refused_with_advice(
    loaded: Loaded, exercise: Exercise, tmp_path: Path
) -> None:
    loaded.model.config.scale_attn_by_inverse_layer_idx = True
    try:
        with pytest.raises(UnsupportedTransformer, match="Explore it on this machine instead: grade explore"):
            site.build(exercise, loaded, tmp_path / "site")
    finally:
        loaded.model.config.scale_attn_by_inverse_layer_idx = False
    assert list(tmp_path.iterdir()) == []


def test_entries_of_a_gallery_lead_to_the_head_on_a_sentence_that_is_shown_whole(
    exercise: Exercise, tmp_path: Path
) -> None:
    room = Class(tmp_path / "room")
    room.hand_in("ada", *right(0, "a note", "the keys & the doors are red"))
    room.hand_in("bob42", *right(1, "a note", "the keys of bob42 are red"))
    asked = room.asked.model_copy(update={"transformer": exercise.transformer})
    shown = gallery(room.exhibits(), {room.asked.id: room})
    explorable = {room.asked.id: exploring.explorable([asked.model_copy(update={"id": room.asked.id})])[room.asked.id]}
    out = build(type(shown)(**{**vars(shown), "explorable": explorable}), tmp_path / "site")
    links = {file.name: re.findall(r'href="\.\./(explore-.*?)"', file.read_text()) for file in out.glob("entry/*.html")}
    (page,) = out.glob("explore-*.html")

    assert all(len(each) == 1 and each[0].startswith(f"{page.name}#") for each in links.values())
    assert sum("text=the+keys+%26+the+doors+are+red&amp;head=" in each for (each,) in links.values()) == 5
    assert not any("bob42" in each for (each,) in links.values())
    assert (out / str(given_in(page)["source"]["script"])).is_file()  # type: ignore[index]
