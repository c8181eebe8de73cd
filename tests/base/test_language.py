"""Students get messages in their language; stored texts are always English."""

import re
from dataclasses import replace
from json import loads
from pathlib import Path
from xml.etree import ElementTree

import pytest

from grader.base import language
from grader.base.errors import GraderError, InvalidInput
from grader.base.language import LANGUAGES, UnknownLanguage, _, chosen, ngettext, of_service, of_system, speaking
from grader.cli import speech
from grader.exercises import RESERVED, submissions
from grader.grading import rationale
from grader.grading.grade import grade, shown
from grader.grading.standings import Standings
from grader.report.formats import gradescope, html, json, junit, terminal
from grader.report.text import words
from grader.report.text.labels import cells
from grader.schema import Evidence, Report
from tests.support import exercise_sample, planted_tables
from tests.support.submission_mistakes import ONE_MISTAKE

ASKED = planted_tables.exercise(planted_tables.PREVIOUS, planted_tables.INDUCTION, planted_tables.SUBJECT)
PLANTED = planted_tables.table(
    ASKED,
    {
        "positional:-1": {(0, 1): 0.95},
        "induction": {(3, 3): 0.9, (3, 4): 0.61},
        "syntactic:verb_subject": {(4, 4): 0.4},
    },
    half_width=0.05,
)
CLAIMS = planted_tables.submission(
    (0, 1, "positional"),
    (3, 3, "positional"),
    (3, 4, "induction"),
    (4, 4, "syntactic"),
    (3, 4, "induction"),
    (4, 3, "rare_token"),
)
EVIDENCE = {0: Evidence(text="나는 달린다", tokens=("나는", " 달린다"), share=0.9, hit_rate=1.0, queries=1)}
WORDS = re.compile(r"[A-Za-z]{3,}[ ,:;]+[A-Za-z]{3,}")


def report() -> Report:
    return grade(CLAIMS, ASKED, PLANTED, EVIDENCE)


@pytest.mark.parametrize(
    ("environment", "spoken"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "ko_KR"}, "ko"),
        ({"LC_ALL": "C.UTF-8", "LANG": "ko_KR.UTF-8", "LANGUAGE": "ko"}, "en"),
        ({"LC_ALL": "POSIX", "LANG": "ko_KR"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "fr:ko:en"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "en_GB"}, "en"),
        ({"LC_ALL": "", "LANG": "ko"}, "ko"),
    ],
)
def test_a_system_is_understood_as_gettext_does(environment: dict[str, str], spoken: str) -> None:
    assert of_system(environment) == spoken
    assert of_service(environment) == "en"


def test_the_option_goes_before_the_variable_and_the_variable_before_the_system() -> None:
    assert chosen("en", {"GRADER_LANG": "ko", "LANG": "ko_KR"}) == "en"
    assert chosen(None, {"GRADER_LANG": "ko", "LC_ALL": "C"}) == "ko"
    assert of_service({"GRADER_LANG": "ko"}) == "ko"
    with pytest.raises(UnknownLanguage, match=r"--lang: `fr` is not supported; choose one of en, ko"):
        chosen("fr", {})
    with pytest.raises(UnknownLanguage, match=r"GRADER_LANG: `klingon`"):
        chosen(None, {"GRADER_LANG": "klingon"})


