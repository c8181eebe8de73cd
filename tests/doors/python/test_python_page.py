"""The page on Python: its code runs from top to bottom and prints what it says; so does the example notebook."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import nbformat
import pytest

import grader
from tests.support.notebooks import executed, results, slim

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "python.md").read_text(encoding="utf-8")
NOTEBOOK = DOCS / "examples" / "heads.ipynb"
EXPLORING = DOCS / "examples" / "explore.ipynb"
WIDGET = "application/vnd.jupyter.widget-view+json"
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)
MOST_BYTES = 20_000
"""Of a notebook with its small outputs."""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which `mini-heads` is measured once for the whole module."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def at_home(measured: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADER_HOME", str(measured))
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(measured / name.lower()))


def test_the_code_of_the_page_prints_what_the_page_says() -> None:
    blocks = BLOCK.findall(PAGE)
    names: dict[str, object] = {}
    for code, expected in blocks:
        printed = StringIO()
        with redirect_stdout(printed):
            exec(compile(code, "python.md", "exec"), names)  # noqa: S102 - the page is ours

        assert printed.getvalue() == expected, code
    assert len(blocks) > 10


def test_the_reference_has_every_name_and_no_other() -> None:
    reference = PAGE.partition("## Reference")[2]
    named = {
        each for row in re.findall(r"^\| (`.*?) \|", reference, re.MULTILINE) for each in re.findall(r"`(\w+)", row)
    }

    assert named == set(grader.__all__)


def test_the_notebook_runs_and_says_what_is_kept_in_it() -> None:
    kept, fresh = nbformat.read(NOTEBOOK, as_version=4), executed(NOTEBOOK)
    shown = [each["text/html"] for cell in fresh.cells for each in results(cell) if "text/html" in each]
    frames = [each for each in shown if "<iframe" in each]

    assert len(frames) == 4, "scores, a pattern, a report, scores again"
    assert slim(fresh).cells == kept.cells, "python -m tests.support.notebooks docs/examples/heads.ipynb"
    assert NOTEBOOK.stat().st_size < MOST_BYTES


def test_a_notebook_shows_a_widget_and_a_frame() -> None:
    kept, fresh = nbformat.read(EXPLORING, as_version=4), executed(EXPLORING)
    widget, frame = (cell.outputs[-1]["data"] for cell in fresh.cells if cell.cell_type == "code")

    assert (WIDGET in widget, widget["text/plain"]) == (True, "<HeadsWidget of mini-gpt2>")
    assert "<iframe" in frame["text/html"]
    assert slim(fresh).cells == kept.cells, "python -m tests.support.notebooks docs/examples/explore.ipynb"
