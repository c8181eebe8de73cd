"""The package for GitHub: a repository for students with a workflow that grades, also for GitHub Classroom."""

import re
from collections.abc import Iterable
from pathlib import Path

from grader import exercises
from grader.base.language import N_, _
from grader.doors.packages.introduction import introduction, start
from grader.doors.packages.making import EXERCISES, MY_HEADS, Files, Order, Package, common, filled
from grader.exercises import VARIABLE

PLACE = ".github/head-grader/"
"""The folder with the grader in the repository."""
WORKFLOWS = ".github/workflows/"
README, LESSON = "README.md", "EXERCISE.md"
"""The page that students see first, and the exercise's own page."""
ELSEWHERE = re.compile(r"(?<!!)\[([^\]]*)\]\((?!\w+:|#)[^)]*\)")
"""A link to another file, which is not in the repository."""
IGNORED = ".venv/\nreport/\n"
READ = N_("[{file}]({file}) says more.")
INSTALL = N_("Install the grader, once; it needs Python 3.11 or newer:")
OWN = N_("In each new terminal, say where the exercise is:")
WRITE = N_("Write your claims into `{file}`, and see whether it is well written:")
PUSH = N_("Commit `{file}` and push. The report is on GitHub under *Actions*, on the page of the newest run.")


def files(order: Order) -> Files:
    """Return the files of the repository."""
    own = filled(Path(__file__).with_name("templates"), order, place=PLACE.rstrip("/"))
    workflow = {f"{WORKFLOWS}{name}": content for name, content in own.items()}
    page = exercises.students_page(order.folder)
    lesson = {LESSON: ELSEWHERE.sub(r"\1", page.read_text(encoding="utf-8"))} if page.is_file() else {}
    students = {README: _readme(order, lesson), MY_HEADS: start(order.exercise), ".gitignore": IGNORED} | lesson
    return common(order, PLACE) | workflow | {name: text.encode() for name, text in students.items()}


def _readme(order: Order, more: Iterable[str]) -> str:
    """Return the page that students see first, with links to those that say more."""
    about = introduction(order.exercise)
    install = ["python3 -m venv .venv", ". .venv/bin/activate", f"python -m pip install {PLACE}head_grader-*.whl"]
    steps = [(_(INSTALL), install)]
    if not order.is_shipped:
        steps.append((_(OWN), [". .venv/bin/activate", f"export {VARIABLE}=$PWD/{PLACE}{EXERCISES}"]))
    steps += [
        (about.look, [about.command]),
        (_(WRITE, file=MY_HEADS), [f"grade check {MY_HEADS}"]),
        (_(PUSH, file=MY_HEADS), []),
    ]
    parts = [f"# {about.title}", "\n".join(f"- {each}" for each in about.kinds), about.rules]
    parts += [_(READ, file=name) for name in more]
    for number, (text, commands) in enumerate(steps, start=1):
        block = "\n".join(f"   {line}" for line in ["```sh", *commands, "```"])
        parts += [f"{number}. {text}", block] if commands else [f"{number}. {text}"]
    return "\n\n".join(parts) + "\n"


PACKAGE = Package(
    files,
    "make a repository of {out}, with its hidden folder .github, and use it as the template of an assignment",
    is_public=True,
)
