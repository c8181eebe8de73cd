"""Circuits: the verdict on one head that feeds another, by what is left of the receiver's score without it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from grader.base.language import speaking
from grader.exercises.scoring import circuit_points_each
from grader.grading.causal_words import circuit_text
from grader.grading.importance import CausalEvidence
from grader.grading.mattering import at_hand
from grader.grading.standings import KindStandings, Standings
from grader.schema import (
    AskedCircuits,
    AskedKind,
    CircuitVerdict,
    Claim,
    Estimate,
    Feeds,
    HeadIndex,
    Into,
    Kind,
    Outcome,
    SenderLeft,
    Side,
    Trace,
    WhyNot,
)

About = tuple[str, HeadIndex, HeadIndex, Into]
"""The receiver's kind by its name, the sender, the receiver and the input: the same is counted once."""


class Circuits:
    """The circuits that a submission claims, in its order."""

    def __init__(self, standings: Standings, causal: CausalEvidence | None) -> None:
        """Measure nothing yet."""
        self.standings, self._causal = standings, causal
        self._seen: set[About] = set()
        self._confirmed: dict[str, set[tuple[HeadIndex, HeadIndex]]] = defaultdict(set)

    @property
    def graded(self) -> int:
        """The number of different circuits so far."""
        return len(self._seen)

    @speaking("en")
    def on(self, claim: Claim, *, room: bool) -> CircuitVerdict | None:
        """Return the verdict on what the claim says of a circuit; `room` is false if the budget is spent.

        None if the claim says nothing of a circuit, or the exercise asks for none.
        """
        feeds = claim.feeds
        if feeds is None or (of_kind := self._of_receiver(claim, feeds)) is None:
            return None
        asked, about = of_kind.asked, _about(of_kind.asked, feeds)
        if feeds.receiver.index not in of_kind or feeds.sender.index not in of_kind:
            return _not_graded(feeds, asked.kind, "no_such_head")
        if about in self._seen:
            return _not_graded(feeds, asked.kind, "repeated")
        if not room:
            return _not_graded(feeds, asked.kind, "over_budget")
        self._seen.add(about)
        verdict = self._judged(feeds, of_kind)
        if verdict.result == "confirmed" and (feeds.sender.index, feeds.receiver.index) in self._confirmed[asked.name]:
            return _not_graded(feeds, asked.kind, "repeated")  # without direct paths, no input is told from the other
        return self._worded(verdict, asked)

    def _of_receiver(self, claim: Claim, feeds: Feeds) -> KindStandings | None:
        """Return the receiver's kind: the claimed one, else the one it is confirmed as, else the first with circuits.

        Only kinds that ask for circuits count.
        """
        receiver = feeds.receiver.index
        by_kind = {name: each for name, each in self.standings.by_kind.items() if each.asked.circuits is not None}
        if claim.name in by_kind and receiver == (claim.layer, claim.head):
            return by_kind[claim.name]
        exists = all(receiver in each for each in by_kind.values())
        confirmed = self.standings.confirmed_as(receiver) if by_kind and exists else []
        return next(iter([*(each for each in confirmed if each.asked.circuits), *by_kind.values()]), None)

    def _judged(self, feeds: Feeds, of_kind: KindStandings) -> CircuitVerdict:
        asked, receiver = of_kind.asked, feeds.receiver.index
        outcome = of_kind[receiver].outcome
        if outcome == "not_graded":
            return _not_graded(feeds, asked.kind, "too_close")
        if outcome == "refuted" or asked.circuits is None:
            return CircuitVerdict(feeds=feeds, kind=asked.kind, result="refuted", rationale="")
        trace = at_hand(self._causal, self.standings.exercise).trace(asked.kind, receiver)
        return judged(feeds, trace, asked.circuits)

    def _worded(self, verdict: CircuitVerdict, asked: AskedKind) -> CircuitVerdict:
        """Return the verdict with its reason and its points; circuits beyond the wanted ones earn nothing."""
        points = 0.0
        if verdict.result == "confirmed" and asked.circuits is not None:
            pairs_found, feeds = self._confirmed[asked.name], verdict.feeds
            pairs_found.add((feeds.sender.index, feeds.receiver.index))
            points = circuit_points_each(asked.circuits) if len(pairs_found) <= asked.circuits.wanted else 0.0
        return verdict.model_copy(update={"points": points, "rationale": circuit_text(verdict)})


