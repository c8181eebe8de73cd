import http.client
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from grader.base.errors import GraderError, InvalidInput
from grader.gallery.folder import replaced
from grader.gallery.serving import server


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    (tmp_path / "secret.txt").write_text("secret")
    with replaced(tmp_path / "site") as folder:
        (folder / "index.html").write_text("front")
        (folder / "entry").mkdir()
        (folder / "entry" / "one.html").write_text("one")
        (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
        (folder / "feed.json").write_text("{}")
    with server(tmp_path / "site", 0) as listening:
        thread = Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        yield str(listening.server_address[0]), int(listening.server_address[1])
        listening.shutdown()
        thread.join()


def got(address: tuple[str, int], path: str) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(*address)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


def test_the_files_are_served_on_loopback(address: tuple[str, int]) -> None:
    assert address[0] == "127.0.0.1"
    assert got(address, "/")[::2] == (200, "front")
    assert got(address, "/entry/one.html")[::2] == (200, "one")
    assert got(address, "/feed.json")[1] == "application/feed+json"


@pytest.mark.parametrize(
    "path",
    [
        "/entry/", "/.head-gallery", "/out.txt", "/../secret.txt", "/entry/../../secret.txt", "/%2e%2e/secret.txt",
        "/..%2fsecret.txt", "//secret.txt", "/entry/%2e%2e%2f%2e%2e%2fsecret.txt",
    ],
)  # fmt: skip
def test_nothing_else_is(address: tuple[str, int], path: str) -> None:
    status, _, text = got(address, path)

    assert status == 404
    assert "secret.txt" not in text
    assert "one.html" not in text


def test_a_folder_that_is_no_gallery_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no gallery in this folder"):
        server(tmp_path, 0)


def test_a_port_that_is_taken_is_said(address: tuple[str, int], tmp_path: Path) -> None:
    with pytest.raises(GraderError, match="--port"):
        server(tmp_path / "site", address[1])
