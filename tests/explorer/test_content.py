"""The exercise as the page knows it: all that a student needs, and no measurement."""

from pathlib import Path

import pytest

from grader import exercises
from grader.explorer.content import KindAsked, contents, in_utf16
from grader.students.hints import rungs
from tests.explorer.modules import run

SHIPPED = sorted(exercises.available())


def kinds(exercise_id: str, **changes: object) -> tuple[KindAsked, ...]:
    return contents(exercises.load(exercise_id).model_copy(update=changes))["en"].kinds


@pytest.mark.parametrize("exercise_id", SHIPPED)
def test_hints_have_no_commands_and_do_not_repeat_the_sentence_to_try(exercise_id: str) -> None:
    exercise = exercises.load(exercise_id)
    for asked, kind in zip(exercise.kinds, kinds(exercise_id), strict=True):
        ladder = [rung for rung in rungs(exercise, asked) if not (kind.sentence and rung.name == "try")]
        assert kind.hints is not None
        assert [hint.title for hint in kind.hints] == [rung.title for rung in ladder]
        for hint, rung in zip(kind.hints, ladder, strict=True):
            commands = [line for line in rung.lines if line.startswith("grade ")]
            assert not [line for line in hint.lines if "grade " in line or line.endswith(":")]
            assert len(hint.lines) == len(rung.lines) - 2 * len(commands) > 0
            assert bool(hint.text) == (rung.name == "try")
            assert not hint.text or f'--text "{hint.text}"' in commands[0]


def test_where_hints_cost_something_they_are_not_on_the_page_and_nor_is_their_sentence() -> None:
    assert all(kind.hints and kind.sentence for kind in kinds("mini-heads"))
    assert not [kind for kind in kinds("mini-heads", hint_costs=5) if kind.hints or kind.sentence]


def test_in_every_language_the_same_is_asked() -> None:
    exercise = exercises.load("mini-heads")
    english, korean = (contents(exercise)[language] for language in ("en", "ko"))

    assert english.title != korean.title
    assert [kind.name for kind in english.kinds] == [kind.name for kind in korean.kinds]
    assert english.spellings["next_token"] == {"type": "positional", "offset": 1}
    assert english.defaults == {"offset": -1, "direction": "backward"}


def test_the_words_that_look_are_places_in_the_sentence() -> None:
    named = {kind.name: kind.sentence for kind in kinds("mini-heads")}
    sentence = named["syntactic:pronoun_antecedent"]
    assert sentence is not None
    said = [(sentence.text[a:b], sentence.text[c:d]) for a, b, c, d in sentence.looks]

    assert said == [("she", "Nora"), ("he", "king")]


def test_places_are_counted_as_a_browser_counts() -> None:
    text = "🙂 the 🙂 king"
    start, end = text.index("king"), len(text)

    units = text.encode("utf-16-le")
    first, last, *_ = in_utf16(text, (start, end, 0, 1))
    assert units[2 * first : 2 * last].decode("utf-16-le") == "king"
    assert (first, last) == (start + 2, end + 2)


def test_every_kind_has_a_place_of_its_own_on_the_page(tmp_path: Path) -> None:
    names = [asked.name for name in exercises.available() for asked in exercises.load(name).kinds]
    program = (
        'import { kindId } from "./claims/identity.js";\n'
        'const names = JSON.parse(Deno.readTextFileSync("given.json"));\n'
        "console.log(JSON.stringify(names.map((name) => kindId({ name }))));\n"
    )

    assert len(set(run(tmp_path, program, names))) == len(set(names)) > 5
