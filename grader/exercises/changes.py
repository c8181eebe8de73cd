"""Changes that an instructor tries out on an exercise, such as `induction.at_least=0.5` or `wrong_costs=5`.

A threshold is named by its kind and its statistic, as in `syntactic:verb_subject.lead.at_least=0.2`. Without a
statistic, it is the kind's first threshold.
"""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from grader.base.errors import InvalidInput, Problem
from grader.documents import did_you_mean, listed
from grader.exercises.names import meant_by
from grader.exercises.thresholds import thresholds_of
from grader.kinds import naming
from grader.schema import AskedKind, Exercise

RULES = ("budget", "wrong_costs", "pass_at", "kinds_needed", "borderline", "feedback")
"""The keys of the exercise that may be changed; another probe or transformer needs another file."""
OF_A_KIND = ("heads", "points", "passing", "too_close", "evidence", "needed_at")
CIRCUITS = "circuits"
OF_CIRCUITS = ("wanted", "points", "passing", "pairs", "left_at_most")
"""The keys of a kind's circuits, such as `induction.circuits.points`."""
COUNTS = "counts"
"""The key of the policy that decides which attempt counts."""
SOURCE = "tried out with --set"


def changed(exercise: Exercise, settings: Iterable[str]) -> Exercise:
    """Return the exercise with these changes, as its next version.

    Raises:
        InvalidInput: A setting names something that cannot be changed, or gives a wrong value.
    """
    data, given = exercise.model_dump(), list(settings)
    for setting in given:
        path, equals, text = setting.partition("=")
        if not equals:
            message = "a value is missing; write it like induction.at_least=0.5"
            raise InvalidInput("--set", [Problem("no-value", f"{setting}: {message}")])
        *names, last = path.strip().split(".")
        if names:
            _change_kind(data, exercise, (names, last), (setting, _value(text)))
        elif last in RULES:
            data[last] = _value(text)
        else:
            kinds = [kind.name for kind in exercise.kinds]
            message = f"`{last}` cannot be changed; allowed: {listed(RULES)}, and a kind's `at_least`"
            raise _refusal(setting, message, kinds)
    try:
        return Exercise.model_validate({**data, "version": exercise.version + 1})
    except ValidationError as error:
        from grader.documents.mistakes import explanation_of

        first = error.errors(include_url=False)[0]
        code, message = explanation_of(first, Exercise)
        name = str(first["loc"][-1]) if first["loc"] else ""
        setting = next((each for each in given if each.partition("=")[0].strip().endswith(name)), given[-1])
        raise InvalidInput("--set", [Problem(code, f"{setting}: {message}")]) from None


def differences(before: Exercise, after: Exercise) -> list[str]:
    """Return each change in words such as `induction share 0.6 -> 0.5`, except those of titles and hints."""
    changes = [
        f"{name} {_plain(getattr(before, name))} -> {_plain(getattr(after, name))}"
        for name in RULES
        if getattr(before, name) != getattr(after, name)
    ]
    if before.policy.counts != after.policy.counts:
        changes.append(f"{COUNTS} {before.policy.counts} -> {after.policy.counts}")
    for kind in after.kinds:
        old = before.asked(kind)
        changes += [f"{kind.name} is new"] if old is None else _of_kind(old, kind)
    return changes + [f"{kind.name} is removed" for kind in before.kinds if after.asked(kind) is None]


def _change_kind(data: dict[str, Any], exercise: Exercise, path: tuple[list[str], str], given: tuple[str, Any]) -> None:
    (names, last), (setting, value) = path, given
    name, statistics = names[0], names[1:]
    known = [kind.name for kind in exercise.kinds]
    meant = meant_by(name, exercise.kinds)
    if len(meant) != 1:
        problem = "is more than one kind" if meant else "is not a kind"
        raise _refusal(setting, f"`{name}` {problem} of {exercise.id}; its kinds are {listed(known)}", known)
    (asked,) = meant
    kind = data["kinds"][known.index(asked.name)]
    thresholds = {threshold.statistic: threshold for threshold in thresholds_of(asked)}
    statistic = statistics[0] if statistics else next(iter(thresholds))
    if last in OF_A_KIND and not statistics:
        kind[last] = value
    elif statistics == [CIRCUITS] and last in OF_CIRCUITS:
        kind[CIRCUITS] = {**(kind.get(CIRCUITS) or {}), last: value}
    elif last == "at_least" and len(statistics) < 2 and statistic in thresholds:
        moved = {**thresholds[statistic].model_dump(), "at_least": value, "source": SOURCE}
        kind["thresholds"] = (*(old for old in kind["thresholds"] if old["statistic"] != statistic), moved)
    else:
        allowed = [*(f"{each}.at_least" for each in thresholds), *OF_A_KIND]
        allowed += [f"{CIRCUITS}.{each}" for each in OF_CIRCUITS]
        message = f"`{'.'.join([*statistics, last])}` cannot be changed; allowed: {listed(allowed)}"
        raise _refusal(setting, message, allowed)


def _of_kind(before: AskedKind, after: AskedKind) -> list[str]:
    changes = [
        f"{after.name} {name} {getattr(before, name)} -> {getattr(after, name)}"
        for name in OF_A_KIND
        if getattr(before, name) != getattr(after, name)
    ]
    changes += _of_circuits(before, after)
    old, new = ({each.statistic: each for each in thresholds_of(kind)} for kind in (before, after))
    for statistic in dict.fromkeys([*old, *new]):
        was, now = old.get(statistic), new.get(statistic)
        was_at, now_at = (f"{each.at_least:g}" if each else "none" for each in (was, now))
        if was_at != now_at:
            changes.append(f"{after.name} {statistic} {was_at} -> {now_at}")
        elif was and now and set(was.slices) != set(now.slices):
            changes.append(f"{after.name} {statistic} on other slices")
    return changes


def _of_circuits(before: AskedKind, after: AskedKind) -> list[str]:
    old, new = (kind.circuits.model_dump() if kind.circuits else {} for kind in (before, after))
    if not (old and new):
        asked = "are asked for" if new else "are asked for no longer"
        return [] if old == new else [f"{after.name} {CIRCUITS} {asked}"]
    return [f"{after.name} {CIRCUITS} {key} {old[key]} -> {new[key]}" for key in new if old[key] != new[key]]


def _value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the text as a number, or whatever JSON it is, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _refusal(setting: str, message: str, known: list[str]) -> InvalidInput:
    name = setting.partition("=")[0].rpartition(".")[0] or setting
    hint = naming.advice(name.partition(".")[0], naming.as_name) or did_you_mean(name, known)
    return InvalidInput("--set", [Problem("unknown-setting", f"{setting}: {message}{hint}")])
