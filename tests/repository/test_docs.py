"""The pages under docs/ agree with the code and data that they describe."""

import re
from pathlib import Path

import pytest

from docs.generate import generated
from grader import exercises

DOCS = Path(__file__).parents[2] / "docs"
DECISIONS = sorted((DOCS / "adr").glob("[0-9]*.md"))


def test_what_follows_from_the_code_is_as_the_code_has_it() -> None:
    stale = [file.name for file, text in generated().items() if file.read_text(encoding="utf-8") != text]

    assert stale == [], "run `make generated`"


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


def test_every_decision_is_listed_with_its_title() -> None:
    listed = re.findall(r"^- \[(.*)\]\((.*)\)$", (DOCS / "adr" / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    titles = {page.name: page.read_text(encoding="utf-8").split("\n", 1)[0] for page in DECISIONS}

    assert {name: f"# {title}" for title, name in listed} == titles
    assert len(listed) == len(titles)
