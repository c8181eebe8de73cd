"""The cautions: what an instructor should look at before trusting a threshold, each with an exact condition.

A kind's *leader* is its confirmed head with the highest score or, if none is confirmed, the head with the highest
score. It is a *look-alike* if it is confirmed for another kind by a larger factor than it has here (measured over
needed, the least over all thresholds), even at the lower ends of its intervals there. Reports name the kind that a
refuted head looks like by the same factor.
"""

from collections.abc import Iterator, Sequence

from grader.base.numbers import number
from grader.exercises import guessing
from grader.exercises.names import STATISTICS
from grader.exercises.scoring import points_each
from grader.grading.calibration.records import Caution, CautionCode, HeadScore, KindCalibration
from grader.grading.standings import Standings
from grader.schema import Exercise, Reading, title

MOST_NAMED = 6
"""The number of heads that a message names."""


def cautions(exercise: Exercise, standings: Standings, kinds: Sequence[KindCalibration]) -> Iterator[Caution]:
    """Yield those of each kind in turn, then those about several kinds or the whole exercise."""
    for kind in kinds:
        yield from _passing(kind, exercise)
        yield from _noise(kind)
        yield from _lookalike(kind, kinds, standings)
        yield from _one_sided(kind, _readings(kind, standings))
        yield from _labels(kind)
        yield from _untrained(kind)
    yield from _same_winner(kinds)
    yield from _guessing(exercise, kinds)


def leader(kind: KindCalibration) -> HeadScore:
    """Return the confirmed head with the highest score, else the head with the highest score."""
    return next((head for head in kind.heads if head.confirmed), kind.heads[0])


def _passing(kind: KindCalibration, exercise: Exercise) -> Iterator[Caution]:
    """Compare the number of heads that pass with what the exercise wants, allows and states."""
    passing = _passes(kind.confirmed)
    if not kind.confirmed:
        best = kind.heads[0]
        score = number(best.score, kind.at_least)
        needed = f"with {STATISTICS[kind.statistic]} {score} on {best.on} (needed {kind.at_least:g})"
        why = f"; {best.fails}" if best.fails else ""
        yield _caution("no_head_passes", kind, f"no head passes; the closest is {best.place}, {needed}{why}", best)
    elif kind.confirmed < kind.wanted:
        asked = next(asked for asked in exercise.kinds if asked.name == kind.name)
        lost = points_each(asked) * (kind.wanted - kind.confirmed)
        message = f"{passing}, but {kind.wanted} are wanted: {lost:g} of the {asked.points} points cannot be earned"
        yield _caution("fewer_than_wanted", kind, message)
    if kind.confirmed > exercise.budget:
        message = f"{passing}, but a submission can make {exercise.budget} claims at most: no student can name them all"
        yield _caution("more_than_budget", kind, message)
    stated = next(asked for asked in exercise.kinds if asked.name == kind.name).too_close
    if kind.too_close != stated:
        message = f"the exercise states `too_close: {stated}`, but measured: {kind.too_close}"
        yield _caution("too_close_differs", kind, f"{message}; the guess rule uses the stated number")
    if kind.confirmed != kind.passing:
        message = f"the exercise states `passing: {kind.passing}`, but {passing}; the guess rule uses the stated number"
        yield _caution("passing_differs", kind, message)


def _noise(kind: KindCalibration) -> Iterator[Caution]:
    if noisy := [head for head in kind.heads if head.in_noise(kind.at_least)]:
        quiet = [f"{step.at_least:.2f} ({_passes(step.confirmed)})" for step in kind.outside_noise]
        clear = f"the nearest outside all intervals: {' and '.join(quiet)}" if quiet else "so is every other threshold"
        where = f"{STATISTICS[kind.statistic]} {kind.at_least:g} is inside the interval of"
        yield _caution("in_noise", kind, f"{where} {_listed([head.place for head in noisy])}; {clear}", *noisy)
    for ask in kind.also_asked:
        if ask.in_noise:
            where = f"{STATISTICS[ask.statistic]} {ask.at_least:g} is inside the interval of"
            message = f"{where} {_listed(ask.in_noise)}"
            yield Caution(code="in_noise", kinds=(kind.name,), heads=ask.in_noise, message=message)


