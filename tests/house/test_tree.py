"""The tree explains itself: small folders, modules that are one thing, tests that lie where the code lies."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MOST_ENTRIES = 20
"""The limit for a folder, its `__init__.py` included."""
MOST_LINES = 400
PRODUCT = ("grader", "workers")
BESIDE = {
    "browser",
    "containers",
    "evidence",
    "house",
    "lookalikes",
    "real",
    "repository",
    "support",
    "training",
    "workers",
}
"""Folders of tests that mirror no folder of `grader`."""


def folders() -> Iterator[Path]:
    for name in PRODUCT:
        yield from (each for each in [REPOSITORY / name, *(REPOSITORY / name).rglob("*")] if is_folder(each))


def is_folder(path: Path) -> bool:
    return path.is_dir() and "__pycache__" not in path.parts and any(path.rglob("*.py"))


def modules() -> list[Path]:
    return [file for name in PRODUCT for file in sorted((REPOSITORY / name).rglob("*.py"))]


def entries(folder: Path) -> list[str]:
    """The names in a folder, except those that hold nothing to read."""
    aside = {"__pycache__", "py.typed"}
    return [each.name for each in folder.iterdir() if each.name not in aside and not each.name.startswith(".")]


def test_no_folder_is_a_heap() -> None:
    assert {str(each): len(entries(each)) for each in folders() if len(entries(each)) > MOST_ENTRIES} == {}


def test_no_module_is_several_things() -> None:
    lengths = {str(file): len(file.read_text(encoding="utf-8").splitlines()) for file in modules()}

    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_every_folder_of_tests_mirrors_one_of_the_product() -> None:
    tested = {each.name for each in (REPOSITORY / "tests").iterdir() if is_folder(each)} - BESIDE

    assert tested - {each.name for each in (REPOSITORY / "grader").iterdir() if is_folder(each)} == set()


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(REPOSITORY)))
def test_a_module_says_what_it_is(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
