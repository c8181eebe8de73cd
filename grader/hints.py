"""Hints that teach: for each kind a ladder of them, from what to look for to a text to try; data, shown one at a time.

An instructor's own hint of an asked kind comes first.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import Field, TypeAdapter

from grader.language import _, later
from grader.schema import AskedKind, Exercise, HeadType, Record

PAGE = Path(__file__).with_name("hints.yaml")
TITLES = {
    "own": later("from your instructor"),
    "look": later("what to look for"),
    "alike": later("what only looks like it"),
    "where": later("where such heads tend to be"),
    "try": later("see for yourself"),
}
"""Every rung of a ladder, in order."""
OUTLINED: tuple[HeadType, ...] = ("positional", "induction", "duplicate_token")
"""Types of which any text tells what a head ought to look at."""
FORWARD = later("Here it is the other way round: the earlier word looks ahead at the later one.")


class Where(Record):
    """Where heads of a kind tend to be, and who found that."""

    says: str = Field(min_length=1)
    source: str = Field(min_length=1)


class Ladder(Record):
    """The hints for one kind."""

    look: str = Field(min_length=1, description="What the pattern looks like.")
    alike: str = Field(min_length=1, description="What a look-alike is, and how to tell it.")
    where: Where
    text: str = Field(pattern=r'^[^"$`!\\]{1,400}$', description="A text to try; no shell minds it between quotes.")
    see: str = Field(min_length=1, description="What to ask of it.")


class Rung(NamedTuple):
    """One hint, as it is shown."""

    name: str
    title: str
    lines: tuple[str, ...]


@cache
def ladders() -> dict[str, Ladder]:
    """The hints that come with the grader, by the kind's name or type, read once."""
    page = yaml.safe_load(PAGE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[str, Ladder]).validate_python(page)


def rungs(exercise: Exercise, asked: AskedKind) -> list[Rung]:
    """All the hints for a kind that the exercise asks for, in order."""
    return [Rung(name, _(TITLES[name]), tuple(lines)) for name, lines in _rungs(exercise, asked)]


def _rungs(exercise: Exercise, asked: AskedKind) -> Iterator[tuple[str, list[str]]]:
    name = asked.name.removesuffix(":forward")
    ladder = ladders().get(name) or ladders()[asked.type]
    if asked.hint:
        yield "own", [_(asked.hint)]
    yield "look", [_(ladder.look), *([_(FORWARD)] if asked.direction == "forward" else [])]
    yield "alike", [_(ladder.alike)]
    yield "where", [_(ladder.where.says), _("Source: {source}", source=_(ladder.where.source))]
    outlined = f"--type {asked.name} " if asked.type in OUTLINED else ""
    command = f'grade show LAYER HEAD --exercise {exercise.id} {outlined}--text "{ladder.text}"'
    yield "try", [_("Put in the layer and the head that you suspect:"), command, _(ladder.see)]
