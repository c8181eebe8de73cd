"""compose.yaml, as Docker Compose reads it and as the processes need it; no container is started."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from grader import __version__
from grader.base.environment import PERSONAL
from grader.service.settings import VARIABLES, WEB_PORT, settings
from grader.service.streams import RESULTS_KEPT

ROOT = Path(__file__).parents[2]
COMPOSE = Path(sys.executable).with_name("docker-compose")
FILE = ROOT / "compose.yaml"
TLS = ROOT / "deploy" / "tls.yaml"
WEB = ROOT / "deploy" / "web.yaml"
LTI = ROOT / "deploy" / "lti.yaml"
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
TEXT = FILE.read_text("utf-8")
PROJECT: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, Any] = PROJECT["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("head-grader:")]
ONCE = {"migrate", "operator"}
"""Services that run a command and end."""
PROCESSES = [name for name in OURS if name not in ONCE]
ON_QUEUE = [name for name in PROCESSES if name != "web"]
SLOW_END_SECONDS = 45
"""What a pool may take to end after its last task."""
BREAKS = {
    "an unknown key": ("read_only: true", "readonly: true"),
    "an unknown condition": ("service_healthy", "service_well"),
    "a secret that is not declared": ("  valkey_health: {file", "  other: {file"),
    "a network that is not declared": ("networks: [back]", "networks: [bakc]"),
    "a service that is not there": ("    valkey: {condition", "    redis: {condition"),
    "a time that is none": ("interval: 15s", "interval: often"),
}

every_service = pytest.mark.parametrize("name", SERVICES)
every_process_on_the_queue = pytest.mark.parametrize("name", ON_QUEUE)
every_process = pytest.mark.parametrize("name", PROCESSES)


def compose(*files: Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """What Docker Compose says to the files, which it reads, merges and checks without an engine."""
    named = [word for file in files for word in ("--file", str(file))]
    return subprocess.run(
        [COMPOSE, "--project-directory", folder, *named, "config", "--quiet"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )


@pytest.mark.parametrize(
    "files", [(FILE,), (FILE, TLS), (FILE, TLS, WEB), (FILE, WEB, LTI)], ids=["plain", "tls", "web", "lti"]
)
def test_docker_compose_has_nothing_to_say(files: tuple[Path, ...]) -> None:
    said = compose(*files)

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


def test_docker_compose_takes_the_override_on_the_page(tmp_path: Path) -> None:
    override = tmp_path / "compose.override.yaml"
    override.write_text(re.findall(r"<!-- override -->\n```yaml\n(.*?)```", PAGE, re.DOTALL)[0], "utf-8")
    said = compose(FILE, override)

    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@pytest.mark.parametrize("mistake", BREAKS)
def test_docker_compose_would_have_noticed(mistake: str, tmp_path: Path) -> None:
    right, wrong = BREAKS[mistake]
    assert right in TEXT
    broken = tmp_path / "compose.yaml"
    broken.write_text(TEXT.replace(right, wrong), "utf-8")

    assert compose(broken, folder=tmp_path).returncode != 0


@every_service
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "root"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc", "network_mode", "userns_mode"} & service.keys()


@every_service
def test_a_service_has_limits(name: str) -> None:
    service = SERVICES[name]

    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert all("size=" in mount for mount in service["tmpfs"])


@every_service
def test_a_service_is_watched_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    runs_once = name in ONCE

    assert service["restart"] == ("no" if runs_once else "unless-stopped")
    assert service["healthcheck"].keys() == (
        {"disable"} if runs_once else {"test", "interval", "timeout", "start_period", "retries"}
    )


@every_service
def test_an_image_is_pinned(name: str) -> None:
    tag = SERVICES[name]["image"].partition(":")[2]

    assert re.match(r"\d+\.\d+", tag), "a tag that moves"
    assert name not in OURS or tag == __version__


@every_service
def test_no_secret_stands_in_the_environment_or_on_a_command_line(name: str) -> None:
    service = SERVICES[name]
    given = {variable: value for variable, value in service.get("environment", {}).items() if "://" in value}

    assert not given
    assert not [variable for variable in service.get("environment", {}) if re.search(r"(URL|PASSWORD)$", variable)]
    assert not re.search(r"(?i)requirepass|--pass|-a\b.*password", " ".join(service.get("command", [])))


@every_service
def test_what_a_service_is_told_has_a_name_that_it_knows(name: str) -> None:
    known = {*VARIABLES, *(f"{variable}_FILE" for variable in VARIABLES), "POSTGRES_PASSWORD_FILE", *PERSONAL}

    assert SERVICES[name].get("environment", {}).keys() <= known


@every_service
def test_a_secret_is_given_to_whoever_reads_it_and_to_nobody_else(name: str) -> None:
    service = SERVICES[name]
    read = set(re.findall(r"/run/secrets/(\w+)", str(service)))
    for config in service.get("configs", []):
        text = (ROOT / PROJECT["configs"][config["source"]]["file"]).read_text("utf-8")
        read |= set(re.findall(r"/run/secrets/(\w+)", text))

    assert set(service.get("secrets", [])) == read


def test_every_secret_is_read_by_somebody() -> None:
    read = [secret for service in SERVICES.values() for secret in service.get("secrets", [])]

    assert set(read) == PROJECT["secrets"].keys()


@pytest.mark.parametrize("name", [*ON_QUEUE, "operator"])
def test_a_process_speaks_to_the_queue_under_its_own_name(name: str) -> None:
    secret = SERVICES[name]["environment"]["GRADER_QUEUE_URL_FILE"]

    assert secret == f"/run/secrets/{name}_queue_url"


@pytest.mark.parametrize("name", [*PROCESSES, "migrate"])
def test_a_command_names_modules_that_are_there(name: str) -> None:
    command = SERVICES[name]["command"]
    assert command[:2] == ["python", "-m"]
    module = command[command.index("--app") + 1] if command[2] == "celery" else command[2]
    path = ROOT / module.replace(".", "/")

    assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()


@every_process_on_the_queue
def test_a_process_waits_for_the_tables_and_the_queue(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "valkey": {"condition": "service_healthy"},
    }


def test_the_web_door_has_nothing_to_do_with_the_queue() -> None:
    web = SERVICES["web"]

    assert web["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert not [given for given in (*web["secrets"], *web["environment"]) if "queue" in given.lower()]
    assert web["networks"] == ["back"]


def test_what_is_published_of_the_web_door_is_its_encrypted_port_alone() -> None:
    added = yaml.safe_load(WEB.read_text("utf-8"))
    proxy, nginx = added["services"]["proxy"], (ROOT / "deploy" / "nginx.conf").read_text("utf-8")
    ports = re.findall(r"listen (\d+) ssl;", nginx)

    assert proxy["ports"] == [f"443:{port}" for port in ports]
    assert len(re.findall(r"^\s*listen ", nginx, re.MULTILINE)) == len(ports) == 1
    assert re.findall(r"proxy_pass (.*);", nginx) == ["$door"]
    assert re.findall(r"set \$door http://(\w+:\d+);", nginx) == [f"web:{WEB_PORT}"]
    figures = SERVICES["web"]["environment"]["GRADER_WEB_METRICS_PORT"]  # inside `back`, where no proxy leads to it
    assert SERVICES["web"]["expose"] == [str(WEB_PORT), figures]
    assert set(re.findall(r"/run/secrets/(\w+)", nginx)) == set(proxy["secrets"])
    assert set(proxy["networks"]) == {"back", *added["networks"]}
    assert (proxy["read_only"], proxy["cap_drop"], proxy["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
    assert proxy["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", proxy["user"])
    assert added["services"]["web"]["environment"].keys() <= VARIABLES.keys()


def test_only_those_who_speak_to_lti_platforms_get_out_and_only_the_operator_makes_keys() -> None:
    added = yaml.safe_load(LTI.read_text("utf-8"))["services"]
    folder = added["web"]["environment"]["GRADER_LTI_KEYS"]

    assert {name for name, service in added.items() if "out" in service.get("networks", ())} == {"web", "operator"}
    assert {name: service["volumes"] for name, service in added.items()} == {
        "web": [f"lti:{folder}:ro"],
        "courier": [f"lti:{folder}:ro"],
        "operator": [f"lti:{folder}"],
    }
    assert all(service["environment"] == {"GRADER_LTI_KEYS": folder} for service in added.values())
    assert re.search(rf"install --directory .* {folder}\b", (ROOT / "Dockerfile").read_text("utf-8"))


@every_process
def test_the_health_check_wants_a_heartbeat_that_is_fresh(name: str, tmp_path: Path) -> None:
    kind, check = SERVICES[name]["healthcheck"]["test"]
    beat = tmp_path / "heartbeat"
    here = check.replace("/run/grader/heartbeat", str(beat))
    assert kind == "CMD-SHELL"

    def is_well() -> bool:
        return subprocess.run(["/bin/sh", "-c", here], stderr=subprocess.DEVNULL, check=False).returncode == 0

    assert not is_well()
    beat.touch()
    assert is_well()
    os.utime(beat, (time.time() - 60,) * 2)
    assert not is_well()


def test_a_worker_is_left_the_time_that_its_task_may_take() -> None:
    worker = SERVICES["worker"]
    grace = int(worker["stop_grace_period"].removesuffix("s"))

    assert grace >= settings(worker["environment"] | {"GRADER_QUEUE_URL_FILE": ""}).task_seconds + SLOW_END_SECONDS


@every_process
def test_your_own_exercises_are_where_every_process_looks_for_them(name: str) -> None:
    service = SERVICES[name]
    (mount,) = [each for each in service["volumes"] if "source" in each and each["source"] == "course"]

    assert service["environment"]["GRADER_EXERCISES"] == mount["target"]
    assert mount["read_only"]


def test_the_operators_commands_have_all_that_the_processes_have_and_start_only_when_called() -> None:
    operator = SERVICES["operator"]
    theirs = [str(volume).removesuffix(":ro") for name in PROCESSES for volume in SERVICES[name]["volumes"]]

    assert set(theirs) < {str(volume) for volume in operator["volumes"]}
    assert operator["profiles"] == ["operator"]
    assert (ROOT / "grader" / "cli" / "__main__.py").is_file()
    assert operator["command"][0] == "grade"


def test_the_processes_agree_on_the_limit() -> None:
    limits = {SERVICES[name]["environment"]["GRADER_TASK_SECONDS"] for name in PROCESSES}

    assert len(limits) == 1


def test_nothing_is_published_and_only_webhooks_get_out() -> None:
    outside = {name for name, network in PROJECT["networks"].items() if not network.get("internal")}

    assert not [name for name, service in SERVICES.items() if "ports" in service]
    assert {name for name, service in SERVICES.items() if outside & set(service["networks"])} == {"courier"}


def test_what_is_published_for_platforms_is_the_encrypted_port_alone() -> None:
    valkey = yaml.safe_load(TLS.read_text("utf-8"))["services"]["valkey"]
    options = dict(zip(valkey["command"][2::2], valkey["command"][3::2], strict=True))

    assert valkey["ports"] == [f"{options['--tls-port']}:{options['--tls-port']}"]
    assert valkey["command"][:2] == SERVICES["valkey"]["command"]
    assert {options["--tls-cert-file"], options["--tls-key-file"]} == {f"/run/secrets/{x}" for x in valkey["secrets"]}


def test_the_page_lists_every_variable_with_its_meaning() -> None:
    table = PAGE.partition("<!-- variables -->")[2].partition("<!-- end of")[0]

    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", table, re.MULTILINE)) == VARIABLES


def test_the_page_tells_every_service_and_its_health() -> None:
    what_runs = PAGE.partition("## What runs")[2].partition("\n## ")[0]
    health = PAGE.partition("## Health checks")[2].partition("\n## ")[0]
    rows = {"runs": what_runs, "health": health}
    told = {
        key: set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", text, re.M))))
        for key, text in rows.items()
    }

    assert told == {"runs": set(SERVICES), "health": set(SERVICES) - ONCE}


def test_the_page_says_how_many_results_a_stream_holds() -> None:
    assert f"the newest {RESULTS_KEPT:,} results" in PAGE
