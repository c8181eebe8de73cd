"""The gallery behind the door: its files and no others, for those who are signed in."""

from pathlib import Path

import pytest

from grader.gallery.folder import GALLERY, MARK
from tests.doors.web.pages.visiting import Browser, signed_in
from tests.support.door import Door

POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'"
PAGE = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>Found</title>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    (folder / "found").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "found" / "all.html").write_text(PAGE)
    (folder / "gallery.css").write_text("body {}")
    (folder / "feed.xml").write_text("<feed/>")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    GALLERY.leave(folder)
    return folder


def test_its_files_are_shown_with_their_own_policies(door: Door, site: Path, tmp_path: Path) -> None:
    opened = Door(door.ledger, tmp_path, GRADER_WEB_GALLERY=str(site))
    ada = signed_in(opened, "student", "ada")
    pages = [ada.get(path) for path in ("/gallery/", "/gallery/index.html", "/gallery/found/all.html")]

    assert {page.headers["content-security-policy"] for page in pages} == {f"{POLICY}; frame-ancestors 'self'"}
    assert ada.get("/gallery/gallery.css").headers["content-type"].startswith("text/css")
    assert ada.get("/gallery/feed.xml").headers["content-type"] == "application/atom+xml"
    style = ada.get("/gallery/gallery.css")
    same = ada.get("/gallery/gallery.css", **{"If-None-Match": style.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert style.headers["cache-control"] == "private, no-cache"
    assert pages[0].headers["cache-control"] == "no-store"
    assert Browser(opened).get("/gallery/gallery.css", **{"If-None-Match": style.headers["etag"]}).status_code == 401
    assert Browser(opened).get("/gallery/").status_code == 401
    for path in (MARK, "none", "found", "link", "../secret", "%2e%2e/secret", "..%2fsecret", "%00", "/etc/passwd"):
        answer = ada.get(f"/gallery/{path}")
        assert answer.status_code == 404, path
        assert "secret" not in answer.text
    assert "/gallery/" in ada.get("/").text


def test_without_a_gallery_there_is_none(door: Door, tmp_path: Path) -> None:
    ada = signed_in(door, "student", "ada")
    elsewhere = signed_in(Door(door.ledger, tmp_path, GRADER_WEB_GALLERY=str(tmp_path)), "student", "ada")

    assert ada.get("/gallery/").status_code == elsewhere.get("/gallery/platforms.yaml").status_code == 404
    assert "/gallery/" not in ada.get("/").text
