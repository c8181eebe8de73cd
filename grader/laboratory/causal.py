"""Causal evidence on an exercise's heads: looked up where it is kept, else measured and kept.

The transformer is loaded, with its head for predictions, only if something must be measured.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from grader.base.installed import refuse_without
from grader.base.language import N_, _, speaking
from grader.base.memory import enough_memory
from grader.exercises.thresholds import thresholds_of
from grader.kinds.causal import Measure, NoTrials
from grader.measuring.interventions.causal_table import CausalTable, KindScopes
from grader.measuring.interventions.measures import measure_of
from grader.measuring.tables.digests import basis_of, unversioned, versions_key
from grader.measuring.tables.results import ResultStore
from grader.schema import Estimate, HeadIndex, Kind, Place, Record, Scope, SetEffect, Trace, Writes

if TYPE_CHECKING:
    from grader.grading.standings import KindStandings
    from grader.laboratory import Laboratory
    from grader.measuring.interventions.effects import Effects
    from grader.measuring.interventions.losses import Losses
    from grader.measuring.interventions.workbench import Workbench

R = TypeVar("R", bound=Record)

SCORES_AT = 0.5
"""The part of a kind's thresholds from which a head scores on the kind, so that it is no control for it."""
FIRST = 4
"""The size of the first set that a kind suggests: its heads with the highest scores."""
MOST = 16
"""The most heads of a set that a kind suggests."""
NO_HEAD = N_("no effect can be measured: the weights lack the head for predictions; take some that were saved with it")
NO_MEASURE = N_("nothing can be stated that must get worse without heads of this kind")


