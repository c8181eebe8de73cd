"""The guard: ends the processes of `grade up` if `grade up` itself is killed and cannot do so.

It reads process groups from its standard input, each line with all present ones, and waits for the input to end. Before
an orderly end, the last line is empty.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

PATIENCE_SECONDS = 5.0
"""Between asking and killing."""
PAUSE_SECONDS = 0.05


def main() -> None:
    """Wait for the end of the input, then end all process groups."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: list[int] = []
    for line in sys.stdin:
        groups = [int(word) for word in line.split()]
    send(groups, signal.SIGTERM)
    until = time.monotonic() + PATIENCE_SECONDS
    while send(groups, 0) and time.monotonic() < until:
        time.sleep(PAUSE_SECONDS)
    send(groups, signal.SIGKILL)


def send(groups: Sequence[int], number: int) -> bool:
    """Send the signal to these process groups, and return whether any of them still existed."""
    exists = False
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses if only dead processes are left
            os.killpg(group, number)
            exists = True
    return exists


if __name__ == "__main__":
    main()
