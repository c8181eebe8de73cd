"""The package for nbgrader: an assignment with a notebook, whose last cell grades the claims in it."""

import json
from typing import Any

import yaml

from grader.doors.packages.introduction import introduction
from grader.doors.packages.making import EXERCISES, Files, Order, Package, common
from grader.report.text import asked

NOTEBOOK = "heads.ipynb"
SCHEMA = 3
"""The version of nbgrader's metadata."""
CLAIMS = """\
# claims = [{example}]
claims = []
### BEGIN SOLUTION
### END SOLUTION
"""
GRADE = """\
from pathlib import Path

import grader

grader.check(Path("{place}"), claims, points={points:g})
"""


def files(order: Order) -> Files:
    """Return the files of a course: the assignment in its folder `source`, and the wheel to install."""
    assignment = f"source/{order.exercise.id}/"
    shared = common(order)
    within = {f"{assignment}{name}": content for name, content in shared.items() if name.startswith(EXERCISES)}
    others = {name: content for name, content in shared.items() if not name.startswith(EXERCISES)}
    return others | within | {f"{assignment}{NOTEBOOK}": _notebook(order)}


def _notebook(order: Order) -> bytes:
    exercise = order.exercise
    example = yaml.safe_load(asked.example(exercise.kinds[0]))
    grade = GRADE.format(place=f"{EXERCISES}/{exercise.id}", points=order.full)
    cells = [
        _cell("markdown", "introduction", introduction(exercise).markdown, locked=True),
        _cell("code", "claims", CLAIMS.format(example=json.dumps(example)), solution=True),
        _cell("code", "grade", grade, locked=True, grade=True, points=order.full),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()


def _cell(kind: str, name: str, source: str, **marks: object) -> dict[str, Any]:
    """Return a cell with nbgrader's marks, which say what students may change and what is graded."""
    given = {"grade": False, "locked": False, "solution": False, "task": False, **marks}
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": name,
        "metadata": {"nbgrader": {"grade_id": name, "schema_version": SCHEMA, **given}},
        "source": source.rstrip("\n").splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


PACKAGE = Package(
    files,
    "copy the folder {out}/source/{exercise} into your course's folder `source`, and install the wheel in {out} into "
    "the kernel of students and of the autograder",
    is_public=True,
)
