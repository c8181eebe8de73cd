"""Scores that an exercise carries, compared with the same scores measured now: to four decimals, by kind and head."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from grader.measuring.tables.carried import RESULTS, TABLE
from grader.measuring.tables.score_table import KindScores, ScoreTable
from grader.schema import head_name

HALF_A_DECIMAL = 0.00005
"""The difference from which two numbers differ in their fourth decimal."""
SHADE = 1
"""The steps of 255 by which a picture may differ: it is for looking at, and was rounded."""
DRAWN = "pattern"
"""The part of a result that is drawn and not graded: it is rounded to three decimals."""
DRAWN_DIFFERENCE = 0.0011
NOTHING = "-"


class Difference(NamedTuple):
    """One thing that was measured otherwise."""

    where: str
    carried: str
    measured: str

    def __str__(self) -> str:
        return f"{self.where}: {self.carried} is carried, {self.measured} was measured"


def differences(carried: Mapping[str, bytes], now: Mapping[str, bytes]) -> Iterator[Difference]:
    """Yield what was measured otherwise; versions of libraries may differ."""
    if TABLE in carried:
        yield from _of_tables(*(ScoreTable.model_validate_json(each[TABLE]) for each in (carried, now)))
    if RESULTS in carried or RESULTS in now:
        yield from _of_results(*(_lines(each.get(RESULTS, b"")) for each in (carried, now)))
    for name in sorted((carried.keys() | now.keys()) - {RESULTS}):
        if name not in carried or name not in now:
            yield Difference(name, *("there" if name in each else NOTHING for each in (carried, now)))
        elif name != TABLE and not _looks_alike(name, carried[name], now[name]):
            yield Difference(name, "one picture", "another one")


def _of_tables(carried: ScoreTable, now: ScoreTable) -> Iterator[Difference]:
    one, two = (dict(_numbers(table)) for table in (carried, now))
    for where in dict.fromkeys([*one, *two]):
        if not _same(one.get(where), two.get(where)):
            yield Difference(where, str(one.get(where, NOTHING)), str(two.get(where, NOTHING)))


def _numbers(table: ScoreTable) -> Iterator[tuple[str, object]]:
    """Yield all that a table says, each with its place in words."""
    if basis := table.basis:
        yield from ((f"basis {name}", value) for name, value in basis.model_dump(exclude={"libraries"}).items())
    yield from table.model_dump(include={"transformer", "digest", "seed", "layers", "heads"}).items()
    for scores in table.kinds:
        name = scores.kind.name
        yield f"{name} decides", scores.decides
        yield f"{name} baseline", scores.baseline
        yield f"{name} blind head", scores.blind_head
        yield from ((f"{name} queries on {part.name}", part.queries) for part in scores.slices)
        yield from ((f"{name} chance of {alike.name}", alike.chance) for alike in scores.resemblances)
        for where, grid in _grids(scores):
            for layer, row in enumerate(grid):
                yield from ((f"{name} {head_name(layer, head)} {where}", value) for head, value in enumerate(row))


def _grids(scores: KindScores) -> Iterator[tuple[str, tuple[tuple[float, ...], ...]]]:
    for part in scores.slices:
        for column in part.statistics:
            where = f"{column.statistic} on {part.name}"
            yield where, column.value
            yield f"{where}, low end", column.low
            yield f"{where}, high end", column.high
    for alike in scores.resemblances:
        yield f"resemblance to {alike.name}", alike.value


def _lines(text: bytes) -> dict[str, Any]:
    """Return the results by their keys; a damaged one as its text."""
    pairs = (line.partition(b" ") for line in text.splitlines())
    return {key.decode(errors="replace"): _read(result) for key, _space, result in pairs}


def _read(result: bytes) -> Any:  # noqa: ANN401 - what JSON holds
    try:
        return json.loads(result)
    except (ValueError, RecursionError):
        return result.decode(errors="replace")


def _of_results(carried: dict[str, Any], now: dict[str, Any]) -> Iterator[Difference]:
    for key in dict.fromkeys([*now, *carried]):
        if key not in carried or key not in now:
            about = _about(now[key]) if key in now else f"result {key}"
            yield Difference(about, *("there" if key in each else NOTHING for each in (carried, now)))
        elif first := next(_of_trees(carried[key], now[key], ""), None):
            yield first._replace(where=f"{_about(now[key])}{first.where}")


def _about(result: Any) -> str:  # noqa: ANN401 - what JSON holds
    """Return what a result is about: its kind, and its heads or its sentence."""
    if "evidence" in result:
        return f"“{result['evidence']['text']}”"
    if "effects" in result:
        return "effects of all heads"
    inner = result.get("writes") or result
    kind = inner.get("kind", {}).get("type", "writes")
    heads = inner.get("heads", [inner] if "head" in inner else [])
    return " ".join([kind, *(head_name(each["layer"], each["head"]) for each in heads)])


def _of_trees(one: Any, two: Any, path: str) -> Iterator[Difference]:  # noqa: ANN401 - what JSON holds
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        for name in one:
            yield from _of_trees(one[name], two[name], f"{path} {name}")
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for number, pair in enumerate(zip(one, two, strict=True)):
            yield from _of_trees(*pair, path if path.endswith(DRAWN) else f"{path} {number}")
    elif not _same(one, two, DRAWN_DIFFERENCE if path.endswith(DRAWN) else HALF_A_DECIMAL):
        yield Difference(path, str(one), str(two))


def _same(one: object, two: object, most: float = HALF_A_DECIMAL) -> bool:
    if isinstance(one, float) and isinstance(two, float):
        return abs(one - two) < most
    return one == two


def _looks_alike(name: str, one: bytes, two: bytes) -> bool:
    """Return whether two pictures, or two examples, are alike."""
    if not name.endswith(".bin"):
        return one == two
    return len(one) == len(two) and all(abs(a - b) <= SHADE for a, b in zip(one, two, strict=True) if a != b)
