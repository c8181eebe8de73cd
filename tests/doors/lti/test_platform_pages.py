"""What the pages on platforms say can be used as it stands there."""

import re
from pathlib import Path

import pytest

from grader.doors.lti import tool
from grader.service import platforms
from tests.support.servers import ROOT

PAGES = sorted((ROOT / "docs" / "platforms").glob("*.md"))
EXAMPLE = re.compile(r"<!-- platforms -->\n```yaml\n(.*?)```", re.DOTALL)
EXAMPLES = [(page.stem, text) for page in PAGES for text in EXAMPLE.findall(page.read_text("utf-8"))]


@pytest.mark.parametrize(("name", "text"), EXAMPLES)
def test_a_list_of_platforms_on_a_page_is_read(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / "platforms.yaml"
    file.write_text(text, "utf-8")

    assert list(platforms.load(file)) == [name]


def test_the_addresses_on_the_pages_are_ours() -> None:
    known = {tool.LOGIN, tool.LAUNCH, tool.KEYS, f"{tool.EXERCISES}mini-heads"}
    named = {
        path for page in PAGES for path in re.findall(r"heads\.example\.edu(/lti/[\w/-]+)", page.read_text("utf-8"))
    }

    assert named == known
