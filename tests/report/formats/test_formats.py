"""Every format by its name; a new one takes a file and a line."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.report import formats
from grader.report.formats import Format, Material, rendered
from grader.schema import Exercise, Report

ROOT = Path(__file__).parents[3]
FOLDER = Path(formats.__file__).parent
NEW_FILE = '''"""The report in one loud line."""

from grader.report.formats import Material


def show(material: Material) -> str:
    """Return the exercise and the score, loudly."""
    return f"{material.exercise.id.upper()} {material.report.score:.0%}!"
'''


def test_every_file_is_a_format() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - {"__init__"} == {form.name for form in Format}


@pytest.mark.parametrize("form", Format)
def test_a_format_shows_a_report(form: Format, report: Report, exercise: Exercise) -> None:
    text = rendered(form, Material(report, exercise, to_file=True))

    assert report.verdicts[0].outcome in text, "every format says what became of a claim"


def test_a_page_draws_only_what_its_student_may_see(verdicts_only: Report, exercise: Exercise) -> None:
    material = Material(verdicts_only, exercise, lambda: pytest.fail("drawn"), lambda: pytest.fail("measured"))

    assert rendered(Format.html, material).startswith("<!doctype html>")


def test_a_new_format_is_one_file_and_one_line(report: Report, exercise: Exercise, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "grader", tmp_path / "grader", ignore=shutil.ignore_patterns("__pycache__", "bundled"))
    folder = tmp_path / "grader" / FOLDER.relative_to(ROOT / "grader")
    (folder / "loud.py").write_text(NEW_FILE, encoding="utf-8")
    registry = (folder / "__init__.py").read_text(encoding="utf-8")
    line = re.findall(r"^    \w+ = \"\w+\"\n", registry, re.MULTILINE)[-1]
    (folder / "__init__.py").write_text(registry.replace(line, f'{line}    loud = "loud"\n'), encoding="utf-8")
    (tmp_path / "report.json").write_text(report.model_dump_json(), encoding="utf-8")
    (tmp_path / "exercise.json").write_text(exercise.model_dump_json(), encoding="utf-8")
    program = (
        "from pathlib import Path; from grader.cli.rendering import rendered; "
        "from grader.report.formats import Format; from grader.schema import Exercise, Report; "
        "report = Report.model_validate_json(Path('report.json').read_text()); "
        "exercise = Exercise.model_validate_json(Path('exercise.json').read_text()); "
        "print(rendered(Format('loud'), report, exercise, plain=True))"
    )

    printed = python(tmp_path, "-c", program)
    offered = python(tmp_path, "-m", "grader.cli", "submit", "--help")

    assert printed == f"{exercise.id.upper()} {report.score:.0%}!\n"
    assert "loud" in offered


def python(folder: Path, *words: str) -> str:
    """Return what Python prints, with the grader of this folder."""
    environment = {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1", "GRADER_HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout
