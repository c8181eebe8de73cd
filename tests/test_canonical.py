import json
import subprocess
import sys

from grader.canonical import canonical, content_hash
from grader.schema import Report


def a_report(**changes: object) -> Report:
    content: dict[str, object] = {
        "grader_version": "0.1.0",
        "exercise": "mini-heads",
        "exercise_version": 1,
        "transformer": "mini-gpt2",
        "transformer_digest": "a" * 64,
        "seed": 7,
        "table": "b" * 64,
        "student": "ada",
        "feedback": "all",
        "borderline": "in_favour",
        "wanted": {},
        "verdicts": (),
        "points": 0.0,
        "possible": 60.0,
        "score": 0.1 + 0.2,
        "luck": 1.0,
        "kinds_confirmed": 0,
        "gradable": True,
        "passed": False,
        "xp": 0,
    }
    return Report.model_validate(content | changes)


def test_the_hash_is_of_everything_but_itself() -> None:
    report = a_report()
    hashed = report.model_copy(update={"content_hash": content_hash(report)})

    assert "content_hash" not in json.loads(canonical(report))
    assert canonical(hashed) == canonical(report)
    assert content_hash(hashed) == content_hash(report)
    assert content_hash(a_report(seed=8)) != content_hash(report)
    assert content_hash(a_report(score=0.3)) != content_hash(report)


def test_a_report_read_back_has_the_same_bytes() -> None:
    report = a_report().model_copy(update={"points": 0, "luck": 1})

    assert canonical(Report.model_validate_json(report.model_dump_json())) == canonical(report)


def test_the_bytes_are_sorted_compact_ascii() -> None:
    text = canonical(a_report(student="J\u00fcrgen")).decode("ascii")

    assert text.startswith('{"borderline":"in_favour","exercise":"mini-heads","exercise_version":1,')
    assert r"J\u00fcrgen" in text
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_the_bytes_are_the_same_in_another_process() -> None:
    report = a_report()
    script = (
        "import sys; from grader.canonical import content_hash; from grader.schema import Report; "
        "print(content_hash(Report.model_validate_json(sys.stdin.read())))"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], input=report.model_dump_json(), capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == content_hash(report)
