"""Memory that runs out, which torch and Python report in different ways."""

from collections.abc import Iterator
from contextlib import contextmanager

from grader.base.errors import OutOfMemory
from grader.base.language import N_, _

SHORTAGES = (
    "can't allocate memory",
    "not enough memory",
    "Unable to allocate",
    "Cannot allocate memory",
    "out of memory",
)
"""The words in the errors of torch, its devices, numpy and the system about memory that they did not get."""


TOO_LITTLE = N_("{doing}: there is not enough memory; give the process more, or take a smaller transformer or input")


def ran_out(error: BaseException, doing: str) -> OutOfMemory | None:
    """Return the operator's error if it is memory that ran out, else None."""
    return OutOfMemory(_(TOO_LITTLE, doing=doing)) if is_shortage(error) else None


def is_shortage(error: BaseException) -> bool:
    """Return whether it is memory that ran out."""
    return isinstance(error, MemoryError) or any(words in str(error) for words in SHORTAGES)


@contextmanager
def enough_memory(doing: str) -> Iterator[None]:
    """Turn memory that runs out into an operator's error; `doing` is what needs it, in words.

    Raises:
        OutOfMemory: There was not enough.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if shortage := ran_out(error, doing):
            raise shortage from error
        raise
