"""The platforms that a package can be made for."""

from grader.doors.packages import github, gradescope, nbgrader, prairielearn, xqueue
from grader.doors.packages.making import Package

PACKAGES: dict[str, Package] = {
    "gradescope": gradescope.PACKAGE,
    "prairielearn": prairielearn.PACKAGE,
    "github": github.PACKAGE,
    "nbgrader": nbgrader.PACKAGE,
    "xqueue": xqueue.PACKAGE,
}
"""Each platform's package by the platform's name."""
