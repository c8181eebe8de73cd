"""Texts that students are shown: on each, the bundled transformer's confirmed heads outshine every refuted one."""

import pytest

from grader import exercises
from grader.authoring.shown_heads import Bright, Shown, on, shown_heads
from grader.laboratory import Laboratory
from grader.schema import TriedText
from grader.students.hints import rungs
from grader.students.texts import TRIED, default, tried

BUNDLED = [name for name in exercises.available() if exercises.load(name).transformer.bundled]


@pytest.fixture(scope="module")
def laboratories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Laboratory]:
    folder = tmp_path_factory.mktemp("tables")
    return {name: Laboratory(exercises.load(name), folder) for name in BUNDLED}


def test_every_text_leads_to_heads_that_are_confirmed(laboratories: dict[str, Laboratory]) -> None:
    assert "mini-heads" in laboratories
    for laboratory in laboratories.values():
        exercise = laboratory.exercise
        shown = {(each.kind, each.text): each for each in shown_heads(laboratory)}
        hints = {(kind.name, getattr(tried(exercise, kind), "text", None)) for kind in exercise.kinds}
        plain = {(kind.name, default(exercise)) for kind in exercise.kinds if kind.head_type.from_tokens}

        assert shown.keys() == hints | plain
        assert [each for each in shown.values() if not each.holds] == []
        for each in shown.values():
            assert each.confirmed.attention > max(each.refuted.attention + 0.1, 0.5), each


def test_the_last_hint_has_the_text_that_was_held_against_the_heads() -> None:
    for exercise in map(exercises.load, BUNDLED):
        for asked in exercise.kinds:
            (command,) = (rung.lines[1] for rung in rungs(exercise, asked) if rung.name == "try")
            text = tried(exercise, asked)

            assert text is not None
            assert command.endswith(f'--text "{text.text}"')


def test_a_rare_word_may_be_put_elsewhere_as_the_hint_says(laboratories: dict[str, Laboratory]) -> None:
    laboratory = laboratories["mini-heads"]
    (asked,) = (kind for kind in laboratory.exercise.kinds if kind.name == "rare_token")
    text = TRIED["mini-gpt2"]["rare_token"]
    words = text.text.replace(" oboe", "").split()

    for place in (1, 3):
        moved = " ".join([*words[:place], "oboe", *words[place:]])
        shown = on(laboratory, asked, TriedText(text=moved, see="-", looks=text.looks))
        assert shown is not None
        assert shown.confirmed.attention > shown.refuted.attention + 0.1


def test_a_text_that_shows_a_look_alike_does_not_hold(laboratories: dict[str, Laboratory]) -> None:
    laboratory = laboratories["mini-heads"]
    (asked,) = (kind for kind in laboratory.exercise.kinds if kind.name == "syntactic:pronoun_antecedent")
    text = "Nora met the king because she was cold."
    wrong = on(laboratory, asked, TriedText(text=text, see="-", looks={"she": ("because",)}))

    assert wrong is not None
    assert not wrong.holds
    assert on(laboratory, asked, TriedText(text=text, see="-")) is None


@pytest.mark.parametrize(
    ("confirmed", "rank", "refuted", "holds"),
    [(0.9, 1, 0.2, True), (0.5, 3, 0.5, True), (0.9, 4, 0.2, False), (0.4, 2, 0.5, False)],
)
def test_a_confirmed_head_is_among_the_three_brightest_and_no_refuted_one_outshines_it(
    confirmed: float, rank: int, refuted: float, holds: bool
) -> None:
    shown = Shown("induction", "-", Bright((1, 2), confirmed), rank, Bright((3, 4), refuted))

    assert shown.holds is holds
    assert str(shown).startswith(f"the brightest confirmed head is L1H2 {confirmed:.2f}, number {rank} of all")
