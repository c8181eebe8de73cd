"""The wheel, as `pip install` and `uv tool install` get it: built, installed into a fresh environment, and tried.

Nothing is downloaded: what the wheel depends on is what these tests run with.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Mapping
from email.parser import HeaderParser
from importlib.metadata import Distribution, distribution
from pathlib import Path
from shutil import copytree
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from grader import __version__, exercises
from grader.measuring.tables.carried import FILE_NAME as SCORES
from grader.measuring.tables.carried import Carried, entries_of, packed
from grader.measuring.tables.digests import basis_of
from tests.support import readers
from tests.support.offline import offline

ROOT = Path(__file__).parents[2]
GRADER = ROOT / "grader"
LARGEST = 200
"""The most megabytes of the small installation, without compiled copies of modules."""
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
EXTRAS = {"measure", "notebook", "service", "test", "docs"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder]
    subprocess.run([*PIP, "wheel", *options, ROOT], check=True, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment with the wheel in it; everything else comes from the tests' own."""
    folder = tmp_path_factory.mktemp("fresh") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([*PIP, "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    paths = {name: str(folder) for name in ("base", "platbase")}
    (Path(sysconfig.get_path("purelib", vars=paths)) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return folder


def small_closure() -> dict[str, Distribution]:
    """Everything that `pip install head-grader` installs, without any extra, by name."""
    found: dict[str, Distribution] = {}
    waiting = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    while waiting:
        wanted = Requirement(waiting.pop())
        extras = wanted.extras or {""}
        name = canonicalize_name(wanted.name)
        if name not in found and (not wanted.marker or any(wanted.marker.evaluate({"extra": e}) for e in extras)):
            found[name] = distribution(name)
            needed = map(Requirement, found[name].requires or ())
            waiting += [str(each) for each in needed if not each.marker or each.marker.evaluate({"extra": ""})]
    return found


@pytest.fixture(scope="module")
def small(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment of the small installation: links to what is installed here, and nothing else."""
    folder = tmp_path_factory.mktemp("small") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    subprocess.run([*PIP, "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel], check=True)
    site = Path(sysconfig.get_path("purelib", vars={name: str(folder) for name in ("base", "platbase")}))
    for package in small_closure().values():
        for top in {file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__")}:
            (site / top).symlink_to(Path(str(package.locate_file(top))))
    return folder


def run(environment: Path, folder: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Return how a command of the environment ends, in a folder in which the grader does not lie."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GRADER_", "PYTHON"))}
    told: Mapping[str, str] = {**inherited, "GRADER_HOME": str(folder / "home"), "COLUMNS": "80", **variables}
    command = [environment / "bin" / words[0], *words[1:]]
    return subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)


def test_it_holds_every_file_of_the_packages(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    files = {
        path.relative_to(ROOT).as_posix()
        for package in ("grader", "workers")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert files - held == set()
    for needed in ("grader/py.typed", "grader/base/locale/ko/LC_MESSAGES/grader.mo"):
        assert needed in held
    for folder in ("ledger/migrations/versions", "measuring/transformer/bundled/mini-gpt2", "report/templates"):
        assert [name for name in held if name.startswith(f"grader/{folder}/")]


def test_it_holds_the_exercises(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "exercises").rglob("*") if path.is_file()}

    assert {f"grader/exercises_shipped/{name.removeprefix('exercises/')}" for name in files} - held == set()


def test_it_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in ZipFile(wheel).namelist()}

    assert tops == {"grader", "workers", f"head_grader-{__version__}.dist-info"}


def test_its_extras_are_named_by_what_they_are_for(wheel: Path) -> None:
    archive = ZipFile(wheel)
    (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
    metadata = HeaderParser().parsestr(archive.read(name).decode())

    assert (metadata["Name"], metadata["Version"]) == ("head-grader", __version__)
    assert set(metadata.get_all("Provides-Extra", [])) >= EXTRAS


def test_its_own_grader_runs(environment: Path, tmp_path: Path) -> None:
    program = "import grader, workers; print(grader.__file__); print(workers.__file__)"
    places = run(environment, tmp_path, "python", "-c", program).stdout.split()

    assert len(places) == 2
    assert all(place.startswith(str(environment)) for place in places)


def test_it_lists_the_exercises_and_prints_schemas(environment: Path, tmp_path: Path) -> None:
    listed = run(environment, tmp_path, "grade", "exercises")
    schema = run(environment, tmp_path, "grade", "schema", "submission")

    assert (listed.returncode, schema.returncode) == (0, 0)
    assert [name for name in exercises.available() if name not in listed.stdout] == []
    assert schema.stdout == (ROOT / "docs" / "schema" / "submission.json").read_text(encoding="utf-8")


def test_it_checks_and_grades_the_example(environment: Path, tmp_path: Path) -> None:
    example = tmp_path / "my_heads.yaml"
    example.write_bytes((ROOT / "exercises" / "mini-heads" / "my_heads.yaml").read_bytes())

    checked = run(environment, tmp_path, "grade", "check", "my_heads.yaml")
    graded = run(environment, tmp_path, "grade", "submit", "my_heads.yaml")
    in_korean = run(environment, tmp_path, "grade", "--lang", "ko", "submit", "my_heads.yaml", "--format", "html")

    assert checked.stdout.startswith("my_heads.yaml is valid")
    assert (graded.returncode, graded.stderr) == (0, "")
    assert re.search(r"^✓ passed", graded.stdout, re.MULTILINE)
    assert '<html lang="ko">' in in_korean.stdout


def test_the_small_installation_is_small_and_cannot_measure(small: Path, tmp_path: Path) -> None:
    closure = small_closure()
    files = (file for package in closure.values() for file in package.files or () if file.suffix != ".pyc")
    megabytes = sum(place.stat().st_size for file in files if (place := Path(str(file.locate()))).is_file()) / 1e6

    assert not {"torch", "transformers", "tokenizers", "safetensors", "matplotlib", "wordfreq"} & closure.keys()
    assert megabytes < LARGEST
    assert run(small, tmp_path, "python", "-c", "import torch").stderr.endswith("No module named 'torch'\n")


@pytest.mark.parametrize("name", ["mini-heads", "mini-circuit"])
def test_the_small_installation_gives_the_same_report(
    small: Path, environment: Path, tmp_path: Path, name: str
) -> None:
    example = tmp_path / "my_heads.yaml"
    example.write_bytes((ROOT / "exercises" / name / "my_heads.yaml").read_bytes())
    words = ("grade", "submit", "my_heads.yaml", "--format", "html" if name == "mini-heads" else "json")
    here, there = (run(each, tmp_path, *words) for each in (small, environment))

    assert (here.stderr, here.returncode) == ("", there.returncode)
    assert here.stdout == there.stdout
    assert ("<svg" in here.stdout) == (name == "mini-heads")


@pytest.mark.parametrize(
    ("part", "other", "told"),
    [
        ("code", "0" * 64, ("were measured by other code", "install the version of head-grader that published them")),
        ("transformer", "0" * 64, ("are of other weights", "`grade exercises publish stale`")),
    ],
    ids=["code", "weights"],
)
def test_the_small_installation_says_why_carried_scores_are_not_used(
    small: Path, tmp_path: Path, part: str, other: str, told: tuple[str, ...]
) -> None:
    folder = tmp_path / "shelf" / "stale"
    copytree(ROOT / "exercises" / "mini-heads", folder)
    text = (folder / exercises.FILE_NAME).read_text()
    (folder / exercises.FILE_NAME).write_text(text.replace("id: mini-heads", "id: stale"))
    scores = Carried(folder / SCORES)
    assert scores.table is not None
    assert scores.table.basis is not None
    basis = basis_of(scores.table.digest, [each.kind.type for each in scores.table.kinds], scores.table.basis.precision)
    stale = scores.table.model_copy(update={"basis": basis.model_copy(update={part: other})})
    (folder / SCORES).write_bytes(packed(dict(entries_of(stale, {}))))
    words = ("grade", "submit", str(folder / "my_heads.yaml"), "--exercise", "stale")
    done = run(small, tmp_path, *words, GRADER_EXERCISES=str(folder.parent))

    assert done.returncode == 3, done.stdout
    assert "Traceback" not in done.stderr
    for words in (str(folder / SCORES), *told, "python -m pip install 'head-grader[measure]'"):
        assert words in done.stderr


def test_a_package_made_in_the_small_installation_is_graded_in_it(wheel: Path, small: Path, tmp_path: Path) -> None:
    made = run(small, tmp_path, "grade", "package", "gradescope", "mini-heads", "--out", "x.zip")
    root = tmp_path / "autograder"
    with ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(root / "source")
    (root / "venv").symlink_to(small)
    (root / "submission").mkdir()
    (root / "submission" / "mine.yaml").write_bytes((ROOT / "exercises" / "mini-heads" / "my_heads.yaml").read_bytes())

    done = offline(["bash", root / "source" / "run_autograder"], root, AUTOGRADER=str(root))
    results = readers.gradescope((root / "results" / "results.json").read_text())
    (packed,) = (root / "source").glob("*.whl")

    assert (made.returncode, done.returncode, done.stderr) == (0, 0, "")
    assert (results["score"], results["extra_data"]["passed"]) == (64, True)
    assert (packed.name, set(ZipFile(packed).namelist())) == (wheel.name, set(ZipFile(wheel).namelist()))


def test_the_small_installation_says_what_a_worker_lacks(small: Path, tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from grader.service.laboratories import Laboratories; "
        "Laboratories(Path('tables')).preload(['bert-heads'])"
    )
    ended = run(small, tmp_path, "python", "-c", program)

    assert "NotInstalled: loading bert: this needs torch, which is not installed" in ended.stderr


def test_the_small_installation_checks_explores_hints_and_counts(small: Path, tmp_path: Path) -> None:
    example, out = ROOT / "exercises" / "mini-heads" / "my_heads.yaml", tmp_path / "page"
    done = [
        run(small, tmp_path, "grade", *words)
        for words in (
            ("check", str(example)),
            ("explore", "build", "--out", str(out)),
            ("hint", "mini-heads", "induction"),
            ("progress",),
        )
    ]

    assert [(each.returncode, each.stderr) for each in done if each.returncode] == []
    assert {file.name for file in out.iterdir() if not file.name.startswith(".")} == {"index.html", "transformer.js"}


def test_the_small_installation_is_checked_whole(small: Path, tmp_path: Path) -> None:
    done = run(small, tmp_path, "grade", "doctor")

    assert done.stderr == ""
    assert "transformer gpt2" in done.stdout
    assert "score table" in done.stdout


@pytest.mark.parametrize(
    "words", [("show", "0", "6"), ("exercises", "publish", "mini-heads"), ("explore", "--transformer", ".")]
)
def test_what_must_be_measured_says_how_to_install_the_rest(
    small: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = run(small, tmp_path, "grade", *words)

    assert done.returncode == 3, done.stdout
    assert "python -m pip install 'head-grader[measure]'" in done.stderr
    assert "Traceback" not in done.stderr
