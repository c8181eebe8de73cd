"""`grade gallery` as a real process."""

import http.client
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gallery.planted import Class, right

HEAVY = {"torch", "transformers", "safetensors", "matplotlib"}


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Class:
    found = Class(tmp_path_factory.mktemp("lesson"))
    found.keep_pictures()
    found.hand_in("ada", *right(0, "a note", "the keys are red"))
    found.ledger.close()
    return found


def command(lesson: Class, *arguments: str | Path, python: tuple[str, ...] = ("-m", "grader.cli")) -> list[str]:
    return [sys.executable, *python, *map(str, arguments)]


def environment(lesson: Class) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("GRADER_")}
    ours = {
        "GRADER_HOME": str(lesson.home),
        "GRADER_EXERCISES": str(lesson.home / "exercises"),
        "PYTHONUNBUFFERED": "1",
    }
    return clean | ours | {"LANG": "C.UTF-8"}


def grade(lesson: Class, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(lesson, *arguments), env=environment(lesson), capture_output=True, text=True, check=False, timeout=120
    )


def test_the_site_is_built_and_what_cannot_be_drawn_is_said(lesson: Class, tmp_path: Path) -> None:
    done = grade(
        lesson, "gallery", "build", "--out", tmp_path / "site", "--exercise", lesson.asked.id, "--title", "Ours"
    )

    assert (done.returncode, done.stdout) == (0, "")
    assert "--recompute" in done.stderr
    assert "confirmed claims: 5; submissions: 1" in done.stderr
    assert "<h1>Ours</h1>" in (tmp_path / "site" / "index.html").read_text()


def test_building_loads_no_transformer(lesson: Class, tmp_path: Path) -> None:
    script = (
        "import sys; from grader.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        command(lesson, "gallery", "build", "--out", tmp_path / "site", python=("-c", script)),
        env=environment(lesson),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert (tmp_path / "site" / "index.html").is_file()
    assert HEAVY & set(done.stdout.split()) == set()


def test_a_users_mistakes_are_said(lesson: Class, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    into = grade(lesson, "gallery", "build", "--out", tmp_path)
    unknown = grade(lesson, "gallery", "build", "--out", tmp_path / "site", "--exercise", "planted-haeds")

    address = grade(lesson, "gallery", "build", "--out", tmp_path / "site", "--url", "javascript:alert(1)")

    assert (into.returncode, unknown.returncode, address.returncode) == (2, 2, 2)
    assert "not-a-gallery" in into.stderr
    assert lesson.asked.id in unknown.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt"]


def test_it_is_served_until_it_is_interrupted(lesson: Class, tmp_path: Path) -> None:
    grade(lesson, "gallery", "build", "--out", tmp_path / "site")
    serving = subprocess.Popen(
        command(lesson, "gallery", "serve", tmp_path / "site", "--port", "0"),
        env=environment(lesson),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    try:
        address = serving.stdout.readline().strip()
        connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"))
        connection.request("GET", "/")
        page = connection.getresponse().read().decode()
        connection.close()
    finally:
        serving.send_signal(2)
        serving.wait(30)
        serving.stdout.close()

    assert address.startswith("http://127.0.0.1:")
    assert "Gallery of attention heads" in page
    assert serving.returncode == 130
