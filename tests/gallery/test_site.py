"""The written site: nothing that must be hidden, everything that must be shown, and no dead link."""

import json
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from grader.base.errors import InvalidInput
from grader.gallery import feeds
from grader.gallery.folder import MARK, replaced
from grader.gallery.pages import PER_PAGE
from tests.gallery.conftest import LOGINS, SECRETS, build
from tests.gallery.planted import Class, gallery, right

HEAVIEST_PAGE = 100_000
"""The most bytes of a page without its pictures."""
ATOM = "{http://www.w3.org/2005/Atom}"
VOID = {"meta", "link", "img"}


class Page(HTMLParser):
    """The references of a page, and the elements that it must not have."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.text = file.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.links += [str(found[name]) for name in ("href", "src") if name in found]
        self.ids += [str(found["id"])] if "id" in found else []
        self.wrong += [name for name in found if name.startswith("on") or name == "style"]
        if tag == "script" and "src" not in found:
            self.wrong.append("a script in the page")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")


def texts(site: Path) -> Iterator[tuple[Path, str]]:
    for file in site.rglob("*"):
        if file.is_file():
            yield file, file.read_text(encoding="utf-8")


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


@pytest.mark.parametrize("login", [login for login in LOGINS if len(login) > 2])
def test_no_login_is_anywhere(built: Path, login: str) -> None:
    word = re.compile(rf"(?<![^\W_]){re.escape(login)}(?![^\W_])", re.IGNORECASE)
    names = [str(file.relative_to(built)) for file, text in texts(built) if word.search(text) or word.search(file.name)]

    assert names == []


def test_no_address_and_nothing_that_was_not_meant_to_be_seen_is_anywhere(built: Path) -> None:
    address = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
    for file, text in texts(built):
        assert not address.search(text), file
        assert "SECRET OF EVE" not in text, file
        assert not [secret for secret in SECRETS if secret in text], file
        assert "local" not in re.findall(r"\w+", text.replace("--local", "")), file
        assert "campus" not in text, file


def test_what_is_hidden_is_told(built: Path) -> None:
    shown = "\n".join(text for file, text in texts(built) if file.parent.name == "entry")

    assert "I am [hidden], [hidden]" in shown
    assert "[hidden]는 여기를 본다" in shown
    assert "Clara" in shown
    assert "Grace" not in shown
    assert "O&#39;Mallet" in shown


def test_a_sentence_with_something_hidden_is_not_drawn(tmp_path: Path) -> None:
    room = Class(tmp_path / "room")
    claims = [*right(0, None, "the keys of ada are red"), *right(1, None, "the keys are red")]
    for claim in claims:
        room.keep_sentence(claim)
    room.hand_in("ada", *claims)
    site = build(room.gallery(), tmp_path / "site")
    drawn = list((site / "picture").glob("sentence_*.html"))

    assert len(drawn) == 5
    assert all("keys" in file.read_text() and not re.search(r">\s*of\s*<", file.read_text()) for file in drawn)


def test_what_students_write_stays_text(built: Path) -> None:
    for file in pages(built):
        page = Page(file)
        assert (page.wrong, page.open) == ([], []), file
        assert len(set(page.ids)) == len(page.ids), file
        assert "\x1b" not in page.text, file
        assert "\u202e" not in page.text, file
        assert "default-src 'none'" in page.text, file
        assert "unsafe" not in page.text, file


def test_every_link_leads_somewhere_in_the_site(built: Path) -> None:
    for file in pages(built):
        for link in Page(file).links:
            path = unquote(link.partition("#")[0])
            assert not path or (file.parent / path).resolve().is_relative_to(built.resolve()), (file, link)
            assert not path or (file.parent / path).is_file(), (file, link)


def test_the_feeds_are_well_formed_and_lead_to_the_entries(built: Path) -> None:
    atom = ElementTree.fromstring((built / feeds.ATOM_NAME).read_text(encoding="utf-8"))  # noqa: S314 - our own
    items = json.loads((built / feeds.JSON_NAME).read_text(encoding="utf-8"))["items"]
    linked = [entry.find(f"{ATOM}link") for entry in atom.iter(f"{ATOM}entry")]
    hrefs = [link.get("href", "") for link in linked if link is not None]

    assert [item["url"] for item in items] == hrefs
    assert len({item["id"] for item in items}) == len(items) == 35
    assert all((built / href).is_file() for href in hrefs)
    assert {item["date_published"] for item in items} == {"2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"}
    assert "<script>alert(1)</script>" in items[0]["content_text"]  # as text, which readers show as it is


def test_with_an_address_the_feeds_are_absolute(room: Class, tmp_path: Path) -> None:
    site = build(room.gallery("https://heads.example/gallery/", 'A "name" & <more>'), tmp_path / "site")
    feed = json.loads((site / feeds.JSON_NAME).read_text())
    atom = (site / feeds.ATOM_NAME).read_text()

    assert feed["home_page_url"] == "https://heads.example/gallery/index.html"
    assert feed["items"][0]["url"].startswith("https://heads.example/gallery/entry/")
    assert 'href="https://heads.example/gallery/entry/' in atom
    assert "A &quot;name&quot; &amp; &lt;more&gt;" in (site / "index.html").read_text().replace("&#34;", "&quot;")


def test_lists_are_paged_and_light_and_the_feed_is_short(tmp_path: Path) -> None:
    room = Class(tmp_path / "room")
    room.keep_pictures()
    room.hand_in_all(room.report(f"student{number:03}", right(number % 4, "x" * 300)) for number in range(16))
    site = build(room.gallery(), tmp_path / "site")
    front, *rest = [site / "index.html", *site.glob("found/all*.html")]

    assert len(rest) == 1 + 79 // PER_PAGE
    assert all(file.stat().st_size < HEAVIEST_PAGE for file in [front, *rest])
    assert sum(len(re.findall(r'href="\.\./entry/\w+\.html"', file.read_text())) for file in rest) == 80
    assert rest[0].read_text().count('loading="lazy"') > 0
    assert len(list((site / "picture").glob("*.svg"))) == 20  # heads, not exhibits
    assert len(json.loads((site / feeds.JSON_NAME).read_text())["items"]) == feeds.NEWEST


def test_the_map_counts_who_found_a_head(built: Path) -> None:
    front = (built / "index.html").read_text()

    assert re.search(
        r'href="found/in-planted-heads_layer-0_head-0\.html" title="L0H0: positional, offset -1; found by 2', front
    )
    assert front.count('class="corner') == 20


def test_several_exercises_share_a_gallery(tmp_path: Path) -> None:
    rooms = {
        name: Class(tmp_path / name, asked=Class(tmp_path / name).asked.model_copy(update={"id": name}))
        for name in ("first", "second")
    }
    shown = []
    for number, room in enumerate(rooms.values()):
        room.hand_in(f"student{number}", *right(number))
        shown += room.exhibits()
    site = build(gallery(shown, rooms), tmp_path / "site")

    assert (site / "found" / "in-first_induction.html").read_text().count('<li class="card') == 1
    assert "in-second.html" in (site / "found" / "all.html").read_text()
    assert (site / "index.html").read_text().count("<table") == 2


def test_without_kept_pictures_the_rest_is_shown_and_it_is_said(tmp_path: Path) -> None:
    room = Class(tmp_path / "room")
    room.hand_in("ada", *right(0, "a note", "the keys are red"))
    shown = room.gallery()
    site = build(shown, tmp_path / "site")

    assert not (site / "picture").exists()
    assert "a note" in (site / "found" / "all.html").read_text()
    assert "<img" not in (site / "index.html").read_text()
    assert [line.split(":")[0] for line in shown.pictures[room.asked.id].missing] == ["planted-heads"] * 2


def test_the_same_ledger_gives_the_same_bytes(room: Class, built: Path, tmp_path: Path) -> None:
    again = build(room.gallery(), tmp_path / "site")

    assert {str(file.relative_to(built)): text for file, text in texts(built)} == {
        str(file.relative_to(again)): text for file, text in texts(again)
    }


def test_nothing_to_show_is_a_gallery_too(tmp_path: Path) -> None:
    site = build(Class(tmp_path / "room").gallery(), tmp_path / "site")

    assert "The gallery is still empty" in (site / "index.html").read_text()
    assert Page(site / "found" / "all.html").wrong == []


def test_a_folder_that_is_no_gallery_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="is not a gallery"), replaced(tmp_path):
        pytest.fail("nothing is built")

    assert os.listdir(tmp_path) == ["precious.txt"]  # noqa: PTH208


def write_half(out: Path) -> None:
    with replaced(out) as folder:
        (folder / "index.html").write_text("half")
        (folder / "nowhere" / "one.html").write_text("never")


def test_when_the_new_one_fails_the_old_one_stays_whole(tmp_path: Path) -> None:
    out = tmp_path / "site"
    with replaced(out) as folder:
        (folder / "index.html").write_text("old")
    with pytest.raises(InvalidInput, match="nowhere"):
        write_half(out)

    assert (out / "index.html").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["site"]
    with replaced(out) as folder:
        (folder / "other.html").write_text("new")
    assert sorted(path.name for path in out.iterdir()) == [MARK, "other.html"]
