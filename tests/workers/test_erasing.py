"""A student is erased from a service while all its processes run; afterwards no file of it holds the student."""

import json
import os
import subprocess
import sys
from pathlib import Path

from grader.service import answers
from tests.support.servers import ROOT, wait_for
from tests.workers.support.service import INTAKE, RESULTS, Service, document, entry, induction

NAME = "zelda.99"
NOTE = "my very own remark on it"


def erase(service: Service, *options: str) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "grader.cli", "students", "erase", NAME, "--platform", "local", *options]
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRADER_")}
    return subprocess.run(
        argv, cwd=ROOT, env={**inherited, **service.environment}, capture_output=True, text=True, check=False
    )


def holding(folder: Path, words: tuple[str, ...]) -> set[tuple[str, str]]:
    """The files under the folder that hold one of the words, each with the word."""
    found = set()
    for file in folder.rglob("*"):
        if file.is_file():
            raw = file.read_bytes()
            found |= {(file.name, word) for word in words if word.encode() in raw}
    return found


def ids(service: Service) -> list[str]:
    return [fields["id"] for _, fields in service.client.xrange(RESULTS)]


def test_a_student_is_erased_while_everything_runs(tmp_path: Path) -> None:
    words = (NAME, NOTE, "local/z-1", "local/z-2", '"z-1"')
    with Service(tmp_path) as service:
        service.client.config_set("rdbcompression", "no")  # so that the server's files can be searched
        service.start("intake", "dispatch", "courier")
        service.worker("worker")
        service.hand_in(
            entry("z-1", document(induction(note=NOTE)), NAME),
            entry("z-2", "claims: [", NAME),
            {"id": "z-3", "submission": f"student: {NAME}\nclaims: ["},
            {**entry("z-4", document(induction()), NAME), "unknown": NOTE},
            entry("a-1", document(induction(note="a remark of another")), "ada"),
        )
        service.wait_for(graded=2, rejected=2)
        wait_for(lambda: len(ids(service)) == 4, "four results")
        wait_for(lambda: service.client.xlen(INTAKE) == 0, "the intake to be done")
        before = answers.result(service.ledger, "local", "a-1")
        kept = holding(tmp_path, words)
        assert {word for _, word in kept} >= {NAME, NOTE, "local/z-1"}

        listed, done = (erase(service, "--logs", str(tmp_path), *more) for more in ((), ("--yes",)))

        assert (listed.returncode, done.returncode) == (0, 0), (listed.stderr, done.stderr)
        assert "submissions" in listed.stdout
        assert ids(service) == ["a-1"] or set(ids(service)) == {"a-1", "z-3"}
        wait_for(lambda: not holding(tmp_path, words), "the last trace to go")
        service.hand_in(entry("a-2", document(induction(1, 2)), "cem"), entry("z-9", document(induction()), "zoe"))
        wait_for(lambda: {"a-2", "z-9"} <= set(ids(service)), "the service to go on")
        assert answers.result(service.ledger, "local", "a-1") == before
        assert all(part.running for part in service.parts.values())
        again = erase(service, "--logs", str(tmp_path), "--yes")
        assert again.stdout == f"{NAME} (platform local): nothing is kept\n"
        assert json.loads((service.home / "erasures.jsonl").read_text())["erased_at"]
    assert holding(tmp_path, (NAME, NOTE)) == set()
    assert holding(tmp_path, ("zoe",))
