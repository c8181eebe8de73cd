"""The pages under docs/ agree with the code and data that they describe."""

import re
from pathlib import Path

import pytest
import torch

from docs.generate import generated
from grader import exercises
from grader.measuring.statistics import patterns

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
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


def test_the_map_of_the_tree_has_every_part_of_the_grader() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    parts = {part.name for part in (ROOT / "grader").iterdir() if part.suffix in ("", ".py") and part.name[0] != "_"}

    assert parts <= set(re.findall(r"`grader/([\w.]+)[/`]", page.partition("## The map")[2].partition("\n## ")[0]))


def test_the_example_of_the_glossary_is_computed_as_the_grader_does() -> None:
    example = (DOCS / "glossary.md").read_text(encoding="utf-8").partition("<!-- example -->")[2]
    rows = [
        line.split("|")[2:-1] for line in re.findall(r"^\| .*\d.*\|$", example.partition("<!-- end")[0], re.MULTILINE)
    ]
    pattern = torch.tensor([[float(cell.strip(" *") or 0) for cell in row] for row in rows]).unsqueeze(1)
    targets = torch.tensor([["**" in cell for cell in row] for row in rows])
    eligible = torch.ones_like(targets)
    eligible[:, 0] = False

    shares, hits = patterns.share(pattern, targets), patterns.hits(pattern, targets, eligible)

    assert pattern.sum(-1).allclose(torch.ones(len(rows), 1))
    assert f"= **{shares.mean():.2f}**" in example
    assert f"the hit rate is **{hits.mean():.2f}**" in " ".join(example.split())
