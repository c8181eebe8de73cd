"""Ctrl-C: it ends the program within a second, with one exit code and without a traceback, wherever it is.

An interrupt unwinds the program, so that temporary files are removed and transactions rolled back. Where that takes
too long, or where a library swallows the interrupt, a thread ends it.
"""

import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import NoReturn

from grader.base import files

CODE = 130
"""The exit code of a program that Ctrl-C ended, by the shells' convention."""
GRACE_SECONDS = 0.7
"""The time in which the program may unwind."""
SHOW_CURSOR = b"\x1b[?25h"
"""Undoes what a progress bar did to the terminal."""

_came = threading.Event()


def prepare() -> None:
    """Take over Ctrl-C in this process; a command that handles it itself may do so afterwards."""
    if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, _unwind):  # a shell's background job, or prepared already
        return
    signal.signal(signal.SIGINT, _unwind)
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(reading,), name="interrupt", daemon=True).start()


def came() -> bool:
    """Return whether Ctrl-C was pressed."""
    return _came.is_set()


def over() -> None:
    """Ignore Ctrl-C from now on, if this process is ours: all is done and said, and it is about to end by itself."""
    if (
        signal.getsignal(signal.SIGINT) is _unwind
    ):  # another program that calls a command goes on, and so do its children
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def leave() -> NoReturn:
    """End the process at once, without files and folders that would be half-written."""
    for path in list(files.unfinished):
        files.removed(path)
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), SHOW_CURSOR + b"\n")
    os._exit(CODE)


def _unwind(number: int, frame: FrameType | None) -> NoReturn:
    _came.set()
    if _imports(frame):  # a compiled library that Python calls back from may end in a crash when it is unwound
        leave()
    sys.unraisablehook = lambda *_: None  # a destructor that the interrupt hits would print a traceback
    sys.exit(CODE)


def _imports(frame: FrameType | None) -> bool:
    """Return whether a module is being imported."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _watch(reading: int) -> None:
    """Wait for signals, and end the process if Ctrl-C was one and it still runs after the grace."""
    while signals := os.read(reading, 64):
        if signal.SIGINT in signals and signal.getsignal(signal.SIGINT) is _unwind:
            time.sleep(GRACE_SECONDS)
            leave()
