"""The count of a submission: what is earned, what is wrong, and how likely chance would have done as well."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import fsum
from typing import NamedTuple

from grader.exercises.scoring import circuit_chance, luck
from grader.grading.verdicts import KindVerdict
from grader.schema import CircuitVerdict, Exercise, Into, Verdict


class Right(NamedTuple):
    """One assertion that is decided."""

    is_right: bool
    chance: float
    """The chance that a random one is right, 0 to 1; that of the pattern if the claim also says that the head matters,
    which can only be harder."""


class Totals(NamedTuple):
    """The count over all claims and circuits of a submission."""

    earned: float
    wrong: int
    decided: int
    kinds_confirmed: int
    luck: float


def tally(
    exercise: Exercise, claims: Sequence[tuple[KindVerdict, Verdict]], circuits: Sequence[CircuitVerdict]
) -> Totals:
    """Return the count; `claims` are those on a kind that is asked, each with its final verdict."""
    decided = [(on_kind, verdict) for on_kind, verdict in claims if verdict.outcome != "not_graded"]
    judged = [circuit for circuit in circuits if circuit.result != "not_graded"]
    right = [Right(verdict.outcome == "confirmed", on_kind.chance) for on_kind, verdict in decided]
    right += _by_sender(exercise, judged)
    return Totals(
        # `fsum` is the same in every version of Python, as `sum` is not
        earned=fsum([*(verdict.points for _, verdict in decided), *(circuit.points for circuit in judged)]),
        wrong=sum(verdict.outcome == "refuted" for _, verdict in decided)
        + sum(circuit.result == "refuted" for circuit in judged),
        decided=len(decided) + len(judged),
        kinds_confirmed=len({verdict.claim.name for _, verdict in decided if verdict.outcome == "confirmed"}),
        luck=luck((each.chance for each in right), sum(each.is_right for each in right)),
    )


def _by_sender(exercise: Exercise, circuits: Sequence[CircuitVerdict]) -> Iterator[Right]:
    """Yield one for each sender and input, however many receivers: what feeds one of a kind often feeds all.

    Where direct paths are unknown, both inputs are one.
    """
    groups: dict[tuple[object, ...], list[CircuitVerdict]] = defaultdict(list)
    for circuit in circuits:
        groups[circuit.kind.name, circuit.feeds.sender, _into(circuit)].append(circuit)
    for group in groups.values():
        asked = exercise.asked(group[0].kind)
        if asked is not None and asked.circuits is not None:
            is_right = any(circuit.result == "confirmed" for circuit in group)
            yield Right(is_right, circuit_chance(asked.circuits, len(group)))


def _into(circuit: CircuitVerdict) -> Into | None:
    """Return the input that the circuit is about; None if it cannot be told from the other one."""
    return circuit.feeds.into if circuit.left is None or circuit.left.direct else None
