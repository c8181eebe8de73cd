"""In a notebook every result is shown in a frame of its own; one bar shows what takes long, where somebody watches."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path

import pytest

import grader
from tests.cli.conftest import Bench
from tests.support.tiny import for_words, saved, word_tokenizer

ATTACK = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>&amp;"
TEXT = "the king waits and the king waits"


class Elements(HTMLParser):
    """The elements of a document with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def page_in(shown: object) -> str:
    """The page inside what a notebook is given to show."""
    outer = Elements(shown._repr_html_())  # type: ignore[attr-defined]
    assert [tag for tag, _ in outer.found] == ["div", "iframe"]
    assert outer.text == ""
    (frame,) = outer.named("iframe")
    assert frame["sandbox"] == "allow-scripts"  # beside allow-same-origin the frame could take its sandbox off
    assert frame["title"]
    return frame["srcdoc"] or ""


def report(bench: Bench, exercise: grader.Exercise) -> grader.Report:
    layer, head = bench.best["induction"]
    right = grader.Claim(layer=layer, head=head, type="induction", note=ATTACK, evidence=ATTACK)
    return grader.grade(exercise, [right, grader.Claim(layer=0, head=0, type="semantic")], student="ada")


@pytest.fixture
def results(bench: Bench, exercise: grader.Exercise) -> dict[str, object]:
    return {
        "report": report(bench, exercise),
        "scores": grader.scan(exercise),
        "pattern": grader.attention(exercise, layer=1, head=2, text=ATTACK),
    }


@pytest.mark.parametrize("name", ["report", "scores", "pattern"])
def test_a_result_is_a_page_in_a_frame_that_asks_for_nothing(name: str, results: dict[str, object]) -> None:
    page = page_in(results[name])
    inside = Elements(page)
    (policy,) = (each["content"] for each in inside.named("meta") if each.get("http-equiv"))

    assert page.startswith("<!doctype html>")
    assert "default-src 'none'" in str(policy)
    assert inside.named("base") == [{"href": "about:srcdoc"}]
    assert [tag for tag, attributes in inside.found if {"src", "srcset", "data"} & attributes.keys()] == []
    assert [tag for tag, attributes in inside.found if any(each.startswith("on") for each in attributes)] == []
    assert inside.named("img") == inside.named("link") == []
    assert len(inside.named("script")) == 1
    assert "prefers-color-scheme: dark" in page


@pytest.mark.parametrize("name", ["report", "pattern"])
def test_what_a_user_wrote_is_shown_as_it_was_written(name: str, results: dict[str, object]) -> None:
    page = page_in(results[name])

    assert ATTACK in Elements(page).text
    assert "<script>alert" not in page
    assert "<img" not in page


def test_a_transformers_name_is_only_a_name(exercise: grader.Exercise) -> None:
    model = for_words("gpt2")
    model.base_model.name_or_path = ATTACK
    page = page_in(grader.scan(model=model, tokenizer=word_tokenizer("gpt2"), kinds=["induction"], seed=1))

    assert f"All heads of {ATTACK}" in Elements(page).text
    assert "<img" not in page


def test_a_report_shows_what_the_page_of_grade_submit_shows(
    bench: Bench, home: Path, exercise: grader.Exercise, tmp_path: Path
) -> None:
    layer, head = bench.best["induction"]
    claim = f"{{layer: {layer}, head: {head}, type: induction, evidence: {TEXT}}}"
    file, out = bench.submission(tmp_path, claim), tmp_path / "page.html"
    bench.grade(home, "submit", file, "--format", "html", "--out", out)
    claims = [grader.Claim(layer=layer, head=head, type="induction", evidence=TEXT)]
    shown = page_in(grader.grade(exercise, claims, student="ada"))

    assert shown.replace('<base href="about:srcdoc">\n', "") == out.read_text()


