"""The time and the size of a gallery of ten thousand exhibits: `python -m benchmarks.gallery [STUDENTS]`.

Two thousand students hand in five right claims each, with notes; one in three has a sentence. The ledger, the heads'
patterns and the recomputed sentences are planted; a real `grade` process builds the gallery.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from grader.schema import Report
from tests.gallery.planted import KINDS, Class, claim

STUDENTS = 2000
"""Each has five claims: ten thousand exhibits."""
SEED = 7
WORDS = (
    "the",
    "head",
    "looks",
    "back",
    "at",
    "token",
    "before",
    "old",
    "door",
    "keys",
    "near",
    "river",
    "always",
    "far",
)


def reports(room: Class, students: int) -> Iterator[Report]:
    """Yield the students' reports."""
    random = Random(SEED)  # noqa: S311 - not a secret
    for number in range(students):
        claims = [
            claim(
                kind,
                random.randrange(4),
                " ".join(random.choices(WORDS, k=random.randrange(5, 40))),
                " ".join(random.choices(WORDS, k=random.randrange(6, 12))) if random.random() < 1 / 3 else None,
            )
            for kind in KINDS
        ]
        for each in claims:
            if each.evidence:
                room.keep_sentence(each)
        yield room.report(f"student{number:05}@school.example", claims)


def main() -> None:
    """Plant, build, and print time and size."""
    students = int(sys.argv[1]) if len(sys.argv) > 1 else STUDENTS
    with TemporaryDirectory() as folder:
        home, out = Path(folder) / "home", Path(folder) / "site"
        room = Class(home)
        room.keep_pictures()
        room.hand_in_all(reports(room, students))
        room.ledger.close()
        environment = {**os.environ, "GRADER_HOME": str(home), "GRADER_EXERCISES": str(home / "exercises")}
        began = time.perf_counter()
        command = [sys.executable, "-m", "grader.cli", "gallery", "build", "--out", str(out)]
        subprocess.run(command, env=environment, check=True)  # noqa: S603
        took = time.perf_counter() - began
        files = [file for file in out.rglob("*") if file.is_file()]
        by_folder: dict[str, list[int]] = {}
        for file in files:
            by_folder.setdefault(str(file.parent.relative_to(out)), []).append(file.stat().st_size)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        size = sum(map(sum, by_folder.values())) / 1e6
        lines = [
            f"{took:.1f} s, of which one core was busy for {used.ru_utime + used.ru_stime:.1f} s; "
            f"{used.ru_maxrss / 1024:.0f} MB of memory at most; {size:.0f} MB written"
        ]
        lines += [
            f"{name}: {len(sizes)} files, {max(sizes) / 1e3:.0f} kB at most"
            for name, sizes in sorted(by_folder.items())
        ]
        sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
