"""Shelves: the exhibits by exercise, kind and layer, in every combination that is not empty, in pages.

Every combination has static pages of its own, so that filtering needs no script. Each head has a shelf as well.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import ceil
from typing import Any, Literal

from grader.gallery.entries import Exhibit, mixed

PER_PAGE = 36
"""The exhibits on a page, which fill rows of two, three or four."""
SIGNS = {"+": "plus-", "-": "minus-"}


@dataclass(frozen=True)
class Filter:
    """The exhibits that a shelf holds; None means all."""

    exercise: str | None = None
    kind: str | None = None
    layer: int | None = None
    head: int | None = None

    @property
    def name(self) -> str:
        """The name of the shelf's pages."""
        parts = [
            *([f"in-{self.exercise}"] if self.exercise else []),
            *([slug(self.kind)] if self.kind else []),
            *([f"layer-{self.layer}"] if self.layer is not None else []),
            *([f"head-{self.head}"] if self.head is not None else []),
        ]
        return "_".join(parts) or "all"

    def page(self, number: int = 1) -> str:
        """Return the path of one of the shelf's pages, counted from 1, from the site's root."""
        return f"found/{self.name}{f'_page-{number}' if number > 1 else ''}.html"


@dataclass
class Shelf:
    """The exhibits of one filter."""

    filter: Filter
    exhibits: list[Exhibit] = field(default_factory=list)

    @property
    def pages(self) -> int:
        """The number of pages."""
        return ceil(len(self.exhibits) / PER_PAGE)

    def on_page(self, number: int) -> list[Exhibit]:
        """Return the exhibits on one page, counted from 1."""
        return self.exhibits[(number - 1) * PER_PAGE : number * PER_PAGE]


Shelves = dict[Filter, Shelf]


def shelves(best_first: Sequence[Exhibit]) -> Shelves:
    """Return every shelf that is not empty, and in any case the one that holds all exhibits."""
    by_filter: Shelves = {Filter(): Shelf(Filter())}
    are_several = len({exhibit.exercise for exhibit in best_first}) > 1
    for exhibit in best_first:
        exercises = (None, exhibit.exercise) if are_several else (None,)
        combinations = product(exercises, (None, exhibit.kind.name), (None, exhibit.verdict.claim.layer))
        for key in (*(Filter(*values) for values in combinations), head_of(exhibit)):
            by_filter.setdefault(key, Shelf(key)).exhibits.append(exhibit)
    for shelf in by_filter.values():
        shelf.exhibits = mixed(shelf.exhibits)
    return by_filter


def head_of(exhibit: Exhibit) -> Filter:
    """Return the filter for the exhibit's head."""
    claim = exhibit.verdict.claim
    return Filter(exhibit.exercise, None, claim.layer, claim.head)


@dataclass(frozen=True)
class Choice:
    """One value for a part of the filter, with the number of its exhibits and a link."""

    value: str | int | None
    count: int
    page: str
    chosen: bool


def choices(
    by_filter: Shelves, now: Filter, name: Literal["exercise", "kind", "layer"], values: Sequence[str | int]
) -> list[Choice]:
    """Return the values that can be chosen for one part of the filter; the other parts stay as they are now."""
    options = []
    for value in (None, *values):
        change: dict[str, Any] = {name: value, "head": None}
        changed = replace(now, **change)
        if changed in by_filter and by_filter[changed].exhibits:
            chosen = getattr(now, name) == value
            options.append(Choice(value, len(by_filter[changed].exhibits), changed.page(), chosen))
    return options


def slug(kind: str) -> str:
    """Return the kind's name for a path: `positional-minus-1`, `syntactic-verb-subject`."""
    signed = re.sub(r":([+-])", lambda match: f"-{SIGNS[match[1]]}", kind)
    return re.sub(r"[^a-z0-9]+", "-", signed)


def pager(number: int, last: int) -> list[int | None]:
    """Return the pages that a pager links to: the first, the last, and those around this one; None is a gap."""
    near = sorted({1, last, *range(max(1, number - 1), min(last, number + 1) + 1)})
    named: list[int | None] = []
    for before, page in zip([0, *near], near, strict=False):
        if page - before == 2:
            named.append(page - 1)
        elif page - before > 2:
            named.append(None)
        named.append(page)
    return named