def test_a_pattern_shows_what_the_page_of_grade_show_shows(
    bench: Bench, home: Path, exercise: grader.Exercise, tmp_path: Path
) -> None:
    out = tmp_path / "head.html"
    bench.grade(home, "show", "1", "2", "--exercise", exercise.id, "--text", TEXT, "--out", out)
    shown = page_in(grader.attention(exercise, layer=1, head=2, text=TEXT))

    assert shown.replace('<base href="about:srcdoc">\n', "") == out.read_text()


def test_scores_show_the_map_and_a_cloud_for_every_kind(exercise: grader.Exercise) -> None:
    scores = grader.scan(exercise)
    inside = Elements(page_in(scores))

    assert len([each for each in inside.found if each[1].get("class", "").startswith("cell ")]) == 24  # type: ignore[union-attr]
    assert len([each for each in inside.found if each[1].get("class") == "cloud"]) == len(scores.kinds)
    assert "3 layers of 8 heads, seed 3" in inside.text
    assert all(scores.best(kind)[0].place in inside.text for kind in scores.kinds)
    assert {link["class"] for link in inside.named("a")} == {"term"}


MEASURE = """\
import grader
scores = grader.scan(grader.load_exercise("tiny-heads"))
print(len(scores))
"""
LENT = """\
import sys, grader
from transformers import AutoModel, AutoTokenizer
from transformers.utils import logging
logging.disable_progress_bar()
model, tokenizer = (each.from_pretrained(sys.argv[1]) for each in (AutoModel, AutoTokenizer))
print(len(grader.scan(model=model, tokenizer=tokenizer, kinds=["induction"])))
"""


@pytest.mark.parametrize(("code", "rows"), [(MEASURE, 120), (LENT, 24)])
def test_in_a_pipe_nothing_is_printed(code: str, rows: int, bench: Bench, tmp_path: Path) -> None:
    done = bench.python(tmp_path / "cold", "-c", code, bench.root / "tiny")

    assert (done.stdout, done.stderr) == (f"{rows}\n", "")


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """The ends of a terminal of 24 lines and 80 columns: what is written to the second is read from the first."""
    ends = pty.openpty()
    fcntl.ioctl(ends[0], termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def written_to(terminal: tuple[int, int], code: str, environment: dict[str, str]) -> str:
    """What a program writes to stderr on a terminal; it prints how many rows it has."""
    ours, theirs = terminal
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        printed = b""
        with suppress(OSError):  # the other end is closed: so Linux says it
            while read := os.read(ours, 65536):
                printed += read
        assert process.communicate()[0] == "120\n"
    return printed.decode()


def test_on_a_terminal_there_is_one_bar_and_then_none(bench: Bench, tmp_path: Path, terminal: tuple[int, int]) -> None:
    printed = written_to(terminal, MEASURE, bench.environment(tmp_path / "cold", TERM="xterm"))
    *lines, last, end = printed.split("\r")

    assert "\n" not in printed
    assert any(line.startswith("measuring every head of tiny: ") for line in lines)
    assert (last.strip(), end) == ("", "")


def test_what_is_kept_shows_no_bar_at_all(bench: Bench, home: Path, terminal: tuple[int, int]) -> None:
    assert written_to(terminal, MEASURE, bench.environment(home, TERM="xterm")) == ""


def test_an_error_in_the_middle_takes_the_bar_away(bench: Bench, tmp_path: Path, terminal: tuple[int, int]) -> None:
    other = saved(tmp_path / "other", "gpt2")
    code = f"import grader\ntry:\n    exec({MEASURE!r})\nexcept grader.GraderError:\n    print(120)"
    environment = bench.environment(tmp_path / "cold", TERM="xterm", GRADER_TRANSFORMER_TINY=str(other))
    *lines, last, end = written_to(terminal, code, environment).split("\r")

    assert any(line.startswith("loading tiny") for line in lines)
    assert (last.strip(), end) == ("", "")
