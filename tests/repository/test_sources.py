"""Every number and claim of others names its place, and every publication is in the list of sources."""

import re
from pathlib import Path

import pytest

from grader import exercises
from grader.exercises import known_heads
from grader.kinds import TYPES
from grader.students.hints import ladder_of
from tests.support.kinds import every_kind

LIST = (Path(__file__).parents[2] / "docs" / "detectors.md").read_text(encoding="utf-8").partition("\n## Sources\n")[2]
PLACE = re.compile(
    r"\b(?:sections?|tables?|figures?|appendix|arguments?) [A-Z0-9]|, abstract\b|\bTransformerLens, demo [A-Z]"
    r"|\bmeasured for this grader\b|\(not checked\)|^as the default$"
)
CITED = re.compile(r"[A-Z]\w+ (?:et al\.|and [A-Z]\w+) \d{4}|TransformerLens, demo (?:Main|Exploratory Analysis)")


def claims() -> dict[str, str]:
    """Each text that must name a place; of several sources of a hint, each one."""
    hints = {kind.name: ladder_of(kind).source.split("; ") for kind in every_kind()}
    loaded = {name: (exercises.load(name), folder) for name, folder in exercises.available().items()}
    return {
        **{f"hint {name} {number}": one for name, parts in hints.items() for number, one in enumerate(parts)},
        **{f"literature {name}": of.literature for name, of in TYPES.items()},
        **{f"default {name} {one.statistic}": one.source for name, of in TYPES.items() for one in of.thresholds},
        **{
            f"exercise {name} {asked.name} {one.statistic}": one.source
            for name, (exercise, _) in loaded.items()
            for asked in exercise.kinds
            for one in asked.thresholds
        },
        **{
            f"known {name} {head.place} {head.name}": head.source
            for name, (_, folder) in loaded.items()
            for head in known_heads.of_exercise(folder)
        },
    }


CLAIMS = claims()


@pytest.mark.parametrize("text", CLAIMS.values(), ids=CLAIMS)
def test_a_source_names_its_place(text: str) -> None:
    assert PLACE.search(text), "name the section, table or figure, say `measured for this grader`, or `(not checked)`"


@pytest.mark.parametrize(
    "text", ["Voita et al. 2019", "the measured one", "None with a published score", "Clark et al. 2019, section"]
)
def test_a_source_without_a_place_is_found(text: str) -> None:
    assert not PLACE.search(text)


def test_the_list_has_what_is_cited_and_nothing_else() -> None:
    texts = [*CLAIMS.values(), *(of.confound + of.remark for of in TYPES.values())]
    cited = {one for text in texts for one in CITED.findall(text)}
    listed = set(re.findall(rf"^\| ({CITED.pattern}) \|", LIST, re.MULTILINE))

    assert listed == cited
