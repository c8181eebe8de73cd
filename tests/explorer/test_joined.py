"""The page's modules: joined into one script, and every word that they ask for is there."""

import re
from pathlib import Path

import pytest

from grader.explorer import joined
from grader.explorer.words import WORDS
from grader.explorer.words.claiming import CLAIMING
from grader.explorer.words.looking import LOOKING
from grader.explorer.words.opening import OPENING
from grader.explorer.words.serving import SERVING

MODULES = sorted(joined.STATIC.rglob("*.js"))
ASKED = re.compile(r"\bt\(\s*\"([\w.-]+)\"")


def test_a_module_stands_behind_what_it_needs_and_nothing_of_modules_is_left() -> None:
    order = joined.needed("main.js")
    script = joined.joined("main.js")

    assert order[-1] == "main.js"
    assert order.index("store.js") < order.index("app.js")
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    assert "</script" not in script


def test_two_modules_with_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joined, "STATIC", tmp_path)
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nfunction same() {}\nb(same);\n')
    (tmp_path / "b.js").write_text("export const b = 1;\nconst same = 2;\n")

    with pytest.raises(ValueError, match=r"`same` stands in b\.js and in a\.js"):
        joined.joined.__wrapped__("a.js")


def test_every_word_that_a_module_asks_for_is_there_and_every_word_is_asked_for() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in MODULES)
    words = {key.removesuffix(".one") for key in WORDS}

    parts = (LOOKING, CLAIMING, OPENING, SERVING)
    assert len(WORDS) == sum(map(len, parts)), "no key stands twice"
    assert set(ASKED.findall(text)) <= words
    assert {word for word in words if f'"{word}"' not in text} == set()
