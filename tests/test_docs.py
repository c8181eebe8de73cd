"""The pages under docs/ agree with the code and data that they describe."""

import re
from pathlib import Path

import pytest

from grader import exercises
from grader.schema import HeadType, Relation
from grader.thresholds import defaults

DOCS = Path(__file__).parents[1] / "docs"
DECISIONS = sorted((DOCS / "adr").glob("*.md"))


def sections(page: str) -> dict[str, str]:
    parts = re.split(r"^## ", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {part.split("\n", 1)[0].strip("`"): part for part in parts}


@pytest.mark.parametrize("kind", HeadType.__args__)
def test_a_detector_is_explained_with_exactly_its_thresholds(kind: HeadType) -> None:
    section = sections("detectors.md")[kind]
    told = re.findall(r"^\| `(\w+)`(?: on `(\w+)`)? \| ([\d.]+) \| (.+) \|$", section, re.MULTILINE)

    assert told == [
        (each.statistic, " and ".join(each.slices), f"{each.at_least:g}", each.source) for each in defaults()[kind]
    ]


@pytest.mark.parametrize("kind", HeadType.__args__)
def test_a_detector_is_explained_under_the_same_headings(kind: HeadType) -> None:
    headings = re.findall(r"\*\*(\w+)[.:]\*\*", sections("detectors.md")[kind])

    assert headings == ["Definition", "Probe", "Decides", "Confound", "Literature"]


def test_every_relation_is_explained() -> None:
    told = re.findall(r"^\| `(\w+_\w+)` \| [a-z]", sections("detectors.md")["syntactic"], re.MULTILINE)

    assert tuple(told) == Relation.__args__


def test_the_exercise_on_the_page_for_instructors_loads(tmp_path: Path) -> None:
    page = (DOCS / "writing-exercises.md").read_text(encoding="utf-8")
    example = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0]
    folder = tmp_path / re.findall(r"^id: (\S+)$", example, re.MULTILINE)[0]
    folder.mkdir()
    (folder / "exercise.yaml").write_text(example, encoding="utf-8")

    assert exercises.load(folder).id == folder.name


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_its_four_parts(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")

    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Status", "Consequences"]
    assert text.startswith(f"# {int(decision.stem[:4])}. ")
