"""The deployment as the pages have it, block by block in real containers; the tests run in their order."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from json import JSONDecodeError
from pathlib import Path
from typing import Any

import httpx
import pytest

from grader.service import streams
from tests.containers.deployment import EXAMPLE, PROCESSES, PUBLIC, Deployment, Page
from tests.containers.engine import Engine, Missing, podman
from tests.support.servers import wait_for

pytestmark = pytest.mark.containers

README, OPERATIONS, WEB_DOOR = Page("README.md"), Page("docs/operations.md"), Page("docs/web-door.md")
OWN = "own-heads"
OLDER = """
import sys
from pathlib import Path
import sqlalchemy as sa
from grader.ledger.migrations import upgrade
from grader.schema import Report

engine = sa.create_engine(Path("/run/secrets/ledger_url").read_text().strip())
report = Report.model_validate_json(sys.stdin.buffer.read())
columns = "submission, first_of, student, exercise, exercise_version, content_hash, reason, report, created_at"
with engine.begin() as connection:
    upgrade(connection, "0001")
    connection.execute(
        sa.text(f"INSERT INTO reports ({columns}) VALUES (:{columns.replace(', ', ', :')})"),
        {
            "submission": "a1", "first_of": "a1", "student": "ada", "exercise": report.exercise,
            "exercise_version": report.exercise_version, "content_hash": report.content_hash, "reason": "",
            "report": report.model_dump_json(), "created_at": "2026-11-01T10:00:00.000000Z",
        },
    )
"""
"""Runs in a container: makes a ledger as the first version had it, with one report."""
END = "---- exit code"
REFUSED = {
    "grade students roster --from-platform --platform canvas --course 4711": "no launch has told",
    "grade students show --report 812": "812",
    "grade students extend ada mini-heads --until 2026-12-08T23:59+01:00 --reason 'ill, note of 1 December'": (
        "no deadline"
    ),
    "grade lti deployment canvas 123:8865aa05b4b79b64a91a86042e43af5ea8ae79eb": "did not register itself",
}
"""Commands of the pages that need a platform, a report or a deadline which is not there, and what they say."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine; afterwards nothing of it is left on the machine."""
    try:
        with Engine(tmp_path_factory.mktemp("engine"), "grader-test") as started:
            yield started
    except Missing as missing:
        pytest.fail(str(missing))
    wait_for(lambda: started.left() == [], "the processes beside the containers end")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, engine: Engine) -> Deployment:
    """The service, after the page's five steps."""
    there = Deployment(tmp_path_factory.mktemp("deployment"), "grader-test", engine)
    there.sh(OPERATIONS.block('docker compose build --build-arg PIP_EXTRA_INDEX_URL="$TORCH_CPU_INDEX"\n'))
    for words in ("deploy/platforms.example.yaml", "deploy/make_secrets.py", "sudo install", "docker compose ps"):
        there.sh(OPERATIONS.block(words))
    there.wait_until_well()
    certificate = WEB_DOOR.block("openssl req")
    there.sh(certificate)
    there.sh(
        certificate.replace("grader.example", "localhost").replace("/web_", "/valkey_").replace("101:101", "999:999")
    )
    there.sh(OPERATIONS.block("deploy/tls.yaml up"))
    there.sh(WEB_DOOR.block("deploy/web.yaml up"))
    there.sh(OPERATIONS.block("> .env").replace("compose.yaml:", "compose.yaml:deploy/tls.yaml:"))
    there.wait_until_well()
    return there


def own_exercise(folder: Path) -> str:
    """Write an exercise of somebody's own, which asks for the heads of the shipped one; return its example."""
    shutil.copytree(EXAMPLE.parent, folder / OWN)
    for file in (folder / OWN / "exercise.yaml", folder / OWN / "my_heads.yaml"):
        file.write_text(file.read_text("utf-8").replace("mini-heads", OWN), "utf-8")
    return (folder / OWN / "my_heads.yaml").read_text("utf-8")


