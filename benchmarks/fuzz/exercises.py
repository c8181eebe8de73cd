"""Exercises and lists of known heads with mistakes: read as an instructor's are, without measuring anything."""

import random
from pathlib import Path

from benchmarks.fuzz.submissions import ODD, PIECES, Unexplained, changed
from grader import exercises
from grader.base.errors import GraderError
from grader.exercises import known_heads
from grader.exercises.names import head_named, kind_named

SHIPPED = Path(__file__).parents[2] / "exercises"


def case(rng: random.Random, folder: Path) -> None:
    """Read one exercise, its known heads, and one name of a kind and of a head, each with a few changes."""
    pieces = [*ODD, *PIECES]
    source = rng.choice(sorted(each for each in SHIPPED.iterdir() if (each / exercises.FILE_NAME).is_file()))
    own = folder / source.name
    own.mkdir(exist_ok=True)
    for name in (exercises.FILE_NAME, known_heads.FILE_NAME):
        if (source / name).is_file():
            text = changed((source / name).read_text(encoding="utf-8"), rng, pieces)
            (own / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    for read in (
        lambda: exercises.load(own),
        lambda: known_heads.of_exercise(own),
        lambda: kind_named(changed(rng.choice(PIECES), rng, pieces)),
        lambda: head_named(changed(rng.choice(PIECES), rng, pieces).split(" "), (6, 8), "mini", "grade show"),
    ):
        try:
            read()
        except GraderError as error:
            if not str(error).strip():
                raise Unexplained from error
