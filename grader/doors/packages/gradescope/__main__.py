"""Grade one submission on Gradescope: `python -m grader.doors.packages.gradescope ROOT EXERCISE`."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from grader.base.files import write_whole
from grader.base.language import _
from grader.base.screen import harmless
from grader.doors.packages.gradescope.metadata import CLAIMS, KEPT, Metadata, read
from grader.doors.packages.grading import Answer, FromPlatform, answer, content_of, rendered, submission_in
from grader.doors.packages.making import EXERCISES, MY_HEADS
from grader.report.formats import Failure, Format
from grader.schema import Exercise
from grader.schema.content import claims_hash

ROOT_HELP = "the folder that is /autograder on Gradescope"


def run(root: Path, exercise: str, points: float | None = None) -> None:
    """Grade what lies in `root/submission`, and write `root/results/results.json`, whatever happens."""
    place = root / "source" / EXERCISES / exercise
    metadata = Metadata()

    def handed_in(asked: Exercise) -> FromPlatform:
        nonlocal metadata
        metadata = read(root)
        path = submission_in(root / "submission", MY_HEADS)
        said = (metadata.student, metadata.created_at, metadata.due, metadata.attempts)
        return FromPlatform(content_of(path), path.name, *said)

    result = answer(place, handed_in)
    total = metadata.assignment.total_points if points is None else points
    content = json.dumps(_results(result, metadata, total), sort_keys=True, indent=2) + "\n"
    write_whole(root / "results" / "results.json", content.encode())


def _results(result: Answer, metadata: Metadata, total: float | None) -> dict[str, Any]:
    """Return the content of the file: if this submission has no grade, the last grade stays, under the reason."""
    results: dict[str, Any] = json.loads(rendered(result, Format.gradescope, total))
    if not isinstance(result, Failure):
        claims = [verdict.claim for verdict in result.report.verdicts]
        results["extra_data"][CLAIMS] = claims_hash(claims)
    if results["extra_data"]["gradable"] or not (last := metadata.last_results):
        return results
    lines = result.lines if isinstance(result, Failure) else results["output"].splitlines()[1:]
    kept = _("The score and everything below are those of your last submission that was graded.")
    output = harmless("\n".join([*lines, "", kept, "", str(last.get("output", ""))]))
    extra: dict[str, Any] = last["extra_data"] if isinstance(last.get("extra_data"), dict) else {}
    return {**last, "output": output, "output_format": "text", "extra_data": {**extra, KEPT: True}}


def main() -> None:
    """Read the command line and grade."""
    parser = ArgumentParser(prog="python -m grader.doors.packages.gradescope", description=__doc__)
    parser.add_argument("root", type=Path, help=ROOT_HELP)
    parser.add_argument("exercise", help="the exercise's id")
    parser.add_argument("--points", type=float, help="the points of a full score; by default the assignment's")
    given = parser.parse_args(sys.argv[1:])
    run(given.root, given.exercise, given.points)


if __name__ == "__main__":
    main()
