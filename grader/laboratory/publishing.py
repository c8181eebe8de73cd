"""The scores of an exercise as they travel: everything that a grade can need, measured now.

A grade needs the score table; the pictures in reports; the sentences of the exercise's own example; and, where claims
say what matters or what feeds what, every set of heads and every circuit that such a claim can lead to.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

from grader.base.errors import ExerciseError, GraderError
from grader.base.folders import temporary
from grader.exercises import submissions
from grader.laboratory import Laboratory
from grader.measuring.tables.carried import entries_of
from grader.schema import REFERENCE, AskedKind, Claim, HeadIndex

EXAMPLE = "my_heads.yaml"
"""The example submission in an exercise's folder, whose sentences travel, too."""
MOST_TOGETHER = 8
"""The most heads of which every set is measured; of more, only single ones, pairs, and the sets that kinds suggest."""


def measured(lab: Laboratory, folder: Path) -> dict[str, bytes]:
    """Return the entries of the file for the laboratory's exercise in a folder, all of them measured now on the CPU.

    Raises:
        ExerciseError: The exercise pins no file of its transformer, so that nobody could say what was measured.
        GraderError: It cannot be measured.
    """
    if not lab.exercise.transformer.files:
        message = "no file of its transformer is pinned, so that scores could be of any; write `files` with SHA-256"
        raise ExerciseError(f"{lab.exercise.id}: {message}")
    with temporary("grade-publish-") as kept:
        fresh = lab.elsewhere(kept, REFERENCE)
        _measure(fresh, folder)
        return kept_entries(fresh)


def _measure(lab: Laboratory, folder: Path) -> None:
    """Measure everything that a grade can need; the laboratory keeps it."""
    _ = lab.table
    for claim in _example_claims(folder):
        if claim.evidence and lab.has(claim):
            lab.recomputed(claim)
    if lab.exercise.is_causal:
        _ = lab.causal.table
        for asked in lab.exercise.kinds:
            _measure_causes(lab, asked)


def _measure_causes(lab: Laboratory, asked: AskedKind) -> None:
    of_kind = lab.standings.by_kind[asked.name]
    outcomes = {place: of_kind.decided(*place)[0] for place in of_kind}
    confirmed = [place for place, outcome in outcomes.items() if outcome == "confirmed"]
    unsure = [place for place, outcome in outcomes.items() if outcome == "not_graded"]
    if asked.evidence == "needed":
        for head in confirmed:
            lab.causal.scope(asked.kind, head)
        for heads in _sets(lab, asked, confirmed, unsure):
            lab.causal.effect(asked.kind, heads)
            if set(heads) <= set(confirmed):
                lab.causal.writes(asked.kind, heads)
    if asked.circuits is not None:
        for receiver in confirmed:
            lab.causal.trace(asked.kind, receiver)


def _sets(
    lab: Laboratory, asked: AskedKind, confirmed: list[HeadIndex], unsure: list[HeadIndex]
) -> Iterator[tuple[HeadIndex, ...]]:
    """Yield the sets that claims can lead to: each has a confirmed head."""
    all_heads = sorted([*confirmed, *unsure])
    if len(all_heads) > MOST_TOGETHER:
        suggested = (tuple(sorted(each)) for each in lab.causal.suggested(asked.kind))
        yield from dict.fromkeys([*((head,) for head in confirmed), *combinations(confirmed, 2), *suggested])
        return
    for size in range(1, len(all_heads) + 1):
        yield from (heads for heads in combinations(all_heads, size) if set(heads) & set(confirmed))


def _example_claims(folder: Path) -> Iterable[Claim]:
    file = folder / EXAMPLE
    if not file.is_file():
        return ()
    try:
        return submissions.load(file)[0].claims
    except GraderError:  # it is checked elsewhere
        return ()


def kept_entries(lab: Laboratory) -> dict[str, bytes]:
    """Return the entries of the file with all that a laboratory keeps; its table must have been measured there."""
    from grader.measuring import examples

    results = {**lab.sentences.all_kept(), **lab.causal.store.all_kept()}
    pictures = examples.entries_of(lab.examples_file, [asked.kind for asked in lab.exercise.kinds])
    return {**dict(entries_of(lab.table, results)), **dict(pictures)}
