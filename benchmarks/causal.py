"""The tables of causal evidence: heads alone and together, what feeds them, what they write, and their scope.

    python -m benchmarks.causal mini-heads --kind positional --kind induction --seeds 3
    python -m benchmarks.causal smollm2-heads --kind induction --sequences 8 --no-traces

For each draw of the probes: the heads of a kind by their score, alone and the first ones together, with controls; what
each of them adds, and keeps; the heads that feed the best one. `--scan` prints the cost of the whole causal table.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from tempfile import TemporaryDirectory

import torch

from grader import exercises
from grader.laboratory import Laboratory
from grader.measuring.interventions.workbench import Workbench
from grader.schema import Estimate, Exercise, HeadIndex, Kind, Replacement, SetEffect
from grader.schema.kinds import head_name

LEAST = 0.3
"""The score from which a head is looked at: below the thresholds of every shipped exercise."""
MOST = 8
"""The most heads that are looked at."""
SENDERS = 3
BOTH: tuple[Replacement, ...] = ("resample", "mean")


def smaller(exercise: Exercise, kinds: list[str], sequences: int, draw: int) -> Exercise:
    """Return the exercise with these kinds alone, with as many sequences, and with other probes."""
    settings = exercise.probes.drawn(draw)
    if sequences:
        settings = settings.model_copy(update={"causal_sequences": sequences, "repeat_sequences": sequences})
    asked = tuple(each for each in exercise.kinds if not kinds or each.type in kinds)
    return exercise.model_copy(update={"probes": settings, "kinds": asked})


@dataclass(frozen=True)
class Tables:
    """The tables of one draw of an exercise's probes."""

    laboratory: Laboratory

    def lines(self, *, traces: bool) -> Iterator[str]:
        """Yield all tables, as Markdown."""
        for asked in self.laboratory.exercise.kinds:
            kind = asked.kind
            scores = self._scores(kind)
            heads = sorted((head for head in scores if scores[head] >= LEAST), key=lambda head: -scores[head])[:MOST]
            yield f"\n**{asked.full_name}**, seed {self.laboratory.exercise.probes.seed}\n"
            if heads:
                yield from self._of(kind, heads, scores, traces=traces)

    def _scores(self, kind: Kind) -> dict[HeadIndex, float]:
        standings = self.laboratory.standings.by_kind[kind.name]
        return {head: standing.measured.score for head, standing in standings.items()}

    def _of(
        self, kind: Kind, heads: list[HeadIndex], scores: Mapping[HeadIndex, float], *, traces: bool
    ) -> Iterator[str]:
        causal = self.laboratory.causal
        whole = causal.whole_effect(kind, heads)
        if whole.measure:
            yield from _effects(whole, [causal.effect(kind, [head]) for head in heads], scores)
        else:
            yield f"No causal measure: {whole.why_none}."
        yield from self._written(kind, heads)
        scopes = [(head, causal.scope(kind, head)) for head in heads]
        shown = [
            f"{head_name(*head)} {scope.value:.2f} ({_interval(scope.interval, 2)})" for head, scope in scopes if scope
        ]
        yield f"\nScope: {', '.join(shown) or 'ordinary text has nothing of the kind'}."
        if traces and heads[0][0]:
            yield from self._traced(kind, heads[0])

    def _written(self, kind: Kind, heads: list[HeadIndex]) -> Iterator[str]:
        causal = self.laboratory.causal
        together = causal.writes(kind, heads)
        alone = [(head, causal.writes(kind, [head])) for head in heads]
        if together:
            ranks = ", ".join(f"{head_name(*head)} {each.rank:g} ({each.top:.2f})" for head, each in alone if each)
            yield (
                f"\nWritten: median rank of the attended token among {together.of} (part in the first 5): {ranks}; "
                f"together {together.rank:g} ({together.top:.2f}); the best other head {together.others}."
            )

    def _traced(self, kind: Kind, receiver: HeadIndex) -> Iterator[str]:
        trace = self.laboratory.causal.trace(kind, receiver)
        yield f"\n| feeds {head_name(*receiver)} ({trace.score:.3f}) | left, resampled | mean | into key | into query |"
        yield "|---|---|---|---|---|"
        for each in trace.senders[:SENDERS]:
            direct = [_shown(each.direct.get(into)) for into in ("key", "query")]
            total = _shown(Estimate(value=each.left, interval=each.interval))
            yield f"| {head_name(each.layer, each.head)} | {total} | {_shown(each.mean)} | {' | '.join(direct)} |"


