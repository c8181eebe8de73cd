"""A tiny transformer, an exercise on it that only its best heads pass, and real `grade` processes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grader import exercises
from grader.grading.standings import Standings
from grader.laboratory import Laboratory
from tests.support.tiny import saved

REPOSITORY = Path(__file__).parents[2]
ID = "tiny-heads"
KINDS = ("positional:-1", "positional:-2", "positional:-3", "induction", "duplicate_token")
EXERCISE = """\
id: tiny-heads
version: 1
title: Heads of a tiny transformer
transformer: {name: tiny, family: decoder, layers: 3, heads: 8}
probes:
  {seed: 3, random_sequences: 4, repeat_sequences: 6, sentences: 20, category_sequences: 10, rare_sequences: 10}
budget: 5
wrong_costs: 20
borderline: as_measured
kinds:
"""


RUN = """
import contextlib, io, json, sys
from grader.cli import main
results = []
for arguments in json.loads(sys.argv[1]):
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\\n", write_through=True) for _ in range(2))
    code, sys.argv = 0, ["grade", *arguments]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
    results.append([code, *(stream.buffer.getvalue().decode() for stream in (out, err))])
print(json.dumps(results))
"""
"""Runs several commands in one process, which is faster, and prints the code and both outputs of each."""


@dataclass(frozen=True)
class Bench:
    """The folder of exercises and weights, and the best head of each kind, the only one that passes."""

    root: Path
    best: dict[str, tuple[int, int]] = field(default_factory=dict)
    folder: str = "exercises"

    def environment(self, home: Path, **more: str) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("GRADER_", "COLUMNS"))}
        ours = {
            "GRADER_HOME": str(home),
            "GRADER_EXERCISES": str(self.root / self.folder),
            "GRADER_TRANSFORMER_TINY": str(self.root / "tiny"),
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": "1",
            "USER": "login-name",
            "LOGNAME": "login-name",
        }
        return {**clean, **ours, **more}

    def python(self, home: Path, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=REPOSITORY,
            env=self.environment(home, **more),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )

    def grade(self, home: Path, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return self.python(home, "-m", "grader.cli", *arguments, **more)

    def grade_all(self, home: Path, *commands: Sequence[str | Path], **more: str) -> list[tuple[int, str, str]]:
        """Run the commands one after another in one process, and return the code and both outputs of each."""
        done = self.python(
            home, "-c", RUN, json.dumps([[str(word) for word in command] for command in commands]), **more
        )
        assert done.returncode == 0, done.stderr
        return [(code, printed, said) for code, printed, said in json.loads(done.stdout.splitlines()[-1])]

    def imported(self, home: Path, *arguments: str | Path) -> tuple[int, set[str]]:
        """Return the exit code of a command, and the top-level modules that it has imported."""
        script = (
            "import sys; from grader.cli import main; code = 0\n"
            "try: main()\n"
            "except SystemExit as stop: code = stop.code\n"
            "print(); print(code or 0, *sorted({name.split('.')[0] for name in sys.modules}), "
            "*(name for name in sys.modules if name == 'rich.progress'))"
        )
        code, *names = self.python(home, "-c", script, *arguments).stdout.splitlines()[-1].split()
        return int(code), set(names)

    def submission(self, folder: Path, *claims: str, student: str | None = "ada", name: str = ID) -> Path:
        """Write a submission with claims such as `{layer: 0, head: 1, type: induction}`."""
        lines = [f"exercise: {name}", *([f"student: {student}"] if student else []), "claims:"]
        file = folder / "my_heads.yaml"
        file.write_text("\n".join([*lines, *(f"  - {claim}" for claim in claims), ""]))
        return file

    def claim(self, kind: str, *, right: bool = True, more: str = "") -> str:
        """Return a claim about the best head of a kind, or about one that does not pass."""
        layer, head = self.best[kind] if right else next((0, n) for n in range(8) if (0, n) not in self.best.values())
        type_, _, offset = kind.partition(":")
        return f"{{layer: {layer}, head: {head}, type: {type_}{f', offset: {offset}' if offset else ''}{more}}}"

    def passing(self, folder: Path, **more: str | None) -> Path:
        """Write a submission with every kind's best head."""
        return self.submission(folder, *map(self.claim, KINDS), **more)  # type: ignore[arg-type]

    def failing(self, folder: Path) -> Path:
        return self.submission(folder, self.claim("induction", right=False))


def written(root: Path, thresholds: dict[str, float], **more: str) -> Path:
    """Write the exercise, with a threshold on the share of each kind, and return its folder."""
    lines = []
    for kind in KINDS:
        type_, _, offset = kind.partition(":")
        lines.append(f"  - type: {type_}\n    heads: 1\n    points: 10\n    passing: 1\n    thresholds:")
        if offset:
            lines[-1] = lines[-1].replace("\n", f"\n    offset: {offset}\n", 1)
            lines.append("      - {statistic: hit_rate, at_least: 0, source: none is needed here}")
        slices = ", slices: [repeats]" if type_ == "duplicate_token" else ""
        share = f"{{statistic: share, at_least: {thresholds.get(kind, 1)}, source: the best head's own{slices}}}"
        lines.append(f"      - {share}")
    name = more.pop("id", ID)
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    extra = "".join(f"{key}: {value}\n" for key, value in more.items())
    text = EXERCISE.replace(ID, name).replace("kinds:\n", extra + "kinds:\n")
    (folder / "exercise.yaml").write_text(text + "\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="session")
def cold(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Path]:
    """The bench, and a folder with the exercise's score table."""
    root = tmp_path_factory.mktemp("bench")
    weights, tables = saved(root / "tiny", "llama"), root / "kept" / "tables"
    asked = exercises.load(written(root / "exercises", {}))
    laboratory = Laboratory(asked, tables, explicit=weights)
    standings = Standings(asked, laboratory.table)
    best = {kind: min(ranks, key=ranks.__getitem__) for kind, ranks in standings.ranks.items()}
    scores = {kind: standings.by_kind[kind][place].measured.score for kind, place in best.items()}
    for feedback in ("all", "verdicts", "score"):
        name = ID if feedback == "all" else f"{ID}-{feedback}"
        written(root / "exercises", scores, id=name, feedback=feedback)
    return Bench(root, best), tables


@pytest.fixture(scope="session")
def bench(cold: tuple[Bench, Path]) -> Bench:
    return cold[0]


@pytest.fixture
def home(cold: tuple[Bench, Path], tmp_path: Path) -> Path:
    """A new home in which the exercise has been measured already."""
    place = tmp_path / "home"
    shutil.copytree(cold[1], place / "tables")
    return place
