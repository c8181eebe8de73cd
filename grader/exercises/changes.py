"""Changes to an exercise, as an instructor tries them out: `induction.at_least=0.5`, `wrong_costs=5`.

A threshold is named by its kind and its statistic, `syntactic:verb_subject.lead.at_least=0.2`; without a statistic
the kind's first threshold is meant.
"""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from grader.base.errors import InvalidInput, Problem
from grader.documents import did_you_mean, listed
from grader.exercises.thresholds import thresholds_of
from grader.schema import AskedKind, Exercise

RULES = ("budget", "wrong_costs", "pass_at", "kinds_needed", "borderline", "feedback")
"""What may be changed of the exercise itself; another probe or transformer needs another file."""
OF_A_KIND = ("heads", "points", "passing")
SOURCE = "tried out with --set"


def changed(exercise: Exercise, settings: Iterable[str]) -> Exercise:
    """The exercise with these changes, as its next version.

    Raises:
        InvalidInput: A setting names nothing that may be changed, or gives a value that cannot be.
    """
    data = exercise.model_dump()
    for setting in settings:
        path, _, text = setting.partition("=")
        *names, last = path.strip().split(".")
        if names:
            _change_kind(data, exercise, (names, last), (setting, _value(text)))
        elif last in RULES:
            data[last] = _value(text)
        else:
            kinds = [kind.name for kind in exercise.kinds]
            raise _refusal(
                setting, f"`{last}` cannot be changed; there are {listed(RULES)}, and a kind's `at_least`", kinds
            )
    try:
        return Exercise.model_validate({**data, "version": exercise.version + 1})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidInput("--set", [Problem("wrong-value", f"{where}: {first['msg']}")]) from None


def differences(before: Exercise, after: Exercise) -> list[str]:
    """What was changed, each in words such as `induction share 0.6 -> 0.5`; titles and hints aside."""
    found = [
        f"{name} {_plain(getattr(before, name))} -> {_plain(getattr(after, name))}"
        for name in RULES
        if getattr(before, name) != getattr(after, name)
    ]
    for kind in after.kinds:
        old = before.asked(kind)
        found += [f"{kind.name} is new"] if old is None else _of_kind(old, kind)
    return found + [f"{kind.name} is gone" for kind in before.kinds if after.asked(kind) is None]


def _change_kind(data: dict[str, Any], exercise: Exercise, path: tuple[list[str], str], given: tuple[str, Any]) -> None:
    (names, last), (setting, value) = path, given
    name, statistics = names[0], names[1:]
    known = [kind.name for kind in exercise.kinds]
    matching = [number for number, kind in enumerate(known) if name in (kind, exercise.kinds[number].type)]
    if len(matching) != 1:
        what = "is several kinds" if matching else "is no kind"
        raise _refusal(setting, f"`{name}` {what} of {exercise.id}; there are {listed(known)}", known)
    (number,) = matching
    asked, kind = exercise.kinds[number], data["kinds"][number]
    thresholds = {threshold.statistic: threshold for threshold in thresholds_of(asked)}
    statistic = statistics[0] if statistics else next(iter(thresholds))
    if last in OF_A_KIND and not statistics:
        kind[last] = value
    elif last == "at_least" and len(statistics) < 2 and statistic in thresholds:
        moved = {**thresholds[statistic].model_dump(), "at_least": value, "source": SOURCE}
        kind["thresholds"] = (*(old for old in kind["thresholds"] if old["statistic"] != statistic), moved)
    else:
        there = [*(f"{each}.at_least" for each in thresholds), *OF_A_KIND]
        raise _refusal(
            setting, f"`{'.'.join([*statistics, last])}` cannot be changed; there are {listed(there)}", there
        )


def _of_kind(before: AskedKind, after: AskedKind) -> list[str]:
    found = [
        f"{after.name} {name} {getattr(before, name)} -> {getattr(after, name)}"
        for name in OF_A_KIND
        if getattr(before, name) != getattr(after, name)
    ]
    old, new = ({each.statistic: each for each in thresholds_of(kind)} for kind in (before, after))
    for statistic in dict.fromkeys([*old, *new]):
        one, other = old.get(statistic), new.get(statistic)
        told = [f"{each.at_least:g}" if each else "none" for each in (one, other)]
        if told[0] != told[1]:
            found.append(f"{after.name} {statistic} {told[0]} -> {told[1]}")
        elif one and other and set(one.slices) != set(other.slices):
            found.append(f"{after.name} {statistic} on other slices")
    return found


def _value(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """A number where it is one, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _refusal(setting: str, message: str, known: list[str]) -> InvalidInput:
    hint = did_you_mean(setting.partition("=")[0].rpartition(".")[0] or setting, known)
    return InvalidInput("--set", [Problem("unknown-setting", f"{setting}: {message}{hint}")])