def _effects(whole: SetEffect, alone: list[SetEffect], scores: Mapping[HeadIndex, float]) -> Iterator[str]:
    yield f"{whole.measure}, {whole.unit}, {whole.sequences} sequences; behaviour {_shown(whole.behaviour)}\n"
    yield (
        "| head | score | alone, resampled | mean | others: mean, most | the first together, resampled | mean "
        "| adds to all, resampled | mean | keeps, resampled | mean |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    of_head = {(each.heads[0].layer, each.heads[0].head): each for each in alone}
    member = {(each.layer, each.head): each for each in whole.members}
    for place, point in zip(whole.heads, whole.curve, strict=True):
        single, of = of_head[place.index], member[place.index]
        control = single.control.get("resample")
        cells = [f"{place}", f"{scores[place.index]:.3f}"]
        cells += [_shown(single.effect[by]) for by in BOTH]
        cells += [f"{control.value:.2f}, {control.most:.2f}" if control else "none"]
        cells += [_shown(each[by]) for each in (point.effect, of.adds, of.keeps) for by in BOTH]
        yield f"| {' | '.join(cells)} |"
    others = [f"{by} {one.value:.2f}, most {one.most:.2f} of {one.sets} sets" for by, one in whole.control.items()]
    zero = whole.effect.get("zero")
    yield f"\nAs many other heads of the same layers: {'; '.join(others) or 'too few'}. All by zero: {_shown(zero)}."


def _shown(estimate: Estimate | None) -> str:
    return f"{estimate.value:.2f} ({_interval(estimate.interval, 2)})" if estimate else ""


def _interval(ends: tuple[float, float], digits: int) -> str:
    return f"{ends[0]:.{digits}f} to {ends[1]:.{digits}f}"


def cost(laboratory: Laboratory) -> str:
    """Return what the causal table costs: passes, layers, tokens, time and memory."""
    counted = {"passes": 0, "layers": 0, "tokens": 0}
    replaced = Workbench.replaced

    def count(
        bench: Workbench, clean: object, times: int, edits: Mapping[int, object], watch: int | None = None
    ) -> object:
        counted["passes"] += 1
        counted["layers"] += bench.layers - min(edits)
        counted["tokens"] += times * clean.ids.numel()  # type: ignore[attr-defined]
        return replaced(bench, clean, times, edits, watch)  # type: ignore[arg-type]

    laboratory.table, laboratory.causal.bench  # noqa: B018 - measured and loaded before the clock starts
    Workbench.replaced = count  # type: ignore[method-assign, assignment]
    start, busy = time.perf_counter(), time.process_time()
    effects = len(laboratory.causal.table.effects)
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    Workbench.replaced = replaced  # type: ignore[method-assign]
    memory = getrusage(RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"| {laboratory.exercise.transformer.name} | {effects} | {counted['passes']} | {counted['layers']} "
        f"| {counted['tokens']} | {seconds:.0f} s | {cpu:.0f} s | {memory:.0f} MB |"
    )


def main() -> None:
    """Run the command line of the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exercise", nargs="*", default=["mini-heads"])
    parser.add_argument("--kind", action="append", default=[], help="a type, such as induction")
    parser.add_argument("--sequences", type=int, default=0, help="of each probe of repeats, and of each trial")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--no-traces", action="store_true")
    parser.add_argument("--scan", action="store_true")
    given = parser.parse_args()
    say: Callable[[str], object] = lambda line: print(line, flush=True)  # noqa: E731, T201
    for name in given.exercise:
        say(f"\n### {name} ({torch.get_num_threads()} threads)")
        for draw in range(given.seeds):
            exercise = smaller(exercises.load(name), given.kind, given.sequences, draw)
            with TemporaryDirectory() as folder:
                laboratory = Laboratory(exercise, Path(folder))
                for line in [cost(laboratory)] if given.scan else Tables(laboratory).lines(traces=not given.no_traces):
                    say(line)


if __name__ == "__main__":
    main()
