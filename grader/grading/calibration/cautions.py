"""The cautions: what an instructor should look at before trusting a threshold, each defined to the number.

A kind's *leader* is its confirmed head with the highest score, or, where none is confirmed, the head with the highest
score. It is *explained by a look-alike* if it is confirmed for another kind by a larger factor than it has here
(measured over needed, the least over all thresholds), and is larger even at the lower ends of its intervals there.
Reports name what a refuted head looks like by the same factor.
"""

from collections.abc import Iterator, Sequence

from grader.exercises import guessing
from grader.exercises.names import STATISTICS
from grader.exercises.scoring import points_each
from grader.grading.calibration.axis import in_noise
from grader.grading.calibration.records import Caution, CautionCode, HeadScore, KindCalibration
from grader.grading.calibration.sweep import quiet
from grader.grading.grade import Standings
from grader.schema import Exercise, Reading, title

MOST_NAMED = 6
"""How many heads a message names."""


def cautions(exercise: Exercise, standings: Standings, kinds: Sequence[KindCalibration]) -> Iterator[Caution]:
    """All of them: kind by kind, then those about several kinds or the whole exercise."""
    for kind in kinds:
        yield from _passing(kind, exercise)
        yield from _noise(kind)
        yield from _lookalike(kind, kinds)
        yield from _one_sided(kind, _readings(kind, standings))
        yield from _labels(kind)
        yield from _untrained(kind)
    yield from _same_winner(kinds)
    yield from _guessing(exercise, kinds)


def leader(kind: KindCalibration) -> HeadScore:
    """The confirmed head with the highest score, else the head with the highest score."""
    return next((head for head in kind.heads if head.confirmed), kind.heads[0])


def _passing(kind: KindCalibration, exercise: Exercise) -> Iterator[Caution]:
    """How many heads pass, against what the exercise wants, takes and says."""
    if not kind.confirmed:
        best = kind.heads[0]
        why = f"; {best.fails}" if best.fails else ""
        message = f"no head passes; {best.place} comes closest, {_measured(kind, best)}{why}"
        yield _caution("no_head_passes", kind, message, best)
    elif kind.confirmed < kind.wanted:
        asked = next(asked for asked in exercise.kinds if asked.name == kind.name)
        lost = points_each(asked) * (kind.wanted - kind.confirmed)
        wants = f"{_heads(kind.wanted)} wanted, {_passes(kind.confirmed)}"
        yield _caution("fewer_than_wanted", kind, f"{wants}: {lost:g} of its {asked.points} points are out of reach")
    if kind.confirmed > exercise.budget:
        message = (
            f"{_passes(kind.confirmed)}, but one submission may make {exercise.budget} claims: no student can name"
        )
        yield _caution("more_than_budget", kind, f"{message} them all")
    if kind.confirmed != kind.passing:
        message = (
            f"the exercise says `passing: {kind.passing}`, measured: {kind.confirmed}; the guess rule reckons with"
        )
        yield _caution("passing_differs", kind, f"{message} what it says")


def _noise(kind: KindCalibration) -> Iterator[Caution]:
    if noisy := [head for head in kind.heads if in_noise(head, kind.at_least)]:
        still = [f"{each.at_least:.2f} ({_pass(each.confirmed)})" for each in quiet(kind.sweep, kind.at_least)]
        clear = f"; inside none: {' and '.join(still)}" if still else "; every other threshold lies inside one as well"
        where = f"{STATISTICS[kind.statistic]} {kind.at_least:g} lies inside the interval of"
        yield _caution("in_noise", kind, f"{where} {_named([head.place for head in noisy])}{clear}", *noisy)
    for ask in kind.also_asked:
        if ask.in_noise:
            where = f"{STATISTICS[ask.statistic]} {ask.at_least:g} lies inside the interval of"
            said = f"{where} {_named(ask.in_noise)}"
            yield Caution(code="in_noise", kinds=(kind.name,), heads=ask.in_noise, message=said)


def _lookalike(kind: KindCalibration, kinds: Sequence[KindCalibration]) -> Iterator[Caution]:
    """The leader is confirmed for another kind by a larger factor than it has here, beyond the noise of that."""
    first = leader(kind)
    claims = {
        other.name: head
        for other in kinds
        if other.name != kind.name
        for head in other.heads
        if head.place == first.place and head.confirmed
    }
    if not claims:
        return
    name = max(claims, key=lambda name: claims[name].factor)
    if claims[name].sure_factor <= first.factor:
        return
    ours = {head.place for head in kind.heads if head.confirmed}
    theirs = {head.place for other in kinds if other.name == name for head in other.heads if head.confirmed}
    message = (
        f"{first.place} leads with {first.score:.2f}, {first.factor:.2f} times what is needed, but it is "
        f"{_title(name, kinds)} {claims[name].factor:.2f} times over"
    )
    if ours:
        message += f"; confirmed for both: {len(ours & theirs)} of the {_heads(len(ours))} confirmed here"
    yield _caution("lookalike", kind, message, first)


