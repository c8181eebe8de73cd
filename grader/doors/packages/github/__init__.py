"""The package for GitHub: a repository for students with a workflow that grades, also for GitHub Classroom."""

from pathlib import Path

from grader.doors.packages.making import MY_HEADS, Files, Order, Package, common, filled, start

PLACE = ".github/head-grader/"
"""The folder with the grader in the repository."""
WORKFLOWS = ".github/workflows/"
README = "README.md"


def files(order: Order) -> Files:
    """Return the files of the repository."""
    own = filled(Path(__file__).with_name("templates"), order, place=PLACE.rstrip("/"))
    workflow = {f"{WORKFLOWS}{name}": content for name, content in own.items()}
    page = {README: order.beside(README)} if order.beside(README) else {}
    return common(order, PLACE) | workflow | page | {MY_HEADS: start(order)}


PACKAGE = Package(
    files,
    "make a repository of {out}, with its hidden folder .github, and use it as the template of an assignment",
    is_public=True,
)
