"""The battery of look-alikes in words, for a terminal."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from grader.grading.calibration.lookalikes import TriedLookalike
from grader.report.text.words import plural

CLOSEST = 3
"""The number of refuted look-alikes that are shown for each kind, the ones with the highest scores."""


def text(tried: Iterable[TriedLookalike]) -> str:
    """Return, for each kind, the look-alikes that are confirmed, and those that come closest."""
    return "\n\n".join("\n".join(_of_kind(kind, list(of_kind))) for kind, of_kind in groupby(tried, lambda t: t.kind))


def _of_kind(kind: str, tried: list[TriedLookalike]) -> Iterator[str]:
    wrong = [each for each in tried if not each.is_as_expected]
    yield f"{kind}: {plural(len(tried), 'look-alike', 'look-alikes')} planted, {len(wrong)} not as expected"
    for each in wrong:
        yield f"  NOT AS EXPECTED  {each.score:.2f}  {each.lookalike}, {each.outcome}: {each.knows}"
    for each in tried:
        if each.rightly and each.is_as_expected:
            yield f"  confirmed, rightly  {each.score:.2f}  {each.lookalike}"
    refuted = sorted((each for each in tried if each.outcome == "refuted"), key=lambda each: -each.score)
    for each in refuted[:CLOSEST]:
        yield f"  refuted  {each.score:.2f}  {each.lookalike}: {each.knows}"