def run_all(deployed: Deployment, commands: list[str]) -> dict[str, str]:
    """Return what each of a page's commands says; all of them in one container of the service `operator`."""
    script = "".join(f"{{ {command}\n}} 2>&1 < /dev/null; printf '\\n{END} %s\\n' $?\n" for command in commands)
    (deployed.folder / "commands.sh").write_text(script, "utf-8")
    *parts, _ = re.split(rf"\n{END} (\d+)\n", deployed.sh("docker compose run --rm -T operator sh < commands.sh"))
    said = dict(zip(commands, parts[::2], strict=True))
    for command, code in zip(commands, parts[1::2], strict=True):
        assert (code in {"2", "3"}) if command in REFUSED else (code == "0"), f"{command}\n{said[command]}"
        assert REFUSED.get(command, "") in said[command]
    return said


def troubles(doctor: str) -> set[str]:
    """Return what `grade doctor` says should be looked at."""
    return set(re.findall(r"^LOOK  (\w+)", doctor, re.MULTILINE))


def _answered(deployed: Deployment, path: str) -> tuple[int, Any]:
    """Return what the web door answers, or an error of the proxy."""
    try:
        return deployed.ask(path)
    except (httpx.TransportError, JSONDecodeError) as error:
        return 0, error


def test_the_image_alone_grades(deployed: Deployment) -> None:
    assert "64 of 120 points" in deployed.sh(README.block("docker build"))


def test_what_comes_in_is_graded_and_every_container_is_confined(deployed: Deployment) -> None:
    example = EXAMPLE.read_text("utf-8")
    own = own_exercise(deployed.folder / "course")
    answers = [
        deployed.answer("canvas", "a1-ada-1", "ada", example),
        deployed.answer("moodle", "s1", "bob", example),
        deployed.answer("moodle", "own-1", "bob", own),
    ]

    assert [answer["state"] for answer in answers] == ["graded"] * 3
    project = deployed.project
    assert {name for name in project.services if project.health(name) == ["healthy"]} == {
        "valkey",
        "postgres",
        *PROCESSES,
    }
    assert project.health("proxy") == ["running"]
    for name, service in project.services.items():
        for container in project.containers(name):
            if name != "migrate":
                seen = podman("exec", container, "sh", "-c", "id -u; touch /opt/x 2>&1; grep CapEff /proc/1/status")
                user, refused, capabilities = seen.stdout.splitlines()
                assert f"{user}:{user}" == service["user"]
                assert "Read-only file system" in refused
                assert int(capabilities.split()[1], 16) == 0


def test_what_comes_in_over_https_is_graded_once(deployed: Deployment) -> None:
    (proxy,) = deployed.project.containers("proxy")
    assert "syntax is ok" in podman("exec", proxy, "nginx", "-t").stderr
    of_token = WEB_DOOR.commands("grade platforms token canvas --expires")
    said = run_all(deployed, [*Page("docs/visitors.md").commands(), *of_token])
    assert "revoke" in list(said)[-1]

    shutil.copy(EXAMPLE, deployed.folder)
    hand_in, read = re.findall(r"<!-- run: curl -->\n```sh\n(.*?)```", WEB_DOOR.text, re.DOTALL)
    given = {"WEB": f"https://{PUBLIC}", "TOKEN_FILE": "out/canvas.token"}
    taken, again = (json.loads(deployed.sh(hand_in, **given)) for _ in range(2))
    assert (taken["id"], again["id"]) == ("2026-a1-ada-1", "2026-a1-ada-1")
    assert taken["url"] == f"https://{PUBLIC}/submissions/2026-a1-ada-1"
    token = (deployed.folder / "out" / "canvas.token").read_text("ascii").strip()
    path = "/submissions/2026-a1-ada-1"
    wait_for(lambda: deployed.ask(path, token)[1]["state"] == "graded", "it is graded")
    assert "64 of 120 points" in deployed.sh(read, **given)
    status, progress = deployed.ask("/students/ada/progress", token)
    assert (status, progress["xp"]) == (200, 80)
    assert deployed.ask(path)[0] == 401
    assert '"canvas/2026-a1-ada-1"' in deployed.sh(OPERATIONS.block("docker compose logs"))
    assert deployed.ask("/health")[0] == 200


