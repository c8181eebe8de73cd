"""The site: all pages, pictures and feeds of the gallery in one folder, which works from files and without scripts.

Shared parts are made once: a head's picture is one file, and a card is rendered once for all its shelves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from grader.gallery import exploring, feeds, pictures, showing
from grader.gallery.entries import Exhibit
from grader.gallery.pages import Filter, Shelf, Shelves, choices, head_of, pager, shelves
from grader.gallery.pictures import Pictures
from grader.report.drawing.bars import bar
from grader.report.drawing.headmap import NEED_SIGNS
from grader.report.drawing.pattern import Drawing, draw
from grader.report.needs import Needs
from grader.report.templates import environment
from grader.report.text import causal, words
from grader.schema import Exercise, Kind, Picture, title

TEMPLATES = Path(__file__).with_name("templates")
STYLES = ("page.css", "headmap.css", "gallery.css")
BESIDE = 90
"""The pixels of a frame above and below its picture; without scripts, the frame cannot ask for the height."""


@dataclass(frozen=True)
class Gallery:
    """The contents of the site."""

    name: str
    exhibits: Sequence[Exhibit]
    """The exhibits, those with the best evidence first."""
    exercises: Mapping[str, Exercise]
    pictures: Mapping[str, Pictures]
    """The pictures by exercise."""
    base: str | None = None
    """The web address of the site."""
    explorable: Mapping[str, exploring.Explorable] = field(default_factory=dict)
    """The transformers that run in a browser, by exercise."""


@dataclass(frozen=True)
class Frame:
    """A written picture, with the height of its frame in pixels."""

    name: str
    caption: str
    height: int


@dataclass
class Site:
    """One gallery that is written into a folder."""

    gallery: Gallery
    folder: Path
    made: dict[str, Frame | None] = field(default_factory=dict)
    """The pictures that are written already, by name."""

    def write(self) -> int:
        """Write everything, and return the number of files."""
        for path, content in (self._fixed() | self._explorers()).items():
            self._save(path, content)
        for shelf in self.shelves.values():
            self._shelf(shelf)
        order = self.shelves[Filter()].exhibits
        for place, exhibit in enumerate(order):
            before, after = order[place - 1] if place else None, order[place + 1] if place + 1 < len(order) else None
            self._save(feeds.page(exhibit), self._entry(exhibit, before, after))
        return sum(1 for path in self.folder.rglob("*") if path.is_file())

    @cached_property
    def shelves(self) -> Shelves:
        """All shelves by their filters."""
        return shelves(self.gallery.exhibits)

    @cached_property
    def templates(self) -> jinja2.Environment:
        """The gallery's own templates, and those of the report."""
        templates = environment()
        own = jinja2.FileSystemLoader(TEMPLATES, encoding="utf-8")
        templates.loader = jinja2.ChoiceLoader([own, *([templates.loader] if templates.loader else [])])
        templates.globals |= {
            "gallery": self.gallery,
            "words": words,
            "causal": causal,
            "signs": NEED_SIGNS,
            "title": title,
            "head_of": head_of,
            "page_of": feeds.page,
            "feeds": feeds,
            "explore": exploring.link,
            "everything": Filter(),
            "kind_of": self.kinds.__getitem__,
        }
        return templates

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """All kinds that are shown or asked for, by name, in the order of the exercises."""
        asked = {kind.name: kind.kind for exercise in self.gallery.exercises.values() for kind in exercise.kinds}
        return asked | {exhibit.kind.name: exhibit.kind for exhibit in self.gallery.exhibits}

    @cached_property
    def layers(self) -> list[int]:
        """All layers that have exhibits."""
        return sorted({exhibit.verdict.claim.layer for exhibit in self.gallery.exhibits})

    @cached_property
    def cards(self) -> dict[str, Markup]:
        """The cards for pages in a subfolder, by the exhibit's id."""
        return {exhibit.id: self._card(exhibit, "../") for exhibit in self.gallery.exhibits}

    def _fixed(self) -> dict[str, str]:
        """Return the front page, the feeds, and the style sheet and scripts of all pages."""
        name, base, newest = self.gallery.name, self.gallery.base, feeds.newest(self.gallery.exhibits)
        return {
            "index.html": self._page("front", root="", **self._front()),
            feeds.JSON_NAME: feeds.as_json(name, newest, base),
            feeds.ATOM_NAME: feeds.as_atom(name, newest, base),
            "gallery.css": "\n".join(self.templates.get_template(style).render() for style in STYLES),
            "gallery.js": self._text("gallery.js"),
            "picture.js": self._text("page.js") + self._text("frame.js"),
        }

    def _explorers(self) -> dict[str, str]:
        """Return the pages on which heads are explored, of the exercises that have exhibits."""
        shown = [exercise for exercise, _exhibits in self._by_exercise() if exercise.id in self.gallery.explorable]
        return {
            path: content
            for exercise in shown
            for path, content in exploring.files(exercise, self.gallery.explorable[exercise.id]).items()
        }

    def _front(self) -> dict[str, Any]:
        exhibits = self.gallery.exhibits
        parts = [
            {
                "exercise": exercise,
                "map": showing.found_map(
                    exercise, of_exercise, lambda exhibit: head_of(exhibit).page(), self._needs(exercise.id)
                ),
                "cards": [self._card(exhibit, "") for exhibit in self._best(of_exercise)],
                "count": len(of_exercise),
                "shelf": Filter(exercise.id) if Filter(exercise.id) in self.shelves else Filter(),
            }
            for exercise, of_exercise in self._by_exercise()
        ]
        students = {exhibit.student for exhibit in exhibits}
        return {"parts": parts, "students": len(students), **self._choices(Filter())}

    def _best(self, best_first: Sequence[Exhibit]) -> list[Exhibit]:
        """Return the best exhibit of each kind, in the order of the exercises' kinds."""
        best: dict[str, Exhibit] = {}
        for exhibit in best_first:
            best.setdefault(exhibit.kind.name, exhibit)
        return [best[name] for name in self.kinds if name in best]

    def _by_exercise(self) -> list[tuple[Exercise, list[Exhibit]]]:
        by_name: dict[str, list[Exhibit]] = {}
        for exhibit in self.gallery.exhibits:
            by_name.setdefault(exhibit.exercise, []).append(exhibit)
        return [(exercise, by_name[name]) for name, exercise in self.gallery.exercises.items() if name in by_name]

    def _shelf(self, shelf: Shelf) -> None:
        """Write all pages of a shelf."""
        now = shelf.filter
        options = self._choices(now)
        for number in range(1, max(shelf.pages, 1) + 1):
            page = self._page(
                "shelf",
                root="../",
                shelf=shelf,
                number=number,
                pager=pager(number, shelf.pages),
                cards=[self.cards[exhibit.id] for exhibit in shelf.on_page(number)],
                **options,
            )
            self._save(now.page(number), page)

    def _choices(self, now: Filter) -> dict[str, Any]:
        return {
            "by_exercise": choices(self.shelves, now, "exercise", list(self.gallery.exercises)),
            "by_kind": choices(self.shelves, now, "kind", list(self.kinds)),
            "by_layer": choices(self.shelves, now, "layer", self.layers),
        }

    def _entry(self, exhibit: Exhibit, before: Exhibit | None, after: Exhibit | None) -> str:
        kind, head = Filter(None, exhibit.kind.name), head_of(exhibit)
        return self._page(
            "entry",
            root="../",
            exhibit=exhibit,
            exercise=self.gallery.exercises[exhibit.exercise],
            of_probe=self._of_probe(exhibit),
            of_sentence=self._of_sentence(exhibit),
            bars=[bar(check) for check in exhibit.verdict.threshold],
            need=showing.need_of(exhibit, self._needs(exhibit.exercise)),
            before=before,
            after=after,
            of_kind=self.shelves[kind],
            of_head=self.shelves[head],
        )

    def _card(self, exhibit: Exhibit, root: str) -> Markup:
        template = self.templates.get_template("card.html.jinja")
        return Markup(  # noqa: S704 - a template's own output, in which everything is escaped
            template.render(
                root=root,
                exhibit=exhibit,
                frame=self._of_probe(exhibit),
                bar=showing.deciding_bar(exhibit),
                excerpt=showing.excerpt(exhibit),
                need=showing.need_of(exhibit, self._needs(exhibit.exercise)),
            )
        )

    def _needs(self, exercise: str) -> Needs:
        return self.gallery.pictures[exercise].needs

    def _of_probe(self, exhibit: Exhibit) -> Frame | None:
        name = pictures.name_of_probe(exhibit)
        if name not in self.made:
            self.made[name] = self._framed(name, self.gallery.pictures[exhibit.exercise].of_probe(exhibit), thumb=True)
        return self.made[name]

    def _of_sentence(self, exhibit: Exhibit) -> Frame | None:
        name = pictures.name_of_sentence(exhibit)
        if name not in self.made:
            self.made[name] = self._framed(name, self.gallery.pictures[exhibit.exercise].of_sentence(exhibit))
        return self.made[name]

    def _framed(self, name: str, picture: Picture | None, *, thumb: bool = False) -> Frame | None:
        """Write the picture as a page for a frame, with `thumb` also as a small file for cards."""
        if picture is None:
            return None
        drawing: Drawing = draw(picture)
        self._save(f"picture/{name}.html", self._page("picture", root="../", drawing=drawing))
        if thumb:
            self._save(f"picture/{name}.svg", self._page("thumb", ending=".svg.jinja", drawing=drawing))
        return Frame(name, drawing.caption, drawing.height + BESIDE)

    def _page(self, name: str, *, ending: str = ".html.jinja", **values: object) -> str:
        return self.templates.get_template(name + ending).render(**values)

    def _text(self, name: str) -> str:
        """Return the text of a script."""
        loader = self.templates.loader
        return loader.get_source(self.templates, name)[0] if loader else ""

    def _save(self, path: str, content: str) -> None:
        file = self.folder / path
        if not file.parent.exists():
            file.parent.mkdir()
        file.write_bytes(content.encode())
