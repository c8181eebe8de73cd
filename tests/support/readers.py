"""Other platforms' readers, as strict as their documents and sources: each takes what the platform takes, or fails."""

import json
from collections.abc import Mapping
from typing import Any

VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
TEXTS = {"text", "html", "simple_format", "md", "ansi"}
NUMBER = (int, float)
GRADESCOPE = {
    "score": NUMBER, "execution_time": NUMBER, "output": str, "output_format": TEXTS, "test_output_format": TEXTS,
    "test_name_format": TEXTS, "visibility": VISIBILITIES, "stdout_visibility": VISIBILITIES, "extra_data": dict,
    "tests": list,
}  # fmt: skip
GRADESCOPE_TEST = {
    "score": NUMBER, "max_score": NUMBER, "status": {"passed", "failed"}, "name": str, "name_format": TEXTS,
    "number": str, "output": str, "output_format": TEXTS, "tags": list, "visibility": VISIBILITIES, "extra_data": dict,
}  # fmt: skip
PRAIRIELEARN_TEST = {
    "name": str, "description": str, "points": NUMBER, "max_points": NUMBER, "message": str, "output": str,
}  # fmt: skip
MEGABYTE = 1_000_000


def _strict(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """JSON as a strict reader has it: no NaN and no infinity."""
    return json.loads(text, parse_constant=lambda word: 1 / 0)


def _check(content: Mapping[str, Any], shape: Mapping[str, Any]) -> None:
    for key, value in content.items():
        wanted = shape[key]
        assert value in wanted if isinstance(wanted, set) else isinstance(value, wanted), key
        assert not isinstance(value, bool), key


def gradescope(text: str) -> dict[str, Any]:
    content: dict[str, Any] = _strict(text)
    _check(content, GRADESCOPE)
    assert "score" in content
    for test in content["tests"]:
        _check(test, GRADESCOPE_TEST)
        assert ("max_score" not in test) or ("score" in test)
    return content


def prairielearn(raw: bytes) -> dict[str, Any]:
    """The results; what PrairieLearn would turn into "not gradable", or could not show, is an error here."""
    assert len(raw) <= MEGABYTE
    assert b"\\u0000" not in raw
    content: dict[str, Any] = _strict(raw.decode())
    assert isinstance(content["gradable"], bool)
    if content["gradable"]:
        assert isinstance(content["score"], NUMBER)
        assert 0 <= content["score"] <= 1
        assert "format_errors" not in content
    else:
        assert "score" not in content
        assert content["format_errors"]
        assert all(isinstance(each, str) for each in content["format_errors"])
    for test in content["tests"]:
        _check(test, PRAIRIELEARN_TEST)
    pointed = [{"points", "max_points"} <= set(test) for test in content["tests"]]
    assert all(pointed) or not any("points" in test or "max_points" in test for test in content["tests"])
    return content


def classroom(log: str) -> tuple[float, float] | None:
    """The points that GitHub Classroom takes from a job's notices, and of how many; None if there are none."""
    prefix = "::notice title=Autograding report::"
    reports = [_strict(line.removeprefix(prefix)) for line in log.splitlines() if line.startswith(prefix)]
    if not reports:
        return None
    (report,) = reports
    assert f"::notice title=Autograding complete::Points {report['totalPoints']:g}/{report['maxPoints']:g}" in log
    return report["totalPoints"], report["maxPoints"]


def nbgrader(cell: Mapping[str, Any]) -> float:
    """The points of an autograded cell: none after an error, the number below it, and all if there is no number."""
    most = float(cell["metadata"]["nbgrader"]["points"])
    for output in cell["outputs"]:
        if output["output_type"] == "error" or output.get("name") == "stderr":
            return 0.0
        if output["output_type"] == "execute_result":
            points = float(output["data"]["text/plain"])
            assert 0 <= points <= most
            return points
    return most
