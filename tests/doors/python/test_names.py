"""`import grader` is light, and gives the names that it says, with their types and what there is to say of them."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import grader
from grader.doors import python as door

ROOT = Path(__file__).parents[3]
SHELL = {"torch", "transformers", "pydantic", "numpy", "typer", "rich", "jinja2", "pandas", "tqdm"}
FUNCTIONS = ("load_exercise", "grade", "check", "scan", "attention", "explore", "show")
USES = """\
import grader

exercise: grader.Exercise = grader.load_exercise("mini-heads")
report: grader.Report = grader.grade(
    exercise, [grader.Claim(layer=0, head=3, type="positional", offset=-1), {"layer": 1, "head": 7, "type": "semantic"}]
)
verdicts: tuple[grader.Verdict, ...] = report.verdicts
scores: grader.Scores = grader.scan(exercise, kinds=["induction"])
best: tuple[grader.Score, ...] = scores.best("induction", 2)
place: str = best[0].place
pattern: grader.Pattern = grader.attention(exercise, layer=1, head=7, text="one two one two")
first: str = pattern.tokens[0]
page: str = grader.show(pattern.weights, pattern.tokens).page
"""
MYPY = """\
[mypy]
strict = True
[mypy-torch.*,transformers.*,huggingface_hub.*]
# To read them takes a minute.
follow_imports = skip
"""


def imported(code: str) -> set[str]:
    """The modules that a process has after running the code."""
    printed = subprocess.check_output([sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], text=True)
    return set(printed.split())


def checked(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """What mypy says of a program that lies elsewhere, as strictly as it can."""
    (folder / "program.py").write_text(code)
    (folder / "mypy.ini").write_text(MYPY)
    command = [sys.executable, "-m", "mypy", "program.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_to_import_it_imports_nothing_but_itself() -> None:
    names = {name for name in imported("import grader") if name.startswith("grader")}

    assert names == {"grader"}
    assert imported("import grader").isdisjoint(SHELL)


def test_a_name_is_loaded_when_it_is_used_and_torch_not_even_then() -> None:
    names = imported("import grader; [getattr(grader, name) for name in grader.__all__]")

    assert "grader.doors.python" in names
    assert names.isdisjoint({"torch", "transformers", "typer", "rich", "jinja2", "pandas", "tqdm", "grader.cli"})


def test_the_names_are_those_of_the_door() -> None:
    tree = ast.parse(Path(grader.__file__).read_text())
    promised = [name.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names]

    assert set(grader.__all__) == {*door.__all__, "__version__"}
    assert set(door.__all__) <= set(promised)
    assert all(getattr(grader, name) is getattr(door, name) for name in door.__all__)
    assert set(grader.__all__) <= set(dir(grader))


def test_a_name_that_there_is_not_is_said_as_python_says_it() -> None:
    with pytest.raises(AttributeError, match="module 'grader' has no attribute 'grading_of_sorts'"):
        getattr(grader, "grading_of_sorts")  # noqa: B009 - mypy knows better
    assert imported("from grader import exercises") >= {"grader.exercises"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_tells_all_of_its_arguments_what_it_returns_and_what_may_go_wrong(name: str) -> None:
    function = getattr(grader, name)
    text = inspect.getdoc(function) or ""
    arguments = text.partition("Args:")[2].partition("Returns:")[0]

    assert [each for each in inspect.signature(function).parameters if f"    {each}: " not in arguments] == []
    assert "Returns:" in text
    assert "Raises:" in text


@pytest.mark.parametrize("name", ["Score", "Pattern", "AttentionPage"])
def test_every_result_tells_all_of_its_attributes(name: str) -> None:
    result = getattr(grader, name)
    text = inspect.getdoc(result) or ""

    assert [each for each in inspect.get_annotations(result) if f"    {each}: " not in text] == []


def test_the_wheel_says_that_it_has_types() -> None:
    carried = {file.relative_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}

    assert str(Path("grader", "py.typed")) in carried


def test_mypy_reads_the_types_in_a_program(tmp_path: Path) -> None:
    right = checked(tmp_path, USES)
    wrong = checked(tmp_path, USES + "length: int = pattern.tokens\ngrader.scan(exercise, model=1)\n")

    assert (right.returncode, right.stdout) == (0, "Success: no issues found in 1 source file\n")
    assert wrong.returncode == 1
    assert 'Incompatible types in assignment (expression has type "tuple[str, ...]"' in wrong.stdout
    assert 'No overload variant of "scan" matches argument types "Exercise", "int"' in wrong.stdout
