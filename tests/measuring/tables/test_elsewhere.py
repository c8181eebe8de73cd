"""Tables of another device than the CPU: whatever they decide is what the CPU's decides, or it stays open."""

from collections.abc import Callable
from itertools import product

import pytest

from grader.grading.standings import Standings
from grader.measuring.tables.elsewhere import MARGIN, either, is_open, widened
from grader.measuring.tables.score_table import Grid, KindScores, ScoreTable, Slice, Statistics, content_key
from grader.schema import Basis, Borderline, Exercise, Kind, Report, Statistic
from tests.support.planted_tables import exercise

STEP = 0.0001
"""The most by which a score of another device differs."""
SHIFTS = list(product((-STEP, 0.0, STEP), repeat=3))
"""Every way in which low end, value and high end may differ: one for each head of a layer."""
MEASURED = (0.3, 0.4, 0.5)
RULES: tuple[Borderline, ...] = ("not_yet", "in_favour", "as_measured", "against")
CUDA = Basis(transformer="d" * 64, code="c" * 64, libraries={}, precision="float32", device="cuda")
AT_LEAST = [round(end + step * STEP, 4) for end in MEASURED for step in range(-9, 10)]


def scores(ends: Callable[[int], tuple[float, float, float]], statistic: Statistic = "share") -> KindScores:
    """Return scores of one layer: the low end, the value and the high end of each head."""
    low, value, high = zip(*map(ends, range(len(SHIFTS))), strict=True)
    column = Statistics(statistic=statistic, low=(low,), value=(value,), high=(high,))
    own = Kind(type="induction")
    part = Slice(name="repeats", queries=100, statistics=(column,))
    return KindScores(kind=own, decides=statistic, baseline=0.1, blind_head="none", slices=(part,))


CPU = scores(lambda _head: MEASURED)
GPU = scores(lambda head: tuple(round(end + by, 4) for end, by in zip(MEASURED, SHIFTS[head], strict=True)))  # type: ignore[arg-type,return-value]


def outcomes(asked: Exercise, found: KindScores, basis: Basis | None) -> list[str]:
    table = ScoreTable(
        key="k", transformer="t", digest="d", seed=7, layers=1, heads=len(SHIFTS), kinds=(found,), basis=basis
    )
    (of_kind,) = Standings(asked, table).by_kind.values()
    return [of_kind.decided(0, head)[0] for head in range(len(SHIFTS))]


def asking(at_least: float, rule: Borderline) -> Exercise:
    threshold = {"statistic": "share", "at_least": at_least, "source": "invented for this test, to lie where it lies"}
    kind = {"type": "induction", "heads": 1, "points": 10, "passing": 1, "thresholds": [threshold]}
    source = {"name": "t", "family": "decoder", "layers": 1, "heads": len(SHIFTS), "bundled": "t"}
    return exercise(kind, transformer=source, borderline=rule)


@pytest.mark.parametrize("rule", RULES)
def test_no_verdict_of_another_device_contradicts_the_cpus(rule: Borderline) -> None:
    for at_least in AT_LEAST:
        asked = asking(at_least, rule)
        reference, elsewhere = outcomes(asked, CPU, None), outcomes(asked, widened(GPU), CUDA)
        for one, other in zip(reference, elsewhere, strict=True):
            assert other in {one, "not_graded"}, (rule, at_least)


def test_without_the_margin_some_would() -> None:
    differing = [
        at_least
        for at_least in AT_LEAST
        for one, other in zip(
            outcomes(asking(at_least, "not_yet"), CPU, None),
            outcomes(asking(at_least, "not_yet"), GPU, CUDA),
            strict=True,
        )
        if other not in {one, "not_graded"}
    ]

    assert set(differing) == {0.3001, 0.4999}


def test_beyond_the_margin_the_verdict_is_the_same() -> None:
    for at_least in (0.2, 0.3 - 2 * MARGIN, 0.35, 0.4, 0.45, 0.5 + 2 * MARGIN, 0.7):
        asked = asking(at_least, "not_yet")

        assert outcomes(asked, widened(GPU), CUDA) == outcomes(asked, CPU, None)


@pytest.mark.parametrize(
    ("statistic", "before", "after"),
    [
        ("share", (0.0002, 0.5, 0.9999), (0.0, 0.5, 1.0)),
        ("hit_rate", (0.2, 0.3, 0.4), (0.1995, 0.3, 0.4005)),
        ("lead", (-0.9998, 0.0, 0.1), (-1.0, 0.0, 0.1005)),
        ("lift", (4.0, 8.0, 20.0), (3.998, 8.0, 20.01)),
    ],
)
def test_ends_move_outward_and_stay_in_range(
    statistic: Statistic, before: tuple[float, float, float], after: tuple[float, float, float]
) -> None:
    assert ends(widened(scores(lambda _head: before, statistic))) == after


def ends(found: KindScores) -> tuple[float, float, float]:
    def first(grid: Grid) -> float:
        return grid[0][0]

    (column,) = found.slices[0].statistics
    return first(column.low), first(column.value), first(column.high)


def test_a_width_at_the_limit_leaves_open_whether_the_cpu_asks_on() -> None:
    """It may have stopped or not: the interval then holds those of both probes."""
    assert CPU.widest == pytest.approx(0.2)
    assert is_open(CPU, 0.2003)
    assert is_open(CPU, 0.1997)
    assert not is_open(CPU, 0.201)
    grown = scores(lambda _head: (0.32, 0.45, 0.52))
    assert ends(either(CPU, grown)) == (0.3, 0.45, 0.52)


def test_a_basis_of_the_cpu_is_written_as_before_there_were_others() -> None:
    cpu = CUDA.model_copy(update={"device": "cpu"})

    assert "device" not in cpu.model_dump_json()
    assert Basis.model_validate_json(cpu.model_dump_json()) == cpu
    assert Basis.model_validate_json(CUDA.model_dump_json()).device == "cuda"
    assert content_key("k", cpu) != content_key("k", CUDA)
    assert "device" in Report.model_json_schema()["$defs"]["Basis"]["properties"]
