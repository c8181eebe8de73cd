"""The package for Open edX: a client that takes submissions from an xqueue, grades them and answers."""

from pathlib import Path

from grader.doors.packages.making import Files, Order, Package, common, filled


def files(order: Order) -> Files:
    """Return the files of the folder from which the client runs."""
    shared = common(order)
    wheel = next(name for name in shared if name.endswith(".whl"))
    return shared | filled(Path(__file__).with_name("templates"), order, wheel=wheel)


PACKAGE = Package(
    files,
    "in {out}: install requirements.txt with pip, write the password into a file, fill in xqueue.yaml, and run: "
    "python -m grader.doors.packages.xqueue xqueue.yaml",
)