@pytest.mark.parametrize("content", [None, b"", b"no catalogue", b"\xde\x12\x04\x95" + b"\xff" * 24])
def test_a_damaged_catalogue_is_an_error_with_a_way_out(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ko" / "LC_MESSAGES" / "grader.mo"
    file.parent.mkdir(parents=True)
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    language._catalogue.cache_clear()  # pytest undoes the folder; the next test reads the real one again

    with pytest.raises(GraderError, match=r"catalogue of translations cannot be read .* --lang en"):
        language.speak("ko")


def test_messages_come_in_the_language_of_the_block() -> None:
    assert (_("Rank"), ngettext("{number} head", "{number} heads", 2)) == ("Rank", "2 heads")
    with speaking("ko"):
        assert (_("Rank"), language.spoken()) == ("순위", "ko")
        assert ngettext("{number} head", "{number} heads", 2) == "헤드 2개"
    assert (_("Rank"), language.spoken()) == ("Rank", "en")


def test_what_only_instructors_use_is_known_to_both_who_must_know() -> None:
    assert speech.INSTRUCTORS == RESERVED


def test_a_report_is_the_same_to_the_byte_whatever_is_spoken() -> None:
    english = report()
    with speaking("ko"):
        korean = report()
        said = json.render(korean)

    assert korean == english
    assert korean.content_hash == english.content_hash
    assert said == json.render(english)


def test_in_english_a_verdict_says_what_was_kept_and_is_made_of_what_it_holds() -> None:
    for verdict in report().verdicts:
        assert words.rationale(verdict) == verdict.rationale
        if verdict.threshold:
            assert rationale.rationale(verdict.claim, verdict.outcome, verdict.threshold) == verdict.rationale


def test_in_korean_a_verdict_is_said_anew() -> None:
    with speaking("ko"):
        said = [words.rationale(verdict) for verdict in report().verdicts]
        hidden = [
            words.rationale(verdict) for verdict in shown(report().model_copy(update={"feedback": "verdicts"})).verdicts
        ]

    assert said[0] == "L0H1: 이전 토큰 헤드로 확인됐어요. 무작위 토큰의 비중 0.95, 필요한 값 0.40."
    assert said[2].endswith("신뢰구간 0.56~0.66 안에 필요한 값 0.60 포함. 점수는 깎이지 않아요.")
    assert said[4] == "채점 안 됨: 앞의 주장을 되풀이했어요."
    assert hidden[:2] == ["확인됐어요.", "반박됐어요."]
    assert not any("is" in text for text in said)


def test_every_format_of_a_report_is_in_korean() -> None:
    with speaking("ko"):
        page = html.render(report(), None, ASKED, Standings(ASKED, PLANTED))
        results = loads(gradescope.render(report(), ASKED))
        suites = ElementTree.fromstring(junit.render(report()))  # noqa: S314 - we have just written it
        lines = terminal.render(report(), ASKED).splitlines()
    text = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    lines += [*re.sub(r"<[^>]*>", "\n", text).splitlines(), *re.findall(r'aria-label="([^"]*)"', text)]
    lines += "\n".join(
        [results["output"], *(f"{test['name']}\n{test['output']}" for test in results["tests"])]
    ).splitlines()
    lines += [line for told in suites.iter() for line in (told.text or "").splitlines()]
    lines += [told.attrib["message"] for told in suites.iter() if "message" in told.attrib]

    left = {line.strip() for line in lines if WORDS.search(line) and not re.search("[가-힣]", line)}
    assert left == {"Planted heads", "the keys near the old door are"}  # a title, and an example that is code


def test_bars_line_up_in_korean_on_eighty_columns() -> None:
    with speaking("ko"):
        lines = terminal.render(report(), ASKED, width=80).splitlines()
    bars = [cells(line[: found.start()]) for line in lines if (found := re.search("[█░┃]", line))]
    checks = [len(verdict.threshold) for verdict in report().verdicts]

    assert max(map(cells, lines)) <= 80
    assert len(bars) == sum(checks)
    assert all(len(set(bars[sum(checks[:n]) : sum(checks[: n + 1])])) <= 1 for n in range(len(checks)))


@pytest.mark.parametrize("mistake", ONE_MISTAKE)
def test_a_mistake_is_told_in_korean_with_the_same_code_and_place(
    mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exercise_sample.write(tmp_path)
    monkeypatch.setenv("GRADER_EXERCISES", str(tmp_path))
    text = ONE_MISTAKE[mistake][0]
    raw = text.encode() if isinstance(text, str) else text

    found = {}
    for each in LANGUAGES:
        with speaking(each), pytest.raises(InvalidInput) as caught:
            submissions.load(raw)
        found[each] = caught.value.problems

    assert [replace(problem, message="") for problem in found["ko"]] == [
        replace(problem, message="") for problem in found["en"]
    ]
    for korean, english in zip(found["ko"], found["en"], strict=True):
        assert korean.message != english.message
        assert re.search("[가-힣]", korean.message)
