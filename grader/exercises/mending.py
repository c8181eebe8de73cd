"""The smallest change of each setting with which guessing no longer pays, found by trying."""

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from math import floor
from typing import NamedTuple

from grader.schema import AskedKind, Exercise

MOST_HEADS = 100
"""The most heads of a kind that an exercise may ask for."""

Accepted = Callable[[Exercise], bool]


class Setting(NamedTuple):
    """A setting, and the values that it may be changed to, each one further from the present value."""

    name: str
    now: str
    values: Sequence[int]
    changed: Callable[[Exercise, int], Exercise]

    def told(self, value: int) -> str:
        """Return the change in words."""
        return f"`{self.name}: {value}`{self.now}"


def changes(exercise: Exercise, accepted: Accepted) -> str:
    """Return which changes are accepted, and which settings do not help alone, in words."""
    sensible, all_settings = list(_settings(exercise)), list(_settings(exercise, beyond=True))
    advice = (
        _alone(exercise, sensible, accepted)
        or _together(exercise, sensible, accepted)
        or _alone(exercise, all_settings, accepted)
        or _together(exercise, all_settings, accepted)
        or "no change of `wrong_costs`, `budget`, `heads` or `points` helps: too many of the heads pass; ask for other "
        "kinds, raise a threshold, or take a larger transformer"
    )
    return f"{advice}; `policy.attempts` and `feedback` change nothing about a single attempt"


def _settings(exercise: Exercise, *, beyond: bool = False) -> Iterator[Setting]:
    """Yield what may be changed: costs and wanted heads up, claims and points down.

    With `beyond`, also to more wanted heads than pass, and to fewer claims than wanted heads.
    """
    costs = range(floor(exercise.wrong_costs) + 1, exercise.points + 1)
    yield Setting("wrong_costs", f" (now {exercise.wrong_costs:g})", costs, _with_costs)
    wanted, there = sum(kind.heads for kind in exercise.kinds), exercise.transformer.layers * exercise.transformer.heads
    claims = range(exercise.budget - 1, 0 if beyond else wanted - 1, -1)
    note = f"; {wanted} heads are wanted" if beyond else ""
    yield Setting("budget", f" (now {exercise.budget}{note})", claims, _with_budget)
    for number, kind in enumerate(exercise.kinds):
        heads = range(kind.heads + 1, min(there if beyond else kind.passing, MOST_HEADS) + 1)
        note = f"; {kind.passing} pass" if beyond else ""
        yield Setting("heads", f" for {kind.name} (now {kind.heads}{note})", heads, _with(number, "heads"))
        points = range(kind.points - 1, 0, -1)
        yield Setting("points", f" for {kind.name} (now {kind.points})", points, _with(number, "points"))
        if kind.circuits is not None:
            worth = kind.circuits.points
            note = f" for {kind.name} (now {worth})"
            yield Setting("circuits.points", note, range(worth - 1, 0, -1), _with_circuit_points(number))


def _alone(exercise: Exercise, settings: Sequence[Setting], accepted: Accepted) -> str:
    """Return the changes of one setting that are accepted, and the settings that do not help; empty if none does."""
    found = {setting: _smallest(exercise, setting, accepted) for setting in settings}
    helpful = {setting: value for setting, value in found.items() if value is not None}
    if not helpful:
        return ""
    told = f"accepted would be any one of {', '.join(setting.told(value) for setting, value in helpful.items())}"
    useless = sorted({setting.name for setting in found} - {setting.name for setting in helpful})
    return f"{told}; changing {' or '.join(f'`{name}`' for name in useless)} alone does not help" if useless else told


def _together(exercise: Exercise, settings: Sequence[Setting], accepted: Accepted) -> str:
    """Return a change of two settings that is accepted; empty if there is none."""
    for first, second in permutations([setting for setting in settings if setting.values], 2):
        furthest = first.changed(exercise, first.values[-1])
        if (value := _smallest(furthest, second, accepted)) is None:
            continue
        other = _smallest(second.changed(exercise, value), first, accepted)
        if other is not None:
            return f"no setting alone helps; accepted would be {first.told(other)} with {second.told(value)}"
    return ""


def _smallest(exercise: Exercise, setting: Setting, accepted: Accepted) -> int | None:
    """Return the nearest value that is accepted, by halving; None if not even the furthest one is."""
    values = setting.values
    if not values or not accepted(setting.changed(exercise, values[-1])):
        return None
    refused, taken = -1, len(values) - 1
    while taken - refused > 1:
        middle = (refused + taken) // 2
        if accepted(setting.changed(exercise, values[middle])):
            taken = middle
        else:
            refused = middle
    return values[taken]


def _with_costs(exercise: Exercise, value: int) -> Exercise:
    return exercise.model_copy(update={"wrong_costs": float(value)})


def _with_budget(exercise: Exercise, value: int) -> Exercise:
    return exercise.model_copy(update={"budget": value})


def _with_circuit_points(number: int) -> Callable[[Exercise, int], Exercise]:
    def changed(exercise: Exercise, value: int) -> Exercise:
        circuits = exercise.kinds[number].circuits
        fewer = circuits.model_copy(update={"points": value}) if circuits else None
        return _with(number, "circuits")(exercise, fewer)

    return changed


def _with(number: int, key: str) -> Callable[[Exercise, object], Exercise]:
    def changed(exercise: Exercise, value: object) -> Exercise:
        kinds: list[AskedKind] = list(exercise.kinds)
        kinds[number] = kinds[number].model_copy(update={key: value})
        return exercise.model_copy(update={"kinds": tuple(kinds)})

    return changed
