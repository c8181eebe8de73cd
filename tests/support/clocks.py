"""Processes whose clock is wrong."""

from pathlib import Path

FOLDER = Path(__file__).with_name("clock")


def wrong_by(seconds: float) -> dict[str, str]:
    """Return the variables that set a Python process's clock wrong by this time; ahead if it is above 0."""
    return {"PYTHONPATH": str(FOLDER), "WRONG_BY": str(seconds)}
