"""The effect of heads, what feeds a head, and the causal scan of a transformer, as text and as JSON."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from grader.base.language import N_, _
from grader.grading.causal_words import INPUTS, UNITS, effect_sentence, named
from grader.grading.importance import DECIDING
from grader.report import needs
from grader.report.needs import Need
from grader.report.text import causal
from grader.report.text.labels import cells, padded, visible
from grader.report.text.styled import Text
from grader.schema import (
    AskedCircuits,
    Exercise,
    HeadIndex,
    Into,
    Kind,
    Member,
    Scope,
    SetEffect,
    SizeEffect,
    Trace,
    Writes,
    head_name,
    title,
)

WIDTH, BAR = 100, 24
"""The columns of a line, and of the longest bar."""
LISTED_AT = 0.01
"""The part of the behaviour from which the text of a scan lists an effect that is no outcome."""
TOTAL_AND_DIRECT = N_(
    "Total: all that the sender writes is replaced, so that heads between the two change as well. Direct: only what it "
    "adds to one input of the receiver is replaced."
)
FEEDS = N_(
    "A head that feeds it leaves {most} at most, under both replacements, and less than every other head of its layer."
)
NO_RECEIVER = N_("It hardly scores on this kind, so that nothing that feeds it can be seen.")
SCORES_AT = 0.1
"""The score below which nothing can be seen that feeds a head."""
LEFT_AT_MOST: float = AskedCircuits.model_fields["left_at_most"].default
"""The part of a score that may be left where the exercise asks for no circuits of the kind."""
NO_DIRECT = N_("There is no direct effect here: heads of this family do not simply add what they write.")
SETS = N_("Sets of heads")
ALONE = N_("Heads alone")


@dataclass(frozen=True)
class Ablation:
    """The effect of heads under one kind, with all that is said beside it."""

    exercise: Exercise
    effect: SetEffect
    together: SetEffect | None = None
    """The effect of the head with the others of its kind; None if its own effect shows enough."""
    scopes: Mapping[HeadIndex, Scope] = field(default_factory=dict)
    writes: Writes | None = None

    @property
    def needed_at(self) -> float:
        """The part of the behaviour that must be lost for heads to be needed."""
        return needs.needed_at(self.exercise, self.effect.kind)

    @property
    def need(self) -> Need:
        """The importance of the heads, as it was seen."""
        if len(self.effect.heads) > 1:
            return needs.of_set(self.effect, self.needed_at)
        return needs.of_head(self.effect, [self.together] if self.together else [], self.needed_at)

    @property
    def sentences(self) -> list[str]:
        """Everything that is said in sentences, the outcome first."""
        lines = [causal.outcome(self.need, self.effect.heads)]
        if self.together is not None and self.need.companions:
            lines.append(effect_sentence(self.together))
        if self.scopes:
            lines.append(_("Scope: {scope}.", scope=causal.scopes(self.scopes)))
        if self.writes is not None:
            lines.append(_("Writes: {writes}.", writes=causal.writes(self.writes)))
        return [*lines, *causal.cautions(self.effect)]


def as_json(ablation: Ablation) -> str:
    """Return the effect as JSON."""
    return json.dumps(
        _head_of_json(ablation.exercise)
        | _effect_json(ablation.effect, ablation.need)
        | {
            "needed_at": ablation.needed_at,
            "together": ablation.together.model_dump(mode="json") if ablation.together else None,
            "scope": [{**_place(place), **scope.model_dump(mode="json")} for place, scope in ablation.scopes.items()],
            "writes": ablation.writes.model_dump(mode="json") if ablation.writes else None,
        },
        indent=2,
    )


def text(ablation: Ablation) -> str:
    """Return the effect as text for a terminal."""
    effect = ablation.effect
    heading = f"{ablation.exercise.transformer.name}: {named(effect.heads)}, {title(effect.kind)}"
    blocks = [[heading, *_wrapped(causal.measure(effect))], _effect_rows(effect)]
    if len(effect.curve) > 1:
        blocks.append(_curve(effect))
    if len(effect.members) > 1:
        about = _("Each head: what it adds to the others' effect, and how much is left if only it stays:")
        blocks.append([*_wrapped(about), *columns(member_rows(effect))])
    blocks.append([line for sentence in ablation.sentences for line in _wrapped(sentence)])
    return "\n\n".join("\n".join(block) for block in blocks)


def trace_json(exercise: Exercise, trace: Trace) -> str:
    """Return what feeds a head as JSON."""
    dumped = trace.model_dump(mode="json")
    return json.dumps(_head_of_json(exercise) | dumped | {"kind": trace.kind.name}, indent=2)


def trace_text(exercise: Exercise, trace: Trace) -> str:
    """Return what feeds a head as text for a terminal."""
    about = _("What is left of its score when an earlier head is replaced, least first:")
    lines = [*_wrapped(receiver(exercise, trace)), *_wrapped(about)]
    remarks = [*_wrapped(reading(exercise, trace)), *_wrapped(paths(trace))]
    return "\n".join([*lines, "", *columns(sender_rows(trace)), "", *remarks])


def receiver(exercise: Exercise, trace: Trace) -> str:
    """Return the head that is fed, with its score."""
    return _(
        "{transformer}: {head}, {kind}, scores {score} {interval} with nothing replaced",
        transformer=exercise.transformer.name,
        head=head_name(trace.layer, trace.head),
        kind=title(trace.kind),
        score=causal.amount(trace.score),
        interval=causal.interval(trace.interval),
    )


def sender_rows(trace: Trace) -> list[list[str]]:
    """Return a row for each earlier head, below the names of the columns."""
    inputs = _inputs(trace)
    rows = [[_("sender"), _("left"), _("95 % interval"), _("left, by the mean"), *map(_direct, inputs)]]
    for sender in trace.senders:
        direct = [causal.estimate(sender.direct[into]) if into in sender.direct else "" for into in inputs]
        left = [causal.amount(sender.left), causal.interval(sender.interval), causal.estimate(sender.mean)]
        rows.append([head_name(sender.layer, sender.head), *left, *direct])
    return rows


def reading(exercise: Exercise, trace: Trace) -> str:
    """Return how much is left by a head that feeds the receiver, or that the receiver has no score to lose."""
    if trace.score < SCORES_AT:
        return _(NO_RECEIVER)
    asked = exercise.asked(trace.kind)
    part = asked.circuits.left_at_most if asked and asked.circuits else LEFT_AT_MOST
    return _(FEEDS, most=causal.amount(part * trace.score))


def paths(trace: Trace) -> str:
    """Return the meaning of total and direct, or why there is nothing direct."""
    return _(TOTAL_AND_DIRECT) if _inputs(trace) else _(NO_DIRECT)


def table_json(exercise: Exercise, key: str, effects: Sequence[SetEffect]) -> str:
    """Return a causal scan as JSON."""
    rows = [_effect_json(effect, need) for effect, need in outcomes(exercise, effects)]
    content = {"key": key, "effects": rows, "no_causal_measure": [kind.name for kind in unmeasured(exercise, effects)]}
    return json.dumps(_head_of_json(exercise) | content, indent=2)


def table_text(exercise: Exercise, effects: Sequence[SetEffect]) -> str:
    """Return a causal scan as text for a terminal."""
    blocks = [[exercise.transformer.name]]
    for of_kind in by_kind(exercise, effects):
        blocks.append([title(of_kind[0][0].kind), *_wrapped(causal.measure(of_kind[0][0]))])
        large = [pair for pair in of_kind if is_large(*pair)]
        blocks += [[label, *columns(rows)] for label, rows in table_rows(large)]
        if small := len(of_kind) - len(large):
            message = N_("and {number} more, each below 1 % of the behaviour; --format json lists them")
            blocks.append([_(message, number=small)])
    blocks.append([line for remark in remarks(exercise, effects) for line in _wrapped(remark)])
    return "\n\n".join("\n".join(block) for block in blocks)


def remarks(exercise: Exercise, effects: Sequence[SetEffect]) -> Iterator[str]:
    """Yield what a causal scan does not show, in sentences."""
    if names := [title(kind) for kind in unmeasured(exercise, effects)]:
        yield _("No causal measure: {kinds}.", kinds="; ".join(names))
    yield _(causal.LOWER_BOUND)


def unmeasured(exercise: Exercise, effects: Sequence[SetEffect]) -> list[Kind]:
    """Return the kinds of the exercise that have no causal measure here."""
    measured = {effect.kind.name for effect in effects if effect.measure}
    return [asked.kind for asked in exercise.kinds if asked.name not in measured]


def by_kind(exercise: Exercise, effects: Sequence[SetEffect]) -> list[list[tuple[SetEffect, Need]]]:
    """Return the effects of each kind, with what was seen of their heads."""
    pairs = outcomes(exercise, effects)
    return [list(group) for _name, group in groupby(pairs, key=lambda pair: pair[0].kind.name)]


def table_rows(of_kind: Sequence[tuple[SetEffect, Need]]) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield the rows of the single heads of one kind, and those of its sets, below the names of the columns."""
    lost = [_("lost, {replaced}", replaced=_(causal.BY[by])) for by in DECIDING]
    for label, is_set in ((ALONE, False), (SETS, True)):
        rows = [_row(effect, need) for effect, need in of_kind if (len(effect.heads) > 1) == is_set]
        if rows:
            yield _(label), [[_("heads"), *lost, _("control"), _("outcome")], *rows]