class CausalLaboratory:
    """The causal evidence of one exercise; it fulfils `CausalEvidence`."""

    def __init__(self, laboratory: "Laboratory") -> None:
        """Load nothing yet."""
        self.laboratory, self.exercise = laboratory, laboratory.exercise
        self._taken: dict[str, Losses] = {}

    def effect(self, kind: Kind, heads: Sequence[HeadIndex]) -> SetEffect:
        """Return the effect of a set of heads, with its members and controls."""
        return self._effect(kind, sorted(set(heads)), whole=False)

    def whole_effect(self, kind: Kind, heads: Sequence[HeadIndex]) -> SetEffect:
        """Return the effect of a set of heads also with its curve, by score, and that of zero."""
        return self._effect(kind, self._by_score(kind, heads), whole=True)

    def trace(self, kind: Kind, receiver: HeadIndex) -> Trace:
        """Return what is left of the receiver without each earlier head."""
        layer, head = receiver
        if not layer:
            measured = self._standings(kind)[receiver].measured
            return Trace(kind=kind, layer=0, head=head, score=measured.score, interval=measured.interval, senders=())
        key = self.store.key("trace", kind.full_name, receiver, self._deciding(kind))
        return self._kept(key, Trace, lambda: self._trace(kind, receiver))

    def scope(self, kind: Kind, head: HeadIndex) -> Scope | None:
        """Return how much of the head's attention on ordinary text the kind explains."""
        key = self.store.key("scopes", kind.full_name)
        return self._kept(key, KindScopes, lambda: self._scopes(kind)).of(head)

    def writes(self, kind: Kind, heads: Sequence[HeadIndex]) -> Writes | None:
        """Return the rank of the attended token in what the heads write; None if it is not defined."""
        chosen = sorted(set(heads))
        key = self.store.key("writes", kind.full_name, chosen)
        return self._kept(key, Written, lambda: self._writes(kind, chosen)).writes

    @cached_property
    def table(self) -> CausalTable:
        """The effects of all single heads under each kind with a measure, and of the sets that the kinds suggest."""
        return self._kept(self._table_key, CausalTable, self._table, alone=True)

    @property
    def kept_table(self) -> CausalTable | None:
        """The same, if it was measured before; nothing is measured, not even the scores of the heads."""
        return self.store.look_up(self._table_key, CausalTable) if self.laboratory.is_measured else None

    def measure_of(self, kind: Kind) -> Measure | None:
        """Return what must get worse without heads of the kind; None if nothing can be stated."""
        return measure_of(kind, self.exercise.probes)

    def suggested(self, kind: Kind) -> list[list[HeadIndex]]:
        """Return the sets that a kind suggests: the first of its heads, and all of them; the smallest set first."""
        of_kind = self._by_score(kind, self._others(kind)[0])[:MOST]
        sizes = {size for size in (2, FIRST, len(of_kind)) if 1 < size <= len(of_kind)}
        return [of_kind[:size] for size in sorted(sizes)]

    @cached_property
    def store(self) -> ResultStore:
        """The place where the results are kept."""
        exercise, folder = self.exercise, self.laboratory.folder
        types = [kind.type for kind in exercise.kinds]
        basis = basis_of(self.laboratory.digest, types, exercise.probes.precision, folder)
        follows_from = (
            unversioned(basis),
            exercise.transformer.family,
            exercise.probes.model_dump_json(),
            str(exercise.probes.causal_sequences),
        )
        return ResultStore(folder / "causal", follows_from, versions_key(basis), self.laboratory.carried)

    def _kept(self, key: str, record: type[R], measure: Callable[[], R], *, alone: bool = False) -> R:
        """Return what is kept or carried under this key, else what is measured, where that can be done."""

        def measured() -> R:
            refuse_without(self._doing)
            return measure()

        return self.store.kept(key, record, measured, alone=alone)

    @property
    def _doing(self) -> str:
        return _("replacing heads of {transformer}", transformer=self.exercise.transformer.name)

    @cached_property
    def bench(self) -> "Workbench":
        """The transformer with its head for predictions, if the weights have one."""
        from grader.measuring.interventions.workbench import Workbench

        whole = self.laboratory.whole
        return Workbench(whole.model, whole.whole)

    def _effect(self, kind: Kind, heads: list[HeadIndex], *, whole: bool) -> SetEffect:
        measure = self.measure_of(kind)
        if measure is None:
            return _without_measure(kind, heads, NO_MEASURE)
        key = self.store.key("effect", whole, kind.full_name, measure.name, heads, *self._others(kind))
        return self._kept(key, SetEffect, lambda: self._measured(kind, measure, heads, whole=whole))

    def _measured(self, kind: Kind, measure: Measure, heads: list[HeadIndex], *, whole: bool) -> SetEffect:
        with self._busy() as threads:
            try:
                return self._effects(kind, measure, threads).of(heads, whole=whole)
            except NoTrials as error:
                return _without_measure(kind, heads, str(error))

    def _effects(self, kind: Kind, measure: Measure, threads: int) -> "Effects":
        """Return the effects under a kind, ready for any set.

        Raises:
            NoTrials: The measure cannot be taken of this transformer.
        """
        from grader.measuring.interventions.effects import Effects

        return Effects(self._losses(measure, threads), kind, *self._others(kind), seed=self.exercise.probes.seed)

    def _losses(self, measure: Measure, threads: int) -> "Losses":
        """Return the measure on its trials; kinds with the same measure share it, and only the last one is held."""
        from grader.measuring.interventions.losses import Losses
        from grader.measuring.transformer.reach import longest_text

        if measure.name not in self._taken:
            if self.bench.whole is None:
                raise NoTrials(NO_HEAD)
            limit = longest_text(self.bench.model) or sys.maxsize
            tokenizer, settings = self.laboratory.whole.tokenizer, self.exercise.probes
            with speaking("en"):  # what it says if there are none is kept
                trials = measure.build(tokenizer, settings, self.laboratory.sees_back, limit)
            self._taken.clear()  # it holds every run of its trials
            self._taken[measure.name] = Losses(self.bench, measure, trials, threads)
        return self._taken[measure.name]

    def _table(self) -> CausalTable:
        places = list(product(range(self.exercise.transformer.layers), range(self.exercise.transformer.heads)))
        effects: list[SetEffect] = []
        kinds = [asked.kind for asked in self.exercise.kinds]
        with_measure = [(kind, measure) for kind in kinds if (measure := self.measure_of(kind))]
        with_measure.sort(key=lambda pair: pair[1].name)  # since only the last measure is held
        with self._busy() as threads:
            for number, (kind, measure) in enumerate(with_measure):
                with suppress(NoTrials):
                    of_kind = self._effects(kind, measure, threads)
                    of_kind.losses.prepare(
                        [frozenset([head]) for head in places], self._part(number, len(with_measure))
                    )
                    effects += [of_kind.of(heads) for heads in [*([head] for head in places), *self.suggested(kind)]]
        effects.sort(key=lambda effect: kinds.index(effect.kind))
        return CausalTable(key=self._table_key, effects=tuple(effects))

    def _part(self, number: int, of: int) -> Callable[[float], None]:
        return lambda done: self.laboratory.progress((number + done) / of)

    def _trace(self, kind: Kind, receiver: HeadIndex) -> Trace:
        from grader.measuring.interventions.senders import Senders

        with self._busy() as threads:
            senders = Senders(
                self.bench,
                self.laboratory.whole.tokenizer,
                self.exercise.probes,
                kind,
                receiver,
                causal=self.laboratory.sees_back,
                deciding=self._deciding(kind),
                threads=threads,
            )
            return senders.trace(self.laboratory.progress)

    def _scopes(self, kind: Kind) -> KindScopes:
        from grader.measuring.interventions.scopes import scopes

        with self._busy():
            whole, settings = self.laboratory.whole, self.exercise.probes
            return scopes(whole.model, whole.tokenizer, settings, kind, causal=self.laboratory.sees_back)

    def _writes(self, kind: Kind, heads: list[HeadIndex]) -> "Written":
        from grader.measuring.interventions.writes import writes
        from grader.measuring.probes.families import families_of, family

        with self._busy():
            name, tokenizer = families_of(kind)[0], self.laboratory.whole.tokenizer
            sequences = family(name, tokenizer, self.exercise.probes.short)
            return Written(writes=writes(self.bench, sequences, kind, heads, causal=self.laboratory.sees_back))

    @contextmanager
    def _busy(self) -> Iterator[int]:
        """Say what is being done, and give the number of threads."""
        from grader.measuring.attention.streaming import one_thread

        self.laboratory.say(self._doing)
        with enough_memory(self._doing), one_thread() as threads:
            yield threads

    @property
    def _table_key(self) -> str:
        kinds = [asked.kind for asked in self.exercise.kinds]
        about = [(each.full_name, self._measure_name(each), self._others(each), self.suggested(each)) for each in kinds]
        return self.store.key("table", about)

    def _measure_name(self, kind: Kind) -> str:
        measure = self.measure_of(kind)
        return measure.name if measure else ""

    def _standings(self, kind: Kind) -> "KindStandings":
        return self.laboratory.standings.by_kind[kind.name]

    def _others(self, kind: Kind) -> tuple[list[HeadIndex], list[HeadIndex]]:
        """Return the heads that are of a kind, and those that score on it."""
        of_kind = self._standings(kind)
        confirmed = [place for place in of_kind if of_kind.decided(*place)[0] == "confirmed"]
        return confirmed, [place for place in of_kind if of_kind[place].factor >= SCORES_AT]

    def _by_score(self, kind: Kind, heads: Iterable[HeadIndex]) -> list[HeadIndex]:
        ranks = self._standings(kind).ranks
        return sorted(set(heads), key=ranks.__getitem__)

    def _deciding(self, kind: Kind) -> tuple[str, ...]:
        """Return the slices on which the receiver's score may be decided."""
        of_kind = self._standings(kind)
        thresholds = thresholds_of(of_kind.asked)
        return next((each.slices for each in thresholds if each.statistic == of_kind.scores.decides), ())


class Written(Record):
    """The rank of the token that heads write, or None where it is not defined."""

    writes: Writes | None


def _without_measure(kind: Kind, heads: Sequence[HeadIndex], why: str) -> SetEffect:
    places = tuple(Place(layer=layer, head=head) for layer, head in heads)
    nothing = Estimate(value=0.0, interval=(0.0, 0.0))
    return SetEffect(kind=kind, measure="", why_none=why, heads=places, behaviour=nothing, effect={}, control={})
