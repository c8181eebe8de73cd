"""Shelves: the exhibits by exercise, kind and layer, in every combination that holds any, a page at a time.

Every combination is a static page of its own, so filtering needs no script. A head has a shelf, too.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import ceil
from typing import Any, Literal

from grader.gallery.entries import Exhibit, arranged

PER_PAGE = 36
"""Exhibits: rows of two, three or four of them come out even."""
SIGNS = {"+": "plus-", "-": "minus-"}


@dataclass(frozen=True)
class Filter:
    """What a shelf holds; None stands for all."""

    exercise: str | None = None
    kind: str | None = None
    layer: int | None = None
    head: int | None = None

    @property
    def name(self) -> str:
        """What its pages are called."""
        parts = [
            *([f"in-{self.exercise}"] if self.exercise else []),
            *([slug(self.kind)] if self.kind else []),
            *([f"layer-{self.layer}"] if self.layer is not None else []),
            *([f"head-{self.head}"] if self.head is not None else []),
        ]
        return "_".join(parts) or "all"

    def page(self, number: int = 1) -> str:
        """The path of one of its pages, from the site's root."""
        return f"found/{self.name}{f'_page-{number}' if number > 1 else ''}.html"


@dataclass
class Shelf:
    """The exhibits that one filter lets through."""

    filter: Filter
    exhibits: list[Exhibit] = field(default_factory=list)

    @property
    def pages(self) -> int:
        """How many there are."""
        return ceil(len(self.exhibits) / PER_PAGE)

    def on(self, number: int) -> list[Exhibit]:
        """Those on one page, counted from 1."""
        return self.exhibits[(number - 1) * PER_PAGE : number * PER_PAGE]


Shelves = dict[Filter, Shelf]


def shelves(best_first: Sequence[Exhibit]) -> Shelves:
    """Every shelf that holds anything, and the one that holds all in any case."""
    found: Shelves = {Filter(): Shelf(Filter())}
    are_several = len({exhibit.exercise for exhibit in best_first}) > 1
    for exhibit in best_first:
        exercises = (None, exhibit.exercise) if are_several else (None,)
        combined = product(exercises, (None, exhibit.kind.name), (None, exhibit.verdict.claim.layer))
        for place in (*(Filter(*each) for each in combined), head_of(exhibit)):
            found.setdefault(place, Shelf(place)).exhibits.append(exhibit)
    for shelf in found.values():
        shelf.exhibits = arranged(shelf.exhibits)
    return found


def head_of(exhibit: Exhibit) -> Filter:
    """The filter for its head."""
    claim = exhibit.verdict.claim
    return Filter(exhibit.exercise, None, claim.layer, claim.head)


@dataclass(frozen=True)
class Choice:
    """One value that a filter may take beside the others: how many there are, and where."""

    value: str | int | None
    count: int
    page: str
    chosen: bool


def choices(
    found: Shelves, now: Filter, name: Literal["exercise", "kind", "layer"], values: Sequence[str | int]
) -> list[Choice]:
    """What can be chosen for one part of the filter, with the others as they are now."""
    every = []
    for value in (None, *values):
        change: dict[str, Any] = {name: value, "head": None}
        other = replace(now, **change)
        if other in found and found[other].exhibits:
            chosen = getattr(now, name) == value
            every.append(Choice(value, len(found[other].exhibits), other.page(), chosen))
    return every


def slug(kind: str) -> str:
    """The kind's name as a part of a path: `positional-minus-1`, `syntactic-verb-subject`."""
    signed = re.sub(r":([+-])", lambda match: f"-{SIGNS[match[1]]}", kind)
    return re.sub(r"[^a-z0-9]+", "-", signed)


def around(number: int, last: int) -> list[int | None]:
    """The pages that a pager names: the first, the last, and those around this one; None is a gap."""
    near = sorted({1, last, *range(max(1, number - 1), min(last, number + 1) + 1)})
    named: list[int | None] = []
    for before, page in zip([0, *near], near, strict=False):
        if page - before == 2:
            named.append(page - 1)
        elif page - before > 2:
            named.append(None)
        named.append(page)
    return named