def outcomes(exercise: Exercise, effects: Sequence[SetEffect]) -> list[tuple[SetEffect, Need]]:
    """Return each effect with what was seen of its heads: by kind, single heads first, the largest effect first."""
    single = needs.of_table(effects, exercise)
    order = {name: number for number, name in enumerate(dict.fromkeys(effect.kind.name for effect in effects))}
    pairs = [
        (
            effect,
            needs.of_set(effect, needs.needed_at(exercise, effect.kind))
            if len(effect.heads) > 1
            else single[effect.kind.name, effect.heads[0].index],
        )
        for effect in effects
    ]
    return sorted(pairs, key=lambda pair: (order[pair[0].kind.name], len(pair[0].heads), -_lost(pair[0])))


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines, with two spaces between columns."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    return [f"  {'  '.join(map(padded, row, widths))}".rstrip() for row in rows]


def _row(effect: SetEffect, need: Need) -> list[str]:
    lost = [causal.estimate(effect.effect[by]) if by in effect.effect else causal.NOT_DRAWN for by in DECIDING]
    return [named(effect.heads), *lost, causal.control(effect.control.get("resample")), _outcome(effect, need)]


def is_large(effect: SetEffect, need: Need) -> bool:
    """Return whether an effect is worth a line that is seen at once."""
    lost = [effect.effect[by].value for by in DECIDING if by in effect.effect]
    return need.importance != "no effect seen" or max(lost, default=0.0) >= LISTED_AT * effect.behaviour.value