def judged(feeds: Feeds, trace: Trace, asked: AskedCircuits) -> CircuitVerdict:
    """Return the verdict, without words and points, on a head that feeds one which is of the kind.

    Confirmed if the receiver keeps at most `left_at_most` of its score without the sender, resampled and by the mean;
    less than without any other head of the sender's layer; and, where direct paths are known, at most as much through
    the claimed input alone, and less than through the other one.
    """
    left = next(each for each in trace.senders if (each.layer, each.head) == feeds.sender.index)
    others = [each for each in trace.senders if each.layer == left.layer and each is not left]
    sides = {*_sides(feeds, left, others, asked.left_at_most * trace.score)}
    result: Outcome = "refuted" if "over" in sides else "not_graded" if "borderline" in sides else "confirmed"
    return CircuitVerdict(
        feeds=feeds,
        kind=trace.kind,
        result=result,
        why_not="too_close" if result == "not_graded" else None,
        rationale="",
        left_at_most=asked.left_at_most,
        score=trace.score,
        left=left,
        others=min((each.left for each in others), default=None),
    )


def passing(of_kind: KindStandings, causal: CausalEvidence) -> int:
    """Return the measured number of pairs that are confirmed as circuits of a kind, into any input."""
    asked = of_kind.asked.circuits
    if asked is None:
        return 0
    receivers = [place for place in of_kind if of_kind[place].confirmed and place[0] > 0]
    traces = [causal.trace(of_kind.asked.kind, place) for place in receivers]
    return sum(
        any(judged(feeds, trace, asked).result == "confirmed" for feeds in _into_each(sender, trace))
        for trace in traces
        for sender in trace.senders
    )


def pairs(of_kind: KindStandings) -> int:
    """Return the number of pairs of a confirmed head of the kind and a head of an earlier layer."""
    in_layer = sum(layer == 0 for layer, _ in of_kind)
    return sum(layer * in_layer for layer, head in of_kind if of_kind[layer, head].confirmed)


def _into_each(sender: SenderLeft, trace: Trace) -> Iterator[Feeds]:
    for into in ("key", "query"):
        ends = {"from": {"layer": sender.layer, "head": sender.head}, "to": {"layer": trace.layer, "head": trace.head}}
        yield Feeds.model_validate({**ends, "into": into})


def _sides(feeds: Feeds, left: SenderLeft, others: Sequence[SenderLeft], most: float) -> Iterator[Side]:
    """Yield the side of each condition: `under` fulfils it."""
    resampled = _estimate(left)
    yield from (_at_most(each, most) for each in (resampled, left.mean))
    yield from (_less(resampled, _estimate(other)) for other in others)
    if (through := left.direct.get(feeds.into)) is not None:
        yield _at_most(through, most)
        yield from (_less(through, value) for into, value in left.direct.items() if into != feeds.into)


def _at_most(estimate: Estimate, most: float) -> Side:
    low, high = estimate.interval
    if low < most < high:
        return "borderline"
    return "under" if estimate.value <= most else "over"


def _less(one: Estimate, other: Estimate) -> Side:
    """Return `under` if the one is less than the other, and `borderline` if their intervals overlap."""
    if one.interval[1] < other.interval[0]:
        return "under"
    return "over" if one.interval[0] > other.interval[1] else "borderline"


def _estimate(left: SenderLeft) -> Estimate:
    return Estimate(value=left.left, interval=left.interval)


def _about(asked: AskedKind, feeds: Feeds) -> About:
    return asked.name, feeds.sender.index, feeds.receiver.index, feeds.into


def _not_graded(feeds: Feeds, kind: Kind, why: WhyNot) -> CircuitVerdict:
    verdict = CircuitVerdict(feeds=feeds, kind=kind, result="not_graded", why_not=why, rationale="")
    return verdict.model_copy(update={"rationale": circuit_text(verdict)})
