"""A package for a platform in the making: the grader's wheel, the exercise with its scores, and the platform's files.

Every package carries the exercise's scores, so that the small installation without torch is enough where it runs.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import jinja2

from grader import exercises
from grader.base.errors import InvalidInput, Problem
from grader.base.files import write_whole
from grader.base.language import spoken
from grader.doors.packages.archives import mode, zipped
from grader.doors.packages.introduction import introduction, start
from grader.doors.packages.wheel import versions, wheel
from grader.exercises import FILE_NAME
from grader.laboratory import Laboratory
from grader.laboratory.publishing import measured
from grader.measuring.tables.carried import FILE_NAME as SCORES
from grader.measuring.tables.carried import packed
from grader.schema import Exercise

Files = dict[str, bytes]
"""The files of a package by their paths in it."""
EXERCISES = "exercises"
"""The folder in a package that holds the exercise's folder."""
CONSTRAINTS = "constraints.txt"
MY_HEADS = "my_heads.yaml"
"""The name under which students hand in, and of the example beside an exercise."""


class Order(NamedTuple):
    """Everything that a package is made from."""

    exercise: Exercise
    folder: Path
    """The exercise's folder."""
    scores: bytes
    """The scores that travel with it."""
    points: float | None
    """The points of a full score on the platform; None for those that the platform or the exercise says."""

    @property
    def full(self) -> float:
        """The points of a full score."""
        return float(self.exercise.points) if self.points is None else self.points

    @property
    def is_shipped(self) -> bool:
        """True if the exercise comes with the grader, so that every installation has it."""
        return self.folder.parent == exercises.shipped()

    def beside(self, name: str) -> bytes:
        """Return a file of the exercise's folder; empty if there is none."""
        path = self.folder / name
        return path.read_bytes() if path.is_file() else b""


class Package(NamedTuple):
    """A package for one platform."""

    files: Callable[[Order], Files]
    next_steps: str
    """The steps after it is written, for the instructor; `{out}` is its place and `{exercise}` the exercise's id."""
    is_zip: bool = False
    """True for one archive, False for a folder."""
    is_public: bool = False
    """True if students get it, with the exercise's scores."""


def order_for(exercise_id: str, lab: Laboratory, points: float | None) -> Order:
    """Return the order for an exercise; without scores that can be used here, its heads are measured now.

    Raises:
        GraderError: It has no scores, and cannot be measured here.
    """
    folder = exercises.available()[exercise_id]
    travels = lab.store.fitting() is not None
    scores = (folder / SCORES).read_bytes() if travels else packed(measured(lab, folder))
    return Order(lab.exercise, folder, scores, points)


def common(order: Order, place: str = "") -> Files:
    """Return the files that every package has, in the folder `place`: wheel, constraints, exercise and scores."""
    name, content = wheel()
    folder = f"{place}{EXERCISES}/{order.exercise.id}"
    return {
        f"{place}{name}": content,
        f"{place}{CONSTRAINTS}": versions().encode(),
        f"{folder}/{FILE_NAME}": order.beside(FILE_NAME),
        f"{folder}/{SCORES}": order.scores,
    }


def filled(folder: Path, order: Order, **values: object) -> Files:
    """Return a platform's own files: the templates in a folder, with the exercise's values in them."""
    environment = jinja2.Environment(  # noqa: S701 - scripts and settings, no HTML; each value is checked or quoted
        loader=jinja2.FileSystemLoader(folder, encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        variable_start_string="[[",
        variable_end_string="]]",
        block_start_string="[%",
        block_end_string="%]",
    )
    known = {
        "exercise": order.exercise,
        "file": MY_HEADS,
        "introduction": introduction(order.exercise),
        "start": start(order.exercise),
        "points": f"{order.full:g}",
        "language": spoken(),
        **values,
    }
    return {
        name.removesuffix(".jinja"): environment.get_template(name).render(known).encode()
        for name in environment.list_templates()
    }


def write(package: Package, files: Mapping[str, bytes], out: Path) -> None:
    """Write a package to its place; a folder must be new or empty, so that nothing is mixed.

    Raises:
        InvalidInput: It cannot be written there.
    """
    try:
        if package.is_zip:
            if out.is_dir():
                raise InvalidInput(str(out), [Problem("unwritable", "this is a folder; name a file, such as x.zip")])
            write_whole(out, zipped(files))
            return
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InvalidInput(str(out), [Problem("unwritable", "this is not an empty folder; name a new one")])
        for name, content in files.items():
            write_whole(out / name, content)
            (out / name).chmod(mode(content))
    except OSError as error:
        raise InvalidInput(str(out), [Problem("unwritable", f"cannot be written: {error.strerror}")]) from None
