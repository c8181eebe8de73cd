"""The settings of the web door: its address, and the hosts that a request may name."""

import pytest

from grader.base.errors import GraderError
from grader.service.settings import settings


def test_it_is_on_this_machine_alone_unless_told_otherwise() -> None:
    usual, none = settings({}).web, settings({"GRADER_WEB_PORT": "0"}).web

    assert (usual.host, usual.port, usual.url) == ("127.0.0.1", 8700, "http://127.0.0.1:8700")
    assert usual.hosts == {"127.0.0.1:8700", "localhost:8700"}
    assert none.port == 0


def test_its_public_address_and_more_names_are_hosts() -> None:
    given = settings({"GRADER_WEB_URL": "https://Grader.example/", "GRADER_WEB_HOSTS": "inside:8700, other"}).web

    assert given.url == "https://Grader.example"
    assert given.hosts > {"grader.example", "inside:8700", "other"}


@pytest.mark.parametrize(
    "url",
    [
        *("http://grader.example", "https://", "grader.example", "ftp://grader.example", "https://a:0", "https://a:x"),
        *("https://a/path", "https://a?b=c", "https://a#b", "https://user:secret@a", "https://[::1"),
    ],
)
def test_an_address_that_no_browser_could_trust_is_refused(url: str) -> None:
    with pytest.raises(GraderError, match="GRADER_WEB_URL=") as refused:
        settings({"GRADER_WEB_URL": url})

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"GRADER_WEB_HOSTS": "a b"},
        {"GRADER_WEB_PORT": "65536"},
        {"GRADER_WEB_SECONDS": "0"},
        {"GRADER_WEB_HOST": "a b"},
    ],
)
def test_other_values_that_make_no_sense_are_named(wrong: dict[str, str]) -> None:
    with pytest.raises(GraderError, match=next(iter(wrong))):
        settings(wrong)