def _readings(kind: KindCalibration, standings: Standings) -> list[Reading]:
    """The leader's deciding statistic on every slice that was measured, also on those that do not decide."""
    first = leader(kind)
    measured = standings.by_kind[kind.name][first.layer, first.head].measured
    return [reading for reading in measured.readings if reading.statistic == kind.statistic]


def _one_sided(kind: KindCalibration, readings: Sequence[Reading]) -> Iterator[Caution]:
    """The leader is confirmed, but would not be if a slice that was measured decided as well."""
    first = leader(kind)
    under = [
        reading
        for reading in readings
        if reading.on not in kind.slices and reading.value < kind.at_least and reading.interval[1] <= kind.at_least
    ]
    if first.confirmed and under:
        found = ", ".join(f"{reading.value:.2f} on {reading.on}" for reading in under)
        decides = ", ".join(kind.slices)
        message = f"{first.place} leads by what decides ({decides}), but its {STATISTICS[kind.statistic]} is {found}"
        yield _caution("one_sided", kind, f"{message}: it may follow less than the kind's name says", first)


def _labels(kind: KindCalibration) -> Iterator[Caution]:
    """A label and what is measured differ."""
    wrong = [head for head in kind.heads if head.expect and (head.expect == "confirmed") != head.confirmed]
    if wrong:
        found = [f"{head.place}, labelled {head.expect}, is {_outcome(head)} with {head.score:.2f}" for head in wrong]
        yield _caution("labels_disagree", kind, "; ".join(found), *wrong)


def _untrained(kind: KindCalibration) -> Iterator[Caution]:
    """Heads with random weights pass."""
    if kind.chance and kind.chance.confirmed:
        message = (
            f"with random weights {_passes(kind.chance.confirmed)}, {kind.chance.head} with {kind.chance.score:.2f}"
        )
        yield _caution("untrained_passes", kind, message)


def _same_winner(kinds: Sequence[KindCalibration]) -> Iterator[Caution]:
    """One head leads several kinds."""
    led: dict[str, list[str]] = {}
    for kind in kinds:
        if leader(kind).confirmed:
            led.setdefault(leader(kind).place, []).append(kind.name)
    for place, names in led.items():
        if len(names) > 1:
            told = "; ".join(_title(name, kinds) for name in names)
            said = f"{place} leads {len(names)} kinds ({told}): one find answers them all"
            yield Caution(code="same_winner", kinds=tuple(names), heads=(place,), message=said)


def _guessing(exercise: Exercise, kinds: Sequence[KindCalibration]) -> Iterator[Caution]:
    """With as many heads as are measured to pass, the guess rule would refuse the exercise."""
    counts = {kind.name: kind.confirmed for kind in kinds}
    measured = [asked.model_copy(update={"passing": counts.get(asked.name, 0)}) for asked in exercise.kinds]
    if said := guessing.complaint(exercise.model_copy(update={"kinds": tuple(measured)})):
        yield Caution(code="guessing_pays", kinds=(), heads=(), message=f"with as many heads as are measured, {said}")


def _caution(code: CautionCode, kind: KindCalibration, message: str, *heads: HeadScore) -> Caution:
    return Caution(code=code, kinds=(kind.name,), heads=tuple(head.place for head in heads), message=message)


def _measured(kind: KindCalibration, head: HeadScore) -> str:
    return f"{STATISTICS[kind.statistic]} {head.score:.2f} on {head.on}, needed {kind.at_least:g}"


def _title(name: str, kinds: Sequence[KindCalibration]) -> str:
    return next(title(kind.kind) for kind in kinds if kind.name == name)


def _named(places: Sequence[str]) -> str:
    more = len(places) - MOST_NAMED
    return ", ".join(places[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _heads(number: int) -> str:
    return "1 head" if number == 1 else f"{number} heads"


def _passes(number: int) -> str:
    return "1 head passes" if number == 1 else f"{number} heads pass"


def _pass(number: int) -> str:
    return "no head passes" if not number else f"{number} {'passes' if number == 1 else 'pass'}"


def _outcome(head: HeadScore) -> str:
    return "confirmed" if head.confirmed else "refuted"