def test_the_keys_for_lti_are_published_and_stay(deployed: Deployment) -> None:
    pages = [Page(f"docs/platforms/{name}.md") for name in ("canvas", "moodle")]
    assert all("`grade lti keys --rotate`" in page.text for page in pages)
    made = run_all(
        deployed, ["grade lti keys --rotate", *(line for page in pages for line in page.commands()), "grade lti list"]
    )
    assert "https://heads.example.edu/" in made["grade lti register moodle --url https://heads.example.edu"]

    status, published = deployed.ask("/lti/keys")
    (key,) = re.findall(r"(\S+)  signs", made["grade lti keys --rotate"])
    assert (status, key in {each["kid"] for each in published["keys"]}) == (200, True)
    deployed.sh("docker compose up --detach --force-recreate web")
    deployed.wait_until_well()
    wait_for(lambda: _answered(deployed, "/lti/keys") == (200, published), "the proxy finds the new container")


def test_every_command_of_the_page_works_where_the_page_says(deployed: Deployment) -> None:
    commands = OPERATIONS.block("docker compose run --rm operator grade doctor").splitlines()
    wait_for(lambda: deployed.tried(commands[0]).returncode == 0, "the doctor finds nothing")
    said = {command: deployed.sh(command) for command in commands}

    assert len(said) >= 5
    assert troubles(said[commands[0]]) <= {"transformer", "tokens"}  # those of other exercises; that of twelve hours
    assert "graded" in said[commands[1]]
    assert (deployed.folder / "out" / "gallery" / "index.html").is_file()
    assert "OK" in deployed.sh(OPERATIONS.block("ACL LOAD"))
    deployed.wait_until_well()
    own = ("regrade mini-heads --reason tried", f"exercises check /course/{OWN}", "report a1-ada-1 --platform canvas")
    run_all(deployed, [f"grade {command}" for command in own])


def test_every_command_for_instructors_works_on_the_class_of_the_service(deployed: Deployment) -> None:
    page = Page("docs/instructors.md")
    begin, *rest = page.commands()
    run_all(deployed, [begin])
    shutil.move(deployed.folder / "out" / "course" / "our-heads", deployed.folder / "course" / "our-heads")
    claims = "exercise: our-heads\nclaims:\n  - {layer: 0, head: 5, type: positional, offset: -1}\n"
    assert deployed.answer("moodle", "ours-1", "cem", claims)["state"] == "graded"

    said = run_all(deployed, [line.replace("check course", "check /course").replace("bob", "cem") for line in rest])
    assert "1 student" in said["grade grades our-heads"]

    (deployed.folder / "out" / "class.csv").write_text("student,section\nada,A\neve,B\n", "utf-8")
    said = run_all(deployed, Page("docs/students.md").commands())
    assert "never handed in" in said["grade students list mini-heads"]
    assert (deployed.folder / "out" / "students.csv").stat().st_uid == 10001


def test_a_submission_is_held_while_its_exercise_has_a_mistake(deployed: Deployment) -> None:
    file = deployed.folder / "course" / OWN / "exercise.yaml"
    right = file.read_text("utf-8")
    file.write_text(right.replace("claims", "claimz").replace("kinds:", "kindz:"), "utf-8")
    own = (file.parent / "my_heads.yaml").read_text("utf-8")
    deployed.hand_in("moodle", "held-1", "eve", own)
    assert deployed.answer("moodle", "s2", "eve", EXAMPLE.read_text("utf-8"))["state"] == "graded"

    doctor = deployed.tried("docker compose run --rm operator grade doctor")
    assert (doctor.returncode, "1 wait until their exercise is mended" in doctor.stdout) == (3, True), doctor.stdout
    checked = deployed.tried(f"docker compose run --rm operator grade exercises check /course/{OWN}")
    assert (checked.returncode, "kindz" in checked.stdout + checked.stderr) == (2, True)
    assert deployed.state("moodle", "held-1")["state"] == "received"

    file.write_text(right, "utf-8")
    wait_for(lambda: deployed.state("moodle", "held-1")["state"] == "graded", "the held one is graded", 150)


