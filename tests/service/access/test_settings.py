"""The settings: wrong values are refused at once, and no secret is shown."""

import ast
from pathlib import Path

import pytest

from grader import service
from grader.base.errors import GraderError
from grader.service.settings import VARIABLES, Settings, WebSettings, settings, without_password


def test_nothing_said_gives_a_service_on_this_machine() -> None:
    assert settings({}) == Settings(
        queue_url="redis://127.0.0.1:6379/0",
        broker_url="redis://127.0.0.1:6379/0",
        queue_ca=None,
        platforms=None,
        preload=(),
        task_seconds=120,
        resend_seconds=30,
        queue_seconds=10,
        stall_seconds=120,
        metrics_host="127.0.0.1",
        metrics_port=9464,
        heartbeat=None,
        web=WebSettings(
            host="127.0.0.1",
            port=8700,
            url="http://127.0.0.1:8700",
            hosts=frozenset({"127.0.0.1:8700", "localhost:8700"}),
            per_minute=600,
            seconds=20,
            gallery=None,
            metrics_port=0,
            origins=(),
        ),
    )


def test_everything_can_be_said() -> None:
    given = {
        "GRADER_QUEUE_URL": "rediss://grader:pa%2Fss@[::1]:6380/1",
        "GRADER_BROKER_URL": "rediss://broker/2",
        "GRADER_QUEUE_CA": "/etc/ca.pem",
        "GRADER_PLATFORMS": "/etc/platforms.yaml",
        "GRADER_WEB_HOST": "::",
        "GRADER_WEB_PORT": "0",
        "GRADER_WEB_URL": "https://grader.example/",
        "GRADER_WEB_HOSTS": "inside",
        "GRADER_WEB_PER_MINUTE": "60",
        "GRADER_WEB_SECONDS": "5",
        "GRADER_WEB_GALLERY": "/srv/gallery",
        "GRADER_WEB_METRICS_PORT": "9465",
        "GRADER_WEB_ORIGINS": "https://Course.example, http://localhost:8000",
        "GRADER_PRELOAD": " mini-heads, gpt2-heads,,",
        "GRADER_TASK_SECONDS": "600",
        "GRADER_RESEND_SECONDS": "1",
        "GRADER_QUEUE_SECONDS": "4",
        "GRADER_STALL_SECONDS": "60",
        "GRADER_METRICS_HOST": "::1",
        "GRADER_METRICS_PORT": "0",
        "GRADER_HEARTBEAT": "/run/beat",
    }
    result = settings(given)

    assert result == Settings(
        "rediss://grader:pa%2Fss@[::1]:6380/1",
        "rediss://broker/2",
        Path("/etc/ca.pem"),
        Path("/etc/platforms.yaml"),
        ("mini-heads", "gpt2-heads"),
        600,
        1,
        4,
        60,
        "::1",
        0,
        Path("/run/beat"),
        WebSettings(
            "::",
            0,
            "https://grader.example",
            frozenset({"grader.example", "127.0.0.1:0", "localhost:0", "inside"}),
            60,
            5,
            Path("/srv/gallery"),
            9465,
            ("https://course.example", "http://localhost:8000"),
        ),
    )
    elsewhere = {"GRADER_DATABASE_URL", "GRADER_DATABASE_SECONDS", "GRADER_LTI_KEYS", "GRADER_WEB_TOKEN"}
    assert {*given, *elsewhere} == set(VARIABLES)


def test_a_secret_url_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:secret@queue:6379/0\n")

    result = settings({"GRADER_QUEUE_URL_FILE": str(tmp_path / "url")})

    assert result.queue_url == result.broker_url == "redis://:secret@queue:6379/0"


@pytest.mark.parametrize(("hard", "soft"), [("2", 1), ("30", 15), ("40", 20), ("41", 21), ("120", 100)])
def test_a_task_is_asked_to_stop_before_it_is_killed(hard: str, soft: int) -> None:
    assert settings({"GRADER_TASK_SECONDS": hard}).soft_seconds == soft


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GRADER_QUEUE_URL", "secret"),
        ("GRADER_QUEUE_URL", "amqp://u:secret@host"),
        ("GRADER_QUEUE_URL", "redis://:secret@:6379"),
        ("GRADER_QUEUE_URL", "redis://u:secret@host:99999"),
        ("GRADER_QUEUE_URL", "redis://u:secret@host:0"),
        ("GRADER_QUEUE_URL", "redis://u:secret@[::1"),
        ("GRADER_BROKER_URL", "unix:///run/secret.sock"),
        ("GRADER_TASK_SECONDS", "1"),
        ("GRADER_TASK_SECONDS", "-5"),
        ("GRADER_TASK_SECONDS", "two minutes"),
        ("GRADER_TASK_SECONDS", "1.5"),
        ("GRADER_TASK_SECONDS", "9" * 5000),
        ("GRADER_RESEND_SECONDS", "0"),
        ("GRADER_TASK_SECONDS", "120000"),
        ("GRADER_METRICS_PORT", "-1"),
        ("GRADER_METRICS_PORT", "65536"),
        ("GRADER_QUEUE_CA", "/etc/ca.pem"),
        ("GRADER_QUEUE_CA", "~nobody-of-that-name/ca.pem"),
        ("GRADER_PLATFORMS", "~nobody-of-that-name/platforms.yaml"),
        ("GRADER_HEARTBEAT", "~nobody-of-that-name/beat"),
        ("GRADER_HEARTBEAT", "beat"),
        ("GRADER_DEVICE", "gpu"),
        ("GRADER_PLATFORMS", "./platforms.yaml"),
        ("GRADER_METRICS_HOST", "http://0.0.0.0"),
        ("GRADER_METRICS_HOST", "0.0.0.0:9464"),
        ("GRADER_METRICS_HOST", "any host"),
        ("GRADER_WEB_METRICS_PORT", "65536"),
        ("GRADER_WEB_ORIGINS", "*"),
        ("GRADER_WEB_ORIGINS", "null"),
        ("GRADER_WEB_ORIGINS", "https://course.example/path"),
        ("GRADER_WEB_ORIGINS", "https://course.example,course.example"),
        ("GRADER_QUEUE_URL", "redis://:secret@host:6379/first"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(GraderError, match=name) as caught:
        settings({name: text})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://user:secret@host:6379/0", "redis://user@host:6379/0"),
        ("redis://:secret@host/0", "redis://host/0"),
        ("rediss://u:secret@host:6380/0?password=secret&x=1#secret", "rediss://u@host:6380/0"),
        ("redis://u:secret@[::1]:6379/0", "redis://u@[::1]:6379/0"),
        ("redis://host", "redis://host"),
    ],
)
def test_a_url_in_a_message_has_no_password(url: str, shown: str) -> None:
    assert without_password(url) == shown


def test_no_part_of_the_service_reads_the_environment_past_the_settings() -> None:
    for file in Path(service.__path__[0]).glob("*.py"):
        tree = ast.parse(file.read_text("utf-8"))
        read = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        }
        assert file.name == "settings.py" or not read, file.name
