"""The page about calibration names every key and every caution."""

import re
from pathlib import Path
from typing import get_args

from grader.grading.calibration.records import Calibration, CautionCode

PAGE = (Path(__file__).parents[2] / "docs" / "calibration.md").read_text(encoding="utf-8")


def told(heading: str) -> list[str]:
    """The words in the first column of a section's table."""
    section = re.split(rf"^##+ {heading}$", PAGE, flags=re.MULTILINE)[1]
    return re.findall(r"^\| `(\w+)` \|", re.split(r"^##", section, flags=re.MULTILINE)[0], re.MULTILINE)


def test_every_key_of_the_json_is_explained_and_none_is_left_over() -> None:
    schema = Calibration.model_json_schema()
    records = {"Calibration": schema} | schema["$defs"]
    del records["Kind"]  # the exercise's own record

    assert {name: told(name) for name in records} == {
        name: list(record["properties"]) for name, record in records.items()
    }


def test_every_caution_is_explained() -> None:
    assert sorted(told("Cautions")) == sorted(get_args(CautionCode))
