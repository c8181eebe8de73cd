import json

from grader.grading.hashing import content_hash
from grader.report.formats import json as as_json
from grader.schema import Report


def test_the_hash_is_filled_in_and_holds(report: Report) -> None:
    back = Report.model_validate_json(as_json.render(report))

    assert back.content_hash == content_hash(report)
    assert content_hash(back) == back.content_hash


def test_the_same_report_is_the_same_text_when_read_back(report: Report) -> None:
    text = as_json.render(report)

    assert as_json.render(Report.model_validate_json(text)) == text
    assert text.isascii()
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_a_report_that_shows_less_keeps_the_hash_of_the_whole(report: Report, verdicts_only: Report) -> None:
    whole = content_hash(report)
    shown = verdicts_only.model_copy(update={"content_hash": whole})

    assert json.loads(as_json.render(shown))["content_hash"] == whole


def test_hostile_text_comes_back_as_it_was(hostile: Report) -> None:
    back = Report.model_validate_json(as_json.render(hostile))

    assert back.verdicts[0].claim.note == hostile.verdicts[0].claim.note
