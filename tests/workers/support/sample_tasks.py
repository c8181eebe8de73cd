"""Tasks for the tests: each run leaves a line in the file that `SAMPLE_TASKS_LOG` names."""

import os
import time
from pathlib import Path

from workers.broker.app import app

LOG = "SAMPLE_TASKS_LOG"


@app.task(name="sample.note")
def note(what: str, seconds: float = 0.0) -> None:
    """Take this long, then leave a line."""
    time.sleep(seconds)
    with Path(os.environ[LOG]).open("a") as log:  # a short line is written at once, whoever else writes
        log.write(f"{what}\n")


@app.task(name="sample.anything")
def anything(*things: object, **more: object) -> None:
    """Accept any arguments, and leave a line."""
    note("anything")
