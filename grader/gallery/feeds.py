"""The newest exhibits for feed readers: a JSON Feed (version 1.1) and an Atom feed (RFC 4287), with the same items."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from grader.base.language import _, spoken
from grader.base.screen import harmless_tree, harmless_values
from grader.gallery.entries import Exhibit
from grader.schema import title

NEWEST = 50
"""The most exhibits in a feed."""
ATOM = "http://www.w3.org/2005/Atom"
JSON_FEED = "https://jsonfeed.org/version/1.1"
JSON_NAME, ATOM_NAME = "feed.json", "feed.xml"

Address = Callable[[str], str]
"""A function from a path in the site to its address."""


def newest(exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    """Return the exhibits for a feed, the newest first."""
    return sorted(exhibits, key=lambda exhibit: (-exhibit.order, exhibit.id))[:NEWEST]


def as_json(name: str, items: Sequence[Exhibit], base: str | None) -> str:
    """Return the JSON Feed; with the site's address `base`, all addresses are absolute."""
    address = addresses(base)
    feed: dict[str, Any] = {
        "version": JSON_FEED,
        "title": name,
        "language": spoken(),
        **({"home_page_url": address("index.html"), "feed_url": address(JSON_NAME)} if base else {}),
        "items": [_item(exhibit, address) for exhibit in items],
    }
    return json.dumps(harmless_values(feed), ensure_ascii=False, indent=1) + "\n"


def as_atom(name: str, items: Sequence[Exhibit], base: str | None) -> str:
    """Return the Atom feed; with the site's address `base`, all addresses are absolute."""
    address = addresses(base)
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": spoken()})
    SubElement(feed, "title").text = name
    SubElement(feed, "id").text = _urn(base or name)
    SubElement(feed, "updated").text = _moment(
        max((exhibit.day.isoformat() for exhibit in items), default="1970-01-01")
    )
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": address(ATOM_NAME)})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": address("index.html")})
    for exhibit in items:
        entry = SubElement(feed, "entry")
        SubElement(entry, "title").text = heading(exhibit)
        SubElement(entry, "id").text = _urn(exhibit.id)
        SubElement(entry, "updated").text = _moment(exhibit.day.isoformat())
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address(page(exhibit))})
        SubElement(SubElement(entry, "author"), "name").text = exhibit.by
        SubElement(entry, "category", {"term": exhibit.kind.name, "label": title(exhibit.kind)})
        SubElement(entry, "content", {"type": "text"}).text = text(exhibit)
    indent(harmless_tree(feed))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(feed, encoding="unicode")}\n'


def addresses(base: str | None) -> Address:
    """Return a function that puts `base` before a path; without `base`, it returns the path."""
    return lambda path: f"{base.rstrip('/')}/{path}" if base else path


def page(exhibit: Exhibit) -> str:
    """Return the path of an exhibit's own page."""
    return f"entry/{exhibit.id}.html"


def heading(exhibit: Exhibit) -> str:
    """Return the exhibit in one line."""
    return _("{place}: {kind}, found by {name}", place=exhibit.place, kind=title(exhibit.kind), name=exhibit.by)


def text(exhibit: Exhibit) -> str:
    """Return the exhibit in a few lines, for feed readers that show no pictures."""
    lines = [exhibit.note] if exhibit.note else []
    if exhibit.sentence:
        lines.append(_("Seen in: “{sentence}”", sentence=exhibit.sentence))
    if measured := exhibit.verdict.measured:
        low, high = measured.interval
        lines.append(
            _(
                "Score {score}, 95 % interval {low} to {high}.",
                score=f"{measured.score:.2f}",
                low=f"{low:.2f}",
                high=f"{high:.2f}",
            )
        )
    return "\n".join(lines) or heading(exhibit)


def _item(exhibit: Exhibit, address: Address) -> dict[str, Any]:
    return {
        "id": _urn(exhibit.id),
        "url": address(page(exhibit)),
        "title": heading(exhibit),
        "content_text": text(exhibit),
        "date_published": _moment(exhibit.day.isoformat()),
        "authors": [{"name": exhibit.by}],
        "tags": [exhibit.kind.name, exhibit.exercise, exhibit.place],
    }


def _moment(day: str) -> str:
    """Return the start of a day, because feeds do not show the hour."""
    return f"{day}T00:00:00Z"


def _urn(name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'head-grader:{name}')}"
