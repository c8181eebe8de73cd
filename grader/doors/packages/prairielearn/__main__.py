"""Grade one submission on PrairieLearn: `python -m grader.doors.packages.prairielearn ROOT EXERCISE`."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from grader.base.files import write_whole
from grader.doors.packages.grading import FromPlatform, answer, content_of, rendered, submission_in
from grader.doors.packages.making import MY_HEADS
from grader.report.formats import Format
from grader.schema import Exercise


def run(root: Path, place: Path) -> None:
    """Grade what lies in `root/student`, and write `root/results/results.json`, whatever happens.

    PrairieLearn itself minds dates and attempts, and says nothing of the student.
    """

    def handed_in(_asked: Exercise) -> FromPlatform:
        path = submission_in(root / "student", MY_HEADS)
        return FromPlatform(content_of(path), path.name)

    text = rendered(answer(place, handed_in), Format.prairielearn)
    write_whole(root / "results" / "results.json", text.encode())


def main() -> None:
    """Read the command line and grade."""
    parser = ArgumentParser(prog="python -m grader.doors.packages.prairielearn", description=__doc__)
    parser.add_argument("root", type=Path, help="the folder that is /grade on PrairieLearn")
    parser.add_argument("exercise", type=Path, help="the exercise's folder")
    given = parser.parse_args(sys.argv[1:])
    run(given.root, given.exercise)


if __name__ == "__main__":
    main()
