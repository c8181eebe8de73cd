"""Notebooks executed afresh, in a kernel of their own: `python -m tests.support.notebooks FILE` keeps small outputs."""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

KEPT = "text/plain"
"""The one form of a result that is kept in a file: pages are large, and a notebook draws them anew."""
WIDGET = "application/vnd.jupyter.widget-view+json"


def executed(file: Path) -> NotebookNode:
    """The notebook after all of its cells ran, in the environment of this process.

    Raises:
        CellExecutionError: One of them fails.
    """
    notebook = nbformat.read(file, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(file.parent)}}).execute()
    return notebook


def results(cell: NotebookNode) -> list[dict[str, str]]:
    """What a cell printed and returned, by its form, without warnings, bars and other widgets."""
    shown = [
        each for each in cell.get("outputs", []) if each.get("name") != "stderr" and WIDGET not in each.get("data", {})
    ]
    return [dict(each["data"]) if "data" in each else {KEPT: each["text"]} for each in shown]


def slim(notebook: NotebookNode) -> NotebookNode:
    """The notebook with results as plain text alone, and nothing that changes from run to run."""
    for cell in notebook.cells:
        cell.metadata = NotebookNode()
        if cell.cell_type == "code":
            texts = [each[KEPT] for each in results(cell) if KEPT in each]
            cell.execution_count = None
            cell.outputs = [nbformat.v4.new_output("display_data", data={KEPT: text}) for text in texts]
    notebook.metadata = NotebookNode(kernelspec=notebook.metadata.kernelspec)
    return notebook


if __name__ == "__main__":
    os.environ.setdefault("GRADER_HOME", str(Path.cwd() / "build" / "notebooks"))
    for name in sys.argv[1:]:
        nbformat.write(slim(executed(Path(name))), name)
