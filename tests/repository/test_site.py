"""The documentation as a site: it builds, holds every page, refuses a link that leads nowhere, and asks for nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import grader

ROOT = Path(__file__).parents[2]
MKDOCS = Path(sys.executable).with_name("mkdocs")
SOURCES = ("mkdocs.yml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE")
FOLDERS = ("docs", "exercises", "grader", "training", "benchmarks")
LOADED = re.compile(
    r"""<(?:script|img|iframe|source)\b[^>]*\bsrc=["']?([^"'\s>]+)|<link\b[^>]*\bhref=["']?([^"'\s>]+)"""
)
IMPORTED = re.compile(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//")


def build(root: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Return how `make docs` ends for this copy of the repository."""
    command = [MKDOCS, "build", "--strict", "--config-file", root / "mkdocs.yml", "--site-dir", site]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)

    assert built.returncode == 0, built.stderr
    return folder


def test_every_page_is_in_it(site: Path) -> None:
    pages = {page.relative_to(ROOT) for page in ROOT.glob("docs/**/*.md")}
    shown = {page.with_name("index.html") if page.name == "README.md" else page.with_suffix(".html") for page in pages}

    assert len(shown) > len(list(ROOT.glob("docs/adr/*.md")))
    assert [page for page in shown if not (site / page).is_file()] == []
    assert (site / "index.html").is_file()


def test_pictures_and_examples_are_in_it_and_programs_are_not(site: Path) -> None:
    for folder in ("pictures", "examples"):
        files = {path.name for path in (ROOT / "docs" / folder).iterdir()}
        assert {path.name for path in (site / "docs" / folder).iterdir()} == files
    assert list((site / "docs").glob("*.py")) == []


def test_the_reference_has_every_public_name(site: Path) -> None:
    reference = (site / "docs" / "reference.html").read_text(encoding="utf-8")

    assert [name for name in grader.__all__ if name[0] != "_" and f'id="grader.{name}"' not in reference] == []


def test_words_that_reports_link_to_have_their_anchors(site: Path) -> None:
    glossary = (site / "docs" / "glossary.html").read_text(encoding="utf-8")

    for word in ("share", "hit-rate", "lead", "lift", "probe", "slice", "query"):
        assert f'id="{word}"' in glossary


def test_it_loads_nothing_from_anywhere(site: Path) -> None:
    pages = [page for pattern in ("*.html", "*.css") for page in site.rglob(pattern)]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        loaded = [source or link for source, link in LOADED.findall(text)]
        assert [address for address in loaded if "//" in address] == [], page
        assert IMPORTED.search(text) is None, page


def test_a_link_or_an_anchor_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    for name in SOURCES:
        shutil.copy(ROOT / name, tmp_path)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    page = tmp_path / "docs" / "glossary.md"
    page.write_text(f"{page.read_text()}\n[one](nowhere.md), [two](security.md#nowhere), [three](adr)\n")

    built = build(tmp_path, tmp_path / "site")

    assert built.returncode != 0
    assert "'nowhere.md'" in built.stderr
    assert "'security.md#nowhere'" in built.stderr
    assert "'adr'" in built.stderr
