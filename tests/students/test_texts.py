"""Texts to try: which word should look at which. `tests/authoring/test_shown_heads.py` holds them against heads."""

import pytest
from pydantic import ValidationError

from grader import exercises
from grader.schema import TriedText
from grader.students.hints import rungs
from grader.students.texts import DEFAULT, DEFAULTS, TRIED, default, targets, tried

ASKED = exercises.load("mini-heads")


def looks(text: str, **words: tuple[str, ...]) -> TriedText:
    return TriedText(text=text, see="-", looks=words)


def test_a_word_looks_from_where_it_last_stands_at_the_last_one_before_it() -> None:
    text = "Ann met the cat. Then Ann saw a cat, and cat saw Ann."
    shown = looks(text, saw=("cat", "Ann"))

    assert shown.spans == ((45, 48, 41, 44), (45, 48, 22, 25))
    assert [(text[start:end], text[first:last]) for start, end, first, last in shown.spans] == [
        ("saw", "cat"),
        ("saw", "Ann"),
    ]


def test_a_word_that_comes_later_is_looked_ahead_at() -> None:
    assert looks("These old farmers sold bread", These=("farmers",)).spans == ((0, 5, 10, 17),)


def test_places_count_characters_also_beyond_the_first_plane() -> None:
    assert looks("🐄 밥 she", she=("밥",)).spans == ((4, 7, 2, 3),)


def test_a_word_is_no_part_of_another() -> None:
    assert looks("the then the theme he", he=("the",)).spans == ((19, 21, 9, 12),)


def test_a_word_of_several_tokens_looks_from_its_last_one_and_any_of_its_tokens_is_a_target() -> None:
    shown = looks("Nora, shelter", shelter=("Nora",))
    places = [(0, 0), (0, 2), (2, 4), (4, 5), (5, 9), (9, 13), (13, 13)]

    assert targets(shown, places) == {(5, 1), (5, 2)}


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("a cow", {"ox": ("cow",)}, "`ox` is not a word of the text"),
        ("a cow", {"cow": ("ox",)}, "`ox` is not a word of the text"),
        ("what a cow!", {}, "`text` has !, which a shell changes; leave such characters out"),
        ("cow", {"cow": ("cow",)}, "`cow` cannot look at itself"),
    ],
)
def test_a_text_that_cannot_be_tried_is_refused(text: str, words: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(ValidationError, match=message.replace("$", r"\$")):
        TriedText(text=text, see="-", looks=words)


def test_where_targets_do_not_follow_from_the_tokens_the_text_says_who_looks_at_whom() -> None:
    told = {}
    for exercise in map(exercises.load, exercises.available()):
        told |= {(exercise.transformer.name, asked.name): (asked, tried(exercise, asked)) for asked in exercise.kinds}

    assert {name for (name, _kind), (_asked, text) in told.items() if text} == set(TRIED)
    assert all(bool(text.looks) != asked.head_type.from_tokens for asked, text in told.values() if text)


def test_an_instructors_own_sentence_comes_first() -> None:
    own = looks("Ann saw that she was late.", she=("Ann",))
    asked = ASKED.kinds[3].model_copy(update={"sentence": own})

    assert tried(ASKED, asked) == own
    assert f'--text "{own.text}"' in rungs(ASKED, asked)[-1].lines[1]


def test_a_transformer_has_a_default_text_of_its_own_or_the_common_one() -> None:
    assert default(exercises.load("smollm2-heads")) == DEFAULTS["smollm2"] != DEFAULT
    assert default(ASKED) == DEFAULT


def test_for_a_transformer_on_which_nothing_was_tried_the_hint_says_so() -> None:
    other = ASKED.model_copy(update={"transformer": ASKED.transformer.model_copy(update={"name": "other"})})
    tells = [rungs(each, ASKED.kinds[0])[-1].lines for each in (ASKED, other)]

    assert ["have not tried this text on other" in " ".join(lines) for lines in tells] == [False, True]
