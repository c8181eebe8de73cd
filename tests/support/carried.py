"""The scores that a shipped exercise carries, held against a laboratory that measured them."""

from grader.exercises import folder_of
from grader.laboratory import Laboratory
from grader.laboratory.comparing import differences
from grader.laboratory.publishing import kept_entries
from grader.measuring.tables.carried import FILE_NAME, RESULTS, Carried

LARGEST = 1_000_000
"""The most bytes of a shipped file."""


def measuring(bench: Laboratory) -> Laboratory:
    """The laboratory, which now measures what its exercise carries."""
    bench.carried = None
    return bench


def unlike(bench: Laboratory) -> list[str]:
    """Everything that the carried scores say otherwise than what this laboratory measured, with what to do."""
    folder, advice = folder_of(bench.exercise), "run `make scores`"
    assert folder is not None
    if not (folder / FILE_NAME).is_file():
        return [f"{folder} has no {FILE_NAME}", advice]
    assert (folder / FILE_NAME).stat().st_size < LARGEST
    carried, now = Carried(folder / FILE_NAME).entries(), kept_entries(bench)
    both = keys(carried) & keys(now)
    for entries in (carried, now):
        if lines := [line for line in entries.pop(RESULTS, b"").splitlines() if key(line) in both]:
            entries[RESULTS] = b"\n".join(lines)
    found = list(map(str, differences(carried, now)))
    return [*found[:5], advice] if found else []


def key(line: bytes) -> bytes:
    """The key of one result."""
    return line.partition(b" ")[0]


def keys(entries: dict[str, bytes]) -> set[bytes]:
    """The keys of all results."""
    return set(map(key, entries.get(RESULTS, b"").splitlines()))
