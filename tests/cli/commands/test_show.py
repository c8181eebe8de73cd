"""`grade show` as a real process."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import ID, Bench

TEXT = "the king near the old bridge waits"


def test_a_terminal_shows_the_tokens_and_a_pipe_no_colours(bench: Bench, tmp_path: Path) -> None:
    done = bench.grade(tmp_path, "show", "L1H2", "--exercise", ID, "--text", TEXT, PYTHONIOENCODING="utf-8")

    assert (done.returncode, done.stderr) == (0, "")
    assert "L1H2" in done.stdout
    assert all(word in done.stdout for word in TEXT.split())
    assert "\x1b" not in done.stdout


def test_the_kinds_targets_are_outlined_where_the_tokens_tell_them(bench: Bench, tmp_path: Path) -> None:
    arguments = ("show", "1", "2", "--exercise", ID, "--text", TEXT, "--ascii", "--type")
    (_, outlined, _), (_, silent, said) = bench.grade_all(
        tmp_path, (*arguments, "positional:-2"), (*arguments, "semantic")
    )

    assert outlined.isascii()
    assert "[ ] target" in outlined
    assert outlined.count("[") > len(TEXT.split()) - 2
    assert "[" not in silent
    assert said.startswith("Nothing is outlined: ")


def test_out_writes_a_picture(bench: Bench, tmp_path: Path) -> None:
    begins = {"head.png": b"\x89PNG\r\n\x1a\n", "head.svg": b"<", "head.html": b"<!doctype html>"}
    files = [tmp_path / name for name in begins]
    show = ("show", "1", "2", "--exercise", ID, "--text", TEXT, "--out")

    done = bench.grade_all(tmp_path, *((*show, file) for file in files))

    assert done == [(0, "", f"written to {file}\n") for file in files]
    for file in files:
        assert file.read_bytes().startswith(begins[file.name])
        assert file.stat().st_size > 2000


def test_without_a_head_all_are_drawn_and_several_come_one_after_the_other(bench: Bench, tmp_path: Path) -> None:
    common = ("--exercise", ID, "--text", TEXT)
    every, several, listed, both, filed, one = bench.grade_all(
        tmp_path,
        ["show", *common],
        ["show", "L1H2", "0", "3", *common],
        ["show", *common, "--format", "json", "--type", "positional:-2"],
        ["show", "L1H2", "0", "3", *common, "--format", "json"],
        ["show", "--out", tmp_path / "heads.html", *common],
        ["show", "0", "3", *common, "--format", "json"],
    )

    assert [done[0] for done in (every, several, listed, both, filed, one)] == [0] * 6
    assert re.findall(r"L\d+H\d+", every[1])[:24] == [f"L{layer}H{head}" for layer in range(3) for head in range(8)]
    assert every[1].startswith(f"Heads of tiny on “{TEXT}”\n")
    assert re.findall(r"(L\d+H\d+) on “the king", several[1]) == ["L1H2", "L0H3"]
    pictures = json.loads(listed[1])
    assert [(each["layer"], each["head"]) for each in pictures] == [(la, h) for la in range(3) for h in range(8)]
    assert all(each["targets"] for each in pictures)
    assert [each["caption"][:4] for each in json.loads(both[1])] == ["L1H2", "L0H3"]
    assert (tmp_path / "heads.html").read_text().count("<svg") == 24
    assert json.loads(one[1]) == {
        key: json.loads(both[1])[1][key] for key in ("caption", "tokens", "pattern", "targets")
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["0", "3", "1"], "layer 1 has no head beside it: write two numbers for each head"),
        (["L0H3", "0", "3"], "named twice: L0H3; name each head once"),
        (
            ["--text", "king " * 500],
            "tokens, but of 24 heads at once at most 288 tokens are shown; shorten",
        ),
        (["3", "0"], "tiny has no head L3H0: layers are 0 to 2, heads 0 to 7"),
        (["L0H8"], "tiny has no head L0H8: layers are 0 to 2, heads 0 to 7"),
        (
            ["-1", "3"],
            "`-1 3` is not a layer and a head, as in `grade show 0 3` or `grade show L0H3`; tiny has layers 0 to 2",
        ),
        (["blocks.1.attn.head.3"], "; write `grade show 1 3`"),
        (["0", "\u22121"], "`\u2212` is MINUS SIGN (U+2212), not `-`; type `-` instead"),
        (["0", "0", "--text", "king " * 3000], "tokens, but the transformer reads 2048 at most"),
        (["0", "0", "--out", "head.gif"], "the file name must end in .png, .svg or .html"),
    ],
)
def test_what_cannot_be_shown_is_the_users_mistake(
    bench: Bench, tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = bench.grade(tmp_path, "show", *arguments, "--exercise", ID)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
