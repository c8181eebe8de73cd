"""The package for Gradescope: a zip with `setup.sh` and `run_autograder`."""

from pathlib import Path

from grader.doors.packages.making import Files, Order, Package, common, filled


def files(order: Order) -> Files:
    """Return the files of the zip."""
    points = "" if order.points is None else f" --points {order.points:g}"
    return common(order) | filled(Path(__file__).with_name("templates"), order, points_option=points)


PACKAGE = Package(
    files,
    "upload {out} as the autograder of a programming assignment; students hand in one file, my_heads.yaml",
    is_zip=True,
)