def test_a_dead_letter_is_replayed_with_the_keys_at_hand(deployed: Deployment) -> None:
    with deployed.queue("canvas") as client:
        client.xadd(
            streams.intake("canvas"), {"id": "unsigned", "submission": "x", "student": "ada", "key_id": "canvas-2026"}
        )
    wait_for(lambda: "letter:1" in deployed.operator("grade dead list"), "the letter is there")

    list_, show, replay, dismiss = (
        line.replace("letter:12", "letter:1") for line in OPERATIONS.commands("grade dead list")
    )
    assert "unsigned" in run_all(deployed, [list_, show])[show]
    again = deployed.tried(f"docker compose run --rm operator {replay.replace('canvas/a1-ada-1', 'letter:1')}")
    assert "unsigned" in again.stdout + again.stderr
    assert "cannot be read" not in again.stdout + again.stderr
    run_all(deployed, [dismiss])
    assert "letter:1" not in deployed.operator("grade dead list")


def test_more_workers_start_beside_each_other(deployed: Deployment) -> None:
    deployed.sh(OPERATIONS.block("--scale worker=3"))
    assert len(deployed.project.containers("worker")) == 3
    deployed.sh("docker compose up --detach")
    assert len(deployed.project.containers("worker")) == 1
    deployed.wait_until_well()


def test_a_backup_that_was_made_while_it_runs_comes_back(deployed: Deployment) -> None:
    said = deployed.sh(OPERATIONS.block('grade backup --out "$(date'))
    assert "whole; made at" in said
    (file,) = (deployed.folder / "out").glob("*.zip")
    assert (file.stat().st_uid, file.stat().st_mode & 0o777) == (10001, 0o600)
    example = EXAMPLE.read_text("utf-8")
    before = deployed.operator("grade grades mini-heads --format csv")
    assert deployed.answer("moodle", "later", "fay", example)["state"] == "graded"
    assert deployed.operator("grade grades mini-heads --format csv") != before

    back = OPERATIONS.block("--force\n")
    (name,) = re.findall(r"restore (\S+) --force", back)
    deployed.sh(back.replace(name, file.name))

    deployed.wait_until_well()
    assert deployed.operator("grade grades mini-heads --format csv") == before
    assert deployed.answer("moodle", "after", "fay", example)["state"] == "graded"


def test_a_backup_comes_back_into_a_new_deployment(deployed: Deployment, engine: Engine, tmp_path: Path) -> None:
    other = Deployment(tmp_path, "grader-test-new", engine)
    shown = ("grades mini-heads --format csv", "cohort mini-heads", "students adjustments ada", "lti keys")
    deployed.operator("grade backup --out moved.zip")
    before = [deployed.operator(f"grade {command}") for command in shown]

    for words in ("deploy/platforms.example.yaml", "deploy/make_secrets.py", "sudo install"):
        other.sh(OPERATIONS.block(words))
    other.sh("echo COMPOSE_FILE=compose.yaml:deploy/web.yaml:deploy/lti.yaml > .env")
    other.sh(f"cp --preserve=all {deployed.folder}/out/moved.zip out")
    said = other.operator("grade restore moved.zip")
    assert [other.operator(f"grade {command}") for command in shown] == before
    assert "that you keep elsewhere" in said
    other.sh("docker compose down --volumes")


