"""deploy/make_secrets.py makes what compose.yaml expects, once, and each for one user alone."""

import os
from pathlib import Path

import pytest

from grader.base.errors import GraderError
from grader.service import platforms
from tests.support.deployed import DEPLOY, PLATFORMS, PROJECT, make_secrets, secrets_in


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return secrets_in(tmp_path)


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def test_every_file_that_compose_mounts_is_made(made: Path) -> None:
    wanted = {secret["file"].removeprefix("secrets/") for secret in PROJECT["secrets"].values()}

    assert wanted <= content(made).keys()
    assert {"signing/canvas-k1", "webhooks/canvas"} <= content(made).keys()


def test_what_is_made_is_for_one_user_alone(made: Path) -> None:
    private = [path for path in made.rglob("*") if path.name != "platforms.yaml"]

    assert {path.stat().st_mode & 0o077 for path in private} == {0}


def test_a_secret_belongs_to_the_user_of_the_services_that_read_it(made: Path) -> None:
    for service in PROJECT["services"].values():
        for secret in service.get("secrets", []):
            owner = (made / PROJECT["secrets"][secret]["file"].removeprefix("secrets/")).stat().st_uid
            reader = int(service["user"].partition(":")[0])
            assert owner == (reader if os.geteuid() == 0 else os.geteuid()), secret  # only root gives files away


def test_secrets_are_made_once_and_all_differ(made: Path) -> None:
    before = content(made)

    make_secrets(made)

    assert content(made) == before
    passwords = [before[name] for name in before if name.startswith(("passwords/", "signing/", "webhooks/"))]
    assert len(set(passwords)) == len(passwords)


def test_a_new_platform_gets_its_secrets_and_the_others_keep_theirs(made: Path) -> None:
    before = content(made)
    (made / "platforms.yaml").write_text(PLATFORMS + "  - name: ilias\n", "utf-8")

    make_secrets(made)

    after = content(made)
    assert after.keys() - before.keys() == {"passwords/ilias"}
    assert {name for name in before if after[name] != before[name]} == {"valkey_users", "platforms.yaml"}


def test_the_example_of_a_list_of_platforms_can_be_used(tmp_path: Path) -> None:
    listed = platforms.load(DEPLOY / "platforms.example.yaml")

    assert len(listed) > 1
    (tmp_path / "platforms.yaml").write_text((DEPLOY / "platforms.example.yaml").read_text("utf-8"), "utf-8")
    make_secrets(tmp_path)
    named = [key.secret_file for each in listed.values() for key in each.signing]
    named += [each.webhook.secret_file for each in listed.values() if each.webhook]
    assert all((tmp_path / name.removeprefix("/run/")).is_file() for name in named)


def test_no_platform_is_called_like_the_user_of_the_health_check(made: Path) -> None:
    (made / "platforms.yaml").write_text("platforms: [{name: health}]", "utf-8")

    with pytest.raises(GraderError, match="health"):
        make_secrets(made)
