"""Spans of time, as they are typed."""

from datetime import timedelta

import pytest

from grader.base.errors import InvalidInput
from grader.base.spans import span

SPANS = {"2y": 730, "6m": 180, "8W": 56, " 90d ": 90, "12h": 0.5, "1h": 1 / 24}


@pytest.mark.parametrize("text", SPANS)
def test_a_span_is_a_number_with_a_unit(text: str) -> None:
    assert span(text, "--age") == timedelta(days=SPANS[text])


@pytest.mark.parametrize("text", ["", "2", "y", "0d", "-1y", "1.5y", "99999y", "2 years", "never"])
def test_anything_else_is_none(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not a time") as error:
        span(text, "--age", "never")
    assert "--age" in str(error.value)