def test_an_upgrade_and_the_way_back_keep_everything(deployed: Deployment) -> None:
    before = deployed.state("canvas", "a1-ada-1")
    deployed.sh(OPERATIONS.block("before.zip\ngit pull").replace("git pull && ", ""))
    deployed.wait_until_well()
    assert deployed.state("canvas", "a1-ada-1") == before

    deployed.sh(OPERATIONS.block("docker volume rm"))

    deployed.wait_until_well()
    assert deployed.state("canvas", "a1-ada-1") == before
    assert deployed.answer("moodle", "way-back", "kim", EXAMPLE.read_text("utf-8"))["state"] == "graded"


def holding(deployed: Deployment, words: tuple[str, ...]) -> set[tuple[str, str]]:
    """Return the files in the volumes and the logs that hold one of the words, each with the word."""
    project = deployed.project
    files = [file for volume in ("ledger", "valkey", "home") for file in project.stored(volume).rglob("*")]
    kept = {str(file): file.read_bytes() for file in files if file.is_file() and "pg_wal" not in file.parts}
    kept |= {f"log of {name}": project.log(name).encode() for name in project.services}
    return {(name, word) for name, content in kept.items() for word in words if word.encode() in content}


def test_nothing_of_an_erased_student_is_left_and_others_keep_their_grades(deployed: Deployment) -> None:
    name, note = "quixotia77", "windmill-giants"
    text = f"exercise: mini-heads\nclaims:\n  - {{layer: 0, head: 5, type: positional, offset: -1, note: {note}}}\n"
    for number in (1, 2):
        deployed.answer("moodle", f"q-{number}", name, text)
    deployed.operator("grade backup --out older.zip")
    others = deployed.operator("grade grades mini-heads --format csv --platform canvas")
    assert {word for _, word in holding(deployed, (name, note))} == {name, note}
    assert not [place for place, _ in holding(deployed, (name, note)) if place.startswith("log of")]

    listed, done = Page("docs/privacy.md").commands("students erase ada")
    done = done.replace(" --logs /var/log/grader", "").replace("ada", name).replace("canvas", "moodle")
    deployed.operator(done)

    assert holding(deployed, (name, note)) == set()
    assert deployed.operator("grade grades mini-heads --format csv --platform canvas") == others
    assert name not in deployed.operator("grade students list")

    back = OPERATIONS.block("--force\n")
    deployed.sh(re.sub(r"restore \S+", "restore older.zip", back))
    assert name in deployed.operator("grade students list")
    run_all(deployed, Page("docs/privacy.md").commands("--again"))
    assert name not in deployed.operator("grade students list")
    assert deployed.operator("grade grades mini-heads --format csv --platform canvas") == others

    said = run_all(deployed, [*Page("docs/privacy.md").commands("students export"), listed])
    exported = json.loads((deployed.folder / "out" / "ada.json").read_text("utf-8"))
    assert "ada" in json.dumps(exported)
    assert "2 rows in submissions" in said[listed]
    run_all(deployed, Page("docs/privacy.md").commands("students retain"))


def test_an_older_ledger_is_brought_up_to_date(deployed: Deployment) -> None:
    report = json.dumps(json.loads(deployed.operator("grade report a1-ada-1 --platform canvas --format json")))
    xp = re.findall(r"\d+ XP", deployed.operator("grade progress ada --platform canvas"))[0]
    deployed.sh("docker compose down\ndocker volume rm head-grader_ledger\ndocker volume rm head-grader_valkey")
    (deployed.folder / "older.json").write_text(report, "utf-8")
    deployed.sh(f"docker compose run --rm -T migrate python -c {shlex.quote(OLDER)} < older.json")

    deployed.sh("docker compose up --detach")

    deployed.wait_until_well()
    assert xp in deployed.operator("grade progress ada")
    assert troubles(deployed.operator("grade doctor")) == {"transformer"}


def test_every_block_of_the_page_was_run(engine: Engine) -> None:
    gpus = {block for block in OPERATIONS.blocks if "GRADER_DEVICE=cuda" in block}

    assert engine.left()
    assert set(OPERATIONS.blocks) - OPERATIONS.run == gpus
    assert len(gpus) == 1
