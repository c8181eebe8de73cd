"""The guard: ends what `grade up` started, should `grade up` itself be killed and have no time to do so.

It reads process groups from its standard input, a line for all that there are, and waits for the input to end. An
orderly end says before that there are none left.
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
    """Wait for the end, and see to it that nothing outlives it."""
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
    """Whether any of these process groups was still there to get the signal."""
    there = False
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):  # macOS refuses where only the dead are left
            os.killpg(group, number)
            there = True
    return there


if __name__ == "__main__":
    main()
