"""The page for instructors, run from top to bottom: its commands do what it says, with the numbers that it shows."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from grader.cli import app

PAGE = (Path(__file__).parents[2] / "docs" / "instructors.md").read_text(encoding="utf-8")
STEP = re.compile(r"```(sh|text|diff)\n(.*?)```|((?:^\|[^\n]*\|\n)+)", re.DOTALL | re.MULTILINE)
KINDS = {"pronoun_antecedent": "syntactic, relation: pronoun_antecedent"}


class Reader:
    """Somebody who does what the page says, and compares."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.output = folder, ""

    def sh(self, block: str) -> None:
        self.output = ""
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[0] == "mkdir":
                (self.folder / words[1]).mkdir()
            elif words[0] == "grade":
                done = CliRunner().invoke(app, words[1:], catch_exceptions=False)
                assert done.exit_code == 0, (line, done.output)
                self.output += done.output

    def text(self, block: str) -> None:
        printed = self.output.splitlines()
        shown = [line for line in block.splitlines() if line.strip() not in ("", "...")]
        places = [next((n for n, out in enumerate(printed) if out.endswith(line)), -1) for line in shown]

        assert [line for line, place in zip(shown, places, strict=True) if place < 0] == []
        assert places == sorted(places)

    def diff(self, block: str) -> None:
        file = self.folder / "course" / "our-heads" / "exercise.yaml"
        text = file.read_text()
        for old, new in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)+)", block, re.MULTILINE):
            before, after = (re.sub(r"^[-+]", "", lines, flags=re.MULTILINE) for lines in (old, new))
            at = text.index(before.rstrip("\n"))
            text = text[:at] + after.rstrip("\n") + text[at:].removeprefix(before.rstrip("\n"))
        file.write_text(text)

    def hand_in(self, table: str) -> None:
        for student, claims in re.findall(r"^\| (\w+) \| (L\dH.*) \|$", table, re.MULTILINE):
            lines = [
                f"  - {{layer: {layer}, head: {head}, type: {KINDS.get(kind, kind)}}}"
                for layer, head, kind in re.findall(r"L(\d)H(\d) (\w+)", claims)
            ]
            file = self.folder / f"{student}.yaml"
            file.write_text("\n".join(["exercise: our-heads", f"student: {student}", "claims:", *lines, ""]))
            assert CliRunner().invoke(app, ["submit", str(file)]).exit_code in {0, 1}


def test_the_page_is_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADER_EXERCISES", str(tmp_path / "course"))
    monkeypatch.setenv("GRADER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("GRADER_DATABASE_URL", raising=False)
    reader = Reader(tmp_path)
    blocks = 0
    for language, block, table in STEP.findall(PAGE):
        if table:
            reader.hand_in(table)
        else:
            getattr(reader, language)(block)
            blocks += 1

    assert blocks == PAGE.count("```") // 2