def _lookalike(kind: KindCalibration, kinds: Sequence[KindCalibration], standings: Standings) -> Iterator[Caution]:
    first = leader(kind)
    confirmed_as = [of_kind.asked.name for of_kind in standings.confirmed_as((first.layer, first.head))]
    names = [name for name in confirmed_as if name != kind.name]
    if not names:
        return
    other = next(each for each in kinds if each.name == names[0])
    there = next(head for head in other.heads if head.place == first.place)
    if there.sure_factor <= first.factor:
        return
    ours, theirs = ({head.place for head in each.heads if head.confirmed} for each in (kind, other))
    message = (
        f"{first.place} leads with {first.score:.2f}, which is {first.factor:.2f} times what is needed, but it has "
        f"{there.factor:.2f} times what {title(other.kind)} needs"
    )
    if ours:
        both = len(ours & theirs)
        message += (
            f"; of the {_heads(len(ours))} confirmed here, {both} {'is' if both == 1 else 'are'} also of that kind"
        )
    yield _caution("lookalike", kind, message, first)


def _readings(kind: KindCalibration, standings: Standings) -> list[Reading]:
    """Return the leader's deciding statistic on every slice, including those that do not decide."""
    first = leader(kind)
    measured = standings.by_kind[kind.name][first.layer, first.head].measured
    return [reading for reading in measured.readings if reading.statistic == kind.statistic]


def _one_sided(kind: KindCalibration, readings: Sequence[Reading]) -> Iterator[Caution]:
    """Look for a confirmed leader that would be refuted if another measured slice decided as well."""
    first = leader(kind)
    under = [
        reading
        for reading in readings
        if reading.on not in kind.slices and reading.value < kind.at_least and reading.interval[1] <= kind.at_least
    ]
    if first.confirmed and under:
        elsewhere = ", ".join(f"{number(reading.value, kind.at_least)} on {reading.on}" for reading in under)
        decides = ", ".join(kind.slices)
        message = (
            f"{first.place} leads on what decides ({decides}), but its {STATISTICS[kind.statistic]} is {elsewhere}"
        )
        yield _caution("one_sided", kind, f"{message}; it may do less than the kind's name says", first)


def _labels(kind: KindCalibration) -> Iterator[Caution]:
    decided = [head for head in kind.heads if head.expect and not head.too_close]
    wrong = [head for head in decided if (head.expect == "confirmed") != head.confirmed]
    if wrong:
        differences = [
            f"{head.place} is labelled {head.expect}, but {'confirmed' if head.confirmed else 'refuted'} "
            f"with {head.score:.2f}"
            for head in wrong
        ]
        yield _caution("labels_disagree", kind, "; ".join(differences), *wrong)


def _untrained(kind: KindCalibration) -> Iterator[Caution]:
    if kind.chance and kind.chance.confirmed:
        best = f"the best is {kind.chance.head} with {kind.chance.score:.2f}"
        yield _caution("untrained_passes", kind, f"with random weights, {_passes(kind.chance.confirmed)}; {best}")


def _same_winner(kinds: Sequence[KindCalibration]) -> Iterator[Caution]:
    """Look for a head that is the confirmed leader of several kinds."""
    led: dict[str, list[str]] = {}
    for kind in kinds:
        if leader(kind).confirmed:
            led.setdefault(leader(kind).place, []).append(kind.name)
    for place, names in led.items():
        if len(names) > 1:
            titles = "; ".join(title(kind.kind) for kind in kinds if kind.name in names)
            message = f"{place} leads {len(names)} kinds ({titles}), so one discovery answers all of them"
            yield Caution(code="same_winner", kinds=tuple(names), heads=(place,), message=message)


def _guessing(exercise: Exercise, kinds: Sequence[KindCalibration]) -> Iterator[Caution]:
    """Apply the guess rule with the measured numbers of passing heads."""
    counts = {kind.name: {"passing": kind.confirmed, "too_close": kind.too_close} for kind in kinds}
    measured = [asked.model_copy(update=counts.get(asked.name, {"passing": 0})) for asked in exercise.kinds]
    if complaint := guessing.complaint(exercise.model_copy(update={"kinds": tuple(measured)})):
        message = f"with the measured numbers of passing heads, {complaint}"
        yield Caution(code="guessing_pays", kinds=(), heads=(), message=message)


def _caution(code: CautionCode, kind: KindCalibration, message: str, *heads: HeadScore) -> Caution:
    return Caution(code=code, kinds=(kind.name,), heads=tuple(head.place for head in heads), message=message)


def _listed(places: Sequence[str]) -> str:
    more = len(places) - MOST_NAMED
    return ", ".join(places[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _heads(number: int) -> str:
    return "1 head" if number == 1 else f"{number} heads"


def _passes(number: int) -> str:
    return f"{number} heads pass" if number > 1 else f"{number or 'no'} head passes"
