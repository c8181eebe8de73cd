"""Every command and page with an exercise, a submission, a file name and a queue's result that try to fool a screen."""

import csv
import io
import json
import re
import shutil
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from grader.base.errors import Problem
from grader.base.language import LANGUAGES
from grader.base.screen import harmless
from grader.cli import outcome
from grader.cli.console import say
from grader.schema.queue import Result
from tests.cli.conftest import ID, KINDS, Bench

POISON = "\x1b[31m\x9b2J\x07\u202egnp\u2066\u200b\u2028\u2029\ufeff\u00ad\U000e0041"

WRITTEN = "\u202egnp\u2066\u200b\u2028\u2029\ufeff\u00ad\U000e0041"
"""The part of it that files may have: they are refused with control characters."""


def in_yaml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


IN_YAML = in_yaml(WRITTEN)
ALLOWED = "\n\t"


def raw(text: str) -> set[str]:
    """The characters in a text that do not belong on a screen."""
    harmful = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    return {character for character in text if unicodedata.category(character) in harmful} - set(ALLOWED)


def isolates(words: Sequence[str | Path]) -> set[str]:
    """The characters with which pages keep a token in its place that is written from right to left."""
    return {"\u2068", "\u2069"} if {"html", "svg"} & set(words) else set()


@pytest.fixture(scope="module")
def poisoned(cold: tuple[Bench, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Path]:
    """A bench whose exercise is poisoned, and a home with its measured heads."""
    clean, tables = cold
    root = tmp_path_factory.mktemp("poison")
    shutil.copytree(clean.root / "exercises" / ID, root / "exercises" / ID)
    (root / "tiny").symlink_to(clean.root / "tiny")
    file = root / "exercises" / ID / "exercise.yaml"
    text = file.read_text(encoding="utf-8")
    text = text.replace("title: Heads of a tiny transformer", f"title: {in_yaml('Heads' + WRITTEN)}")
    text = text.replace("source: the best head's own", f"source: {IN_YAML}")
    text = text.replace("    heads: 1\n", f"    heads: 1\n    hint: {IN_YAML}\n")
    file.write_text(text, encoding="utf-8")
    shutil.copytree(tables, root / "home" / "tables")
    return Bench(root, clean.best), root / "home"


def submissions(bench: Bench, folder: Path) -> tuple[Path, Path]:
    """A submission that passes and one that cannot be read, both under file names that fool."""
    more = f", note: {in_yaml('=1+1' + WRITTEN)}, evidence: {in_yaml('a cat and a cat ' + WRITTEN)}"
    claims = [bench.claim(kind, more=more if kind == "induction" else f", note: {IN_YAML}") for kind in KINDS]
    good = bench.submission(folder, *claims)
    good = good.rename(folder / "my\u202e\x1b[31m.yaml")
    good.write_text(good.read_text(encoding="utf-8") + "gallery: true\n", encoding="utf-8")
    bad = bench.submission(folder, f"{{layer: 0, head: {IN_YAML}, {IN_YAML}: 1, type: {IN_YAML}}}")
    return good, bad.rename(folder / "bad\u202e\x1b[31m.yaml")


def test_nothing_raw_comes_out_of_any_command_or_page(poisoned: tuple[Bench, Path], tmp_path: Path) -> None:
    bench, home = poisoned
    good, bad = submissions(bench, tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    formats = ("text", "json", "html", "gradescope", "junit")
    right: list[list[str | Path]] = [
        *(["submit", good, "--format", form] for form in formats),
        *(["--lang", "ko", "submit", good, "--format", form, "--out", out / f"good.{form}"] for form in formats),
        *(["check", good, "--format", form] for form in ("text", "json")),
        *(["exercises", *more] for more in ([], [ID], ["--format", "json"], [ID, "--format", "json"])),
        *(["hint", ID, "induction", "--yes", "--format", form] for form in ("text", "json")),
        *(["scan", ID, "--format", form] for form in ("text", "json", "html")),
        *(["calibrate", ID, "--format", form] for form in ("text", "json", "html")),
        *(["grades", ID, "--format", form] for form in ("text", "json", "csv", "canvas", "moodle")),
        *(["cohort", ID, "--names", "--format", form] for form in ("text", "json", "html")),
        *(["whatif", ID, "--set", "budget=6", "--format", form] for form in ("text", "json", "csv")),
        ["regrade", ID, "--reason", POISON],
        *(["show", "0", "1", "--exercise", ID, "--text", f"a {POISON}", "--format", form] for form in ("text", "svg")),
        ["show", "0", "1", "--exercise", ID, "--text", f"a {POISON}", "--out", out / "show.html"],
        *(["progress", "--format", form] for form in ("text", "json")),
        ["gallery", "build", "--out", out / "site", "--title", POISON, "--recompute"],
    ]
    wrong: list[list[str | Path]] = [
        *(["submit", bad, "--format", form, "--out", out / f"bad.{form}"] for form in formats),
        *(["check", bad, "--format", form] for form in ("text", "json")),
        *(["progress", POISON, "--format", form] for form in ("text", "json")),
        ["exercises", POISON],
        ["hint", ID, POISON],
        ["whatif", ID, "--set", POISON],
        ["whatif", ID, "--set", f"budget={POISON}"],
        ["status", POISON],
        ["report", POISON, "--format", "junit"],
        ["dead", "show", POISON],
        ["submit", POISON],
        ["submit", good, "--format", POISON],
        ["scan", ID, "--type", POISON],
        [POISON],
        ["--lang", POISON, "progress"],
    ]

    for command, (code, printed, said) in zip([*right, *wrong], bench.grade_all(home, *right, *wrong), strict=True):
        assert (code == 0) == (command in right), (command, said)
        assert "This is an error of the grader" not in said, (command, said)
        assert raw(printed) - isolates(command) == set(), (command, printed)
        assert raw(said) == set(), (command, said)
    written = [file for file in out.rglob("*") if file.is_file()]
    assert len(written) > 40
    for file in written:
        content = file.read_text(encoding="utf-8")
        assert raw(content) - isolates([file.suffix[1:]]) == set(), file
        if file.suffix in (".svg", ".xml", ".junit"):
            ElementTree.fromstring(content)  # noqa: S314 - our own


def test_json_gives_back_what_was_written(poisoned: tuple[Bench, Path], tmp_path: Path) -> None:
    bench, home = poisoned
    good, _ = submissions(bench, tmp_path)
    ((_, printed, _said),) = bench.grade_all(home, ["submit", good, "--format", "json"])

    assert WRITTEN in {verdict["claim"]["note"] for verdict in json.loads(printed)["verdicts"]}


def test_a_queues_result_is_shown_harmlessly(capsys: pytest.CaptureFixture[str]) -> None:
    problem = Problem(POISON, f"{POISON}\nfake.yaml:1: passed", where=POISON)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    facts: dict[str, Any] = {"platform": "lms", "id": "a", "received_at": now, "finished_at": now, "tries": 2}
    result = Result(
        **facts, state="rejected", says=POISON, student=POISON, exercise=None, problems=(problem,), reason=POISON
    )
    say(outcome.summary(result))
    printed = capsys.readouterr().out

    assert raw(printed) == set()
    assert harmless(POISON) in printed
    assert not re.search("^fake", printed, re.MULTILINE)


def test_a_spreadsheet_runs_no_formula(poisoned: tuple[Bench, Path], tmp_path: Path) -> None:
    bench, home = poisoned
    file = bench.submission(tmp_path, *map(bench.claim, KINDS), student="ada")
    asked = ["whatif", ID, "--set", "budget=6", "--format", "csv"]
    _, (code, table, said) = bench.grade_all(home, ["submit", file], asked)

    assert code == 0, said
    assert all(not cell.startswith(("=", "@")) for row in csv.reader(io.StringIO(table)) for cell in row)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_and_hints_have_no_raw_backticks(
    cold: tuple[Bench, Path], home: Path, tmp_path: Path, language: str
) -> None:
    bench = cold[0]
    file = bench.failing(tmp_path)
    spoken = ["--lang", language]
    results = bench.grade_all(
        home,
        [*spoken, "submit", file, "--format", "html"],
        [*spoken, "gallery", "build", "--out", tmp_path / "site"],
    )
    pages = [results[0][1], *(page.read_text(encoding="utf-8") for page in (tmp_path / "site").rglob("*.html"))]

    for page in pages:
        text = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
        assert "`" not in text