def _outcome(effect: SetEffect, need: Need) -> str:
    """Return what was seen in a few words; those of a set do not name its heads once more."""
    return causal.short(need) if len(effect.heads) == 1 else _(causal.IMPORTANCES[need.importance])


def _effect_rows(effect: SetEffect) -> list[str]:
    heads = [_("lost, in {unit}", unit=_(UNITS[effect.unit])), _("95 % interval"), _("part"), _("control")]
    rows = [[_("replaced by"), *heads]]
    for by, lost in effect.effect.items():
        values = [causal.amount(lost.value), causal.interval(lost.interval), causal.part(lost, effect.behaviour)]
        rows.append([causal.replaced(by), *values, causal.control(effect.control.get(by))])
    return columns(rows)


def _curve(effect: SetEffect) -> list[str]:
    """Return a bar for each size of the set, for resampled heads, with the mean beside it."""
    most = max(max(point.effect["resample"].value for point in effect.curve), effect.behaviour.value)
    rows = [[_("heads"), "", *(_("lost, {replaced}", replaced=_(causal.BY[by])) for by in DECIDING), ""]]
    before: set[HeadIndex] = set()
    for point in effect.curve:
        lost = [causal.amount(point.effect[by].value) for by in DECIDING]
        rows.append([str(point.size), added(point, before), *lost, _bar(point.effect["resample"].value, most)])
        before = {place.index for place in point.heads}
    return [_("The effect by the size of the set, the highest score first:"), *columns(rows)]


def added(point: SizeEffect, before: Container[HeadIndex]) -> str:
    """Return the heads that a point of a curve has beside those before it."""
    new = [place for place in point.heads if place.index not in before]
    return f"{'+ ' if before else ''}{named(new)}"


def _bar(value: float, most: float) -> str:
    return "#" * round(BAR * min(max(value / most, 0.0), 1.0)) if most > 0 else ""


def member_rows(effect: SetEffect) -> list[list[str]]:
    """Return a row for each head of a set, below the names of the columns."""
    heads = [_("adds, {replaced}", replaced=_(causal.BY[by])) for by in DECIDING]
    return [[_("head"), *heads, _("keeps alone")], *(_member(member) for member in effect.members)]


def _member(member: Member) -> list[str]:
    adds = [causal.estimate(member.adds[by]) if by in member.adds else causal.NOT_DRAWN for by in DECIDING]
    kept = member.keeps.get("resample")
    return [head_name(member.layer, member.head), *adds, f"{100 * kept.value:.0f} %" if kept else causal.NOT_DRAWN]


def _inputs(trace: Trace) -> list[Into]:
    return sorted({into for sender in trace.senders for into in sender.direct})


def _direct(into: Into) -> str:
    return _("left, direct into its {into}", into=_(INPUTS[into]))


def _lost(effect: SetEffect) -> float:
    return effect.effect["resample"].value if "resample" in effect.effect else 0.0


def _wrapped(line: str) -> Iterator[str]:
    return Text(visible(line)).lines(WIDTH, colour=False)


def _head_of_json(exercise: Exercise) -> dict[str, Any]:
    return {"exercise": exercise.id, "transformer": exercise.transformer.name}


def _effect_json(effect: SetEffect, need: Need) -> dict[str, Any]:
    companions = [_place(place) for place in need.companions if place not in {each.index for each in effect.heads}]
    return effect.model_dump(mode="json") | {
        "kind": effect.kind.name,
        "outcome": need.importance,
        "companions": companions,
    }


def _place(place: HeadIndex) -> dict[str, int]:
    return {"layer": place[0], "head": place[1]}
