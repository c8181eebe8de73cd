"""The Dockerfile: what a linter says of it, and whether what it copies is enough to build and run; nothing is built."""

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from grader import exercises
from grader.service.settings import VARIABLES

ROOT = Path(__file__).parents[2]
FILE = ROOT / "Dockerfile"
HADOLINT = Path(sys.executable).with_name("hadolint")
BUNDLED = "measuring/transformer/bundled/mini-gpt2"
MIGRATIONS = "ledger/migrations/versions"
WORKER = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["worker"]
ELSEWHERE = {"GRADER_HOME"}
"""What the grader itself is told, service or not."""

INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", FILE.read_text("utf-8"), flags=re.MULTILINE)).splitlines()
    if line
]
COPIED = [rest.split()[:-1] for name, rest in INSTRUCTIONS if name == "COPY" and not rest.startswith("--from=")]


def the_last(instruction: str) -> str:
    return [rest for name, rest in INSTRUCTIONS if name == instruction][-1]


def hadolint(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HADOLINT, "--no-color", file], capture_output=True, text=True, check=False, cwd=file.parent)


def test_hadolint_finds_nothing_and_is_told_to_overlook_nothing() -> None:
    said = hadolint(FILE)

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert "hadolint" not in FILE.read_text("utf-8")
    assert not list(ROOT.glob(".hadolint*"))


def test_hadolint_would_have_noticed(tmp_path: Path) -> None:
    broken = tmp_path / "Dockerfile"
    broken.write_text(FILE.read_text("utf-8").replace("-slim-bookworm", "").replace(":3.11.15", ":latest"), "utf-8")

    assert "DL3007" in hadolint(broken).stdout


def test_every_stage_starts_from_one_exact_python() -> None:
    images = {rest.split()[0] for name, rest in INSTRUCTIONS if name == "FROM"}

    assert len(images) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", images.pop())


def test_the_image_runs_as_the_user_to_whom_compose_gives_the_secrets() -> None:
    created = re.search(r"useradd .*--uid (\d+)", FILE.read_text("utf-8"))

    assert the_last("USER") == WORKER["user"]
    assert created
    assert the_last("USER") == f"{created[1]}:{created[1]}"


def test_the_image_alone_runs_what_compose_calls_a_worker() -> None:
    command = yaml.safe_load(the_last("CMD"))

    assert command == WORKER["command"]
    assert the_last("STOPSIGNAL") == "SIGTERM"
    assert "$GRADER_HEARTBEAT" in the_last("HEALTHCHECK")


def test_the_image_sets_variables_that_exist() -> None:
    given = dict(re.findall(r"(\w+)=(\S+)", the_last("ENV")))

    assert {name for name in given if name.startswith("GRADER_")} <= {*VARIABLES, *ELSEWHERE}
    assert f"find {given['GRADER_HEARTBEAT']} " in WORKER["healthcheck"]["test"][1]
    assert f"home:{given['GRADER_HOME']}" in WORKER["volumes"]


def test_no_folder_that_a_process_may_write_to_is_one_that_it_imports_from() -> None:
    given = dict(re.findall(r"(\w+)=(\S+)", the_last("ENV")))

    assert given["PYTHONSAFEPATH"] == "1"
    assert the_last("WORKDIR") == "/opt/grader"


def test_the_builder_sees_what_is_copied_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    seen = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert lines[0] == "*"
    assert seen == {source for sources in COPIED for source in sources}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built from what the Dockerfile copies and nothing else, installed into a folder of its own."""
    context, target = tmp_path_factory.mktemp("context"), tmp_path_factory.mktemp("installed")
    for sources in COPIED:
        for source in sources:
            path = ROOT / source
            if path.is_dir():
                shutil.copytree(path, context / source, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(path, context / source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--no-build-isolation", "--no-index", "--target", target, context], check=True)
    return target


def run(installed: Path, words: Sequence[str], home: Path) -> str:
    """What a module of the installed package prints; it sees no other copy of the grader."""
    environment = {"PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1", "GRADER_HOME": str(home)}
    command = [sys.executable, "-W", "error", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=home).stdout


def modules(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*.py")}


def test_the_installed_package_is_whole(installed: Path) -> None:
    grader = installed / "grader"
    names = {path.name for path in (ROOT / "grader" / MIGRATIONS).glob("*.py")}

    assert {path.name for path in (grader / MIGRATIONS).glob("*.py")} == names
    assert (grader / BUNDLED / "model.safetensors").read_bytes() == (
        ROOT / "grader" / BUNDLED / "model.safetensors"
    ).read_bytes()
    assert {path.parent.name for path in (grader / "exercises_shipped").glob("*/exercise.yaml")} == {
        path.parent.name for path in (ROOT / "exercises").glob("*/exercise.yaml")
    }
    assert modules(installed / "workers") == modules(ROOT / "workers")


def test_the_installed_package_migrates_and_lists_its_exercises(installed: Path, tmp_path: Path) -> None:
    assert run(installed, ["-c", "import grader, workers; print(grader.__file__)"], tmp_path).startswith(str(installed))
    assert "ledger.sqlite3" in run(installed, ["-m", "workers.migrate"], tmp_path)
    for exercise in exercises.available():
        assert exercise in run(installed, ["-m", "grader.cli", "exercises"], tmp_path)
