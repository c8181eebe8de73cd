"""The documentation of the report's format names every key and no other."""

import hashlib
import json
import re
from pathlib import Path

from grader.report.formats import json as as_json
from grader.schema import Report

PAGE = Path(__file__).parents[3] / "docs" / "report-format.md"


def documented() -> dict[str, set[str]]:
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    return {
        section.split("\n", 1)[0]: set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) for section in sections
    }


def test_every_key_is_explained_and_none_is_left_over() -> None:
    schema = Report.model_json_schema()
    records = {"Report": schema} | schema["$defs"]
    told = documented()

    for name, record in records.items():
        assert told[name] == set(record["properties"]), name


def test_every_level_of_feedback_is_explained() -> None:
    assert documented()["How much is shown"] == {"feedback", "all", "verdicts", "score"}


def test_the_hash_is_reckoned_as_the_page_says(report: Report, tmp_path: Path) -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "report.json").write_text(as_json.render(report), encoding="utf-8")
    here = code[0].replace('"report.json"', repr(str(tmp_path / "report.json")))

    exec(here, {"json": json, "hashlib": hashlib, "Path": Path})  # noqa: S102 - the page's own lines
